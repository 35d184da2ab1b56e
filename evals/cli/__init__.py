"""`assistant eval`: gold questions in, scores out. One file a command."""

from __future__ import annotations

import typer

from evals.cli.accept import accept_command
from evals.cli.compare import compare_command
from evals.cli.report import report_command
from evals.cli.run import run_command

app = typer.Typer(help="Measure answers against gold questions.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Measure answers against gold questions."""


app.command("run")(run_command)
app.command("compare")(compare_command)
app.command("report")(report_command)
app.command("accept")(accept_command)
