"""`assistant eval accept`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evals.cli.compare import RunFolder


def accept_command(
    run: RunFolder,
    baseline: Annotated[Path, typer.Argument(file_okay=False, help="The baseline's folder, to be replaced.")],
) -> None:
    """Make a run the baseline, and print the paired comparison for the decision record.

    What comparisons need is kept: records and manifest, without timings and passages. gate.toml stays as it is.
    """
    from evals.comparing import tabulate_comparison
    from evals.comparison import compare_runs
    from evals.folder import MANIFEST, load_run, write_baseline
    from evals.tables import render_markdown

    new = load_run(run)
    if (baseline / MANIFEST).exists():
        comparison = compare_runs(load_run(baseline), new, intersection=True)
        typer.echo("\n".join(map(render_markdown, tabulate_comparison(comparison))))
        if comparison.left_out:
            typer.echo(
                f"{comparison.left_out} questions are in one of the runs alone, or scored in it alone.", err=True
            )
    write_baseline(new, baseline)
    typer.echo(f"{baseline} holds this run now. Commit it with a decision record that holds the comparison.", err=True)
