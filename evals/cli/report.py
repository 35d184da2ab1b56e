"""`assistant eval report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evals.cli.compare import RunFolder


def report_command(
    run: RunFolder,
    baseline: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Compare with the run in this folder.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(dir_okay=False, help="The HTML file; report.html in the run's folder if not given.")
    ] = None,
    intersection: Annotated[
        bool, typer.Option("--intersection", help="Compare the questions that both share, if they differ.")
    ] = False,
) -> None:
    """Write a run down for people: one offline HTML page, and the same as Markdown beside it.

    Plots, a summary, every metric with its interval, and every failed question with the passages that were read and
    a diagnosis. With --baseline, what became better or worse, and what its gate.toml says.
    """
    from evals.report.writing import write_report

    files = write_report(run, baseline=baseline, out=out or run / "report.html", intersection=intersection)
    typer.echo(str(files.html))
    typer.echo(str(files.markdown))
