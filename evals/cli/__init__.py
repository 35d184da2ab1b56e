"""`assistant eval`: gold questions in, scores out. One file a command."""

from __future__ import annotations

import typer

from evals.cli.accept import accept_command
from evals.cli.bench import bench_command
from evals.cli.calibrate import calibrate_command
from evals.cli.check import check_command
from evals.cli.compare import compare_command
from evals.cli.confirm import confirm_command
from evals.cli.new import new_command
from evals.cli.peers import peers_command
from evals.cli.report import report_command
from evals.cli.run import run_command
from evals.cli.sweep import sweep_command

app = typer.Typer(help="Measure answers against gold questions.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Measure answers against gold questions."""


app.command("new")(new_command)
app.command("confirm")(confirm_command)
app.command("check")(check_command)
app.command("run")(run_command)
app.command("compare")(compare_command)
app.command("report")(report_command)
app.command("accept")(accept_command)
app.command("bench")(bench_command)
app.command("calibrate")(calibrate_command)
app.command("peers")(peers_command)
app.command("sweep")(sweep_command)
