"""The command refuses what can't be measured, in words."""

import typer
from typer.testing import CliRunner

from evals.cli.peers import peers_command

app = typer.Typer()
app.command()(peers_command)


def test_an_unknown_contestant_is_a_fault_of_usage(benchmark_folder):
    done = CliRunner().invoke(app, [str(benchmark_folder), "--contestant", "nobody"])
    assert done.exit_code == 2
    assert "no such contestant: nobody" in done.output


def test_a_folder_that_is_not_there_is_a_fault_of_usage(tmp_path):
    assert CliRunner().invoke(app, [str(tmp_path / "gone")]).exit_code == 2
