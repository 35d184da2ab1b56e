"""How the eval commands write to a terminal and to what is none."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from evals.gate import Trip
    from evals.session import FinishedRun
    from evals.tables import Table

# Where stderr is no terminal, one line is written for so many questions.
PROGRESS_LINES_EVERY = 50


@contextmanager
def show_progress(doing: str) -> Iterator[Callable[[int, int], None]]:
    """Show how much is done on stderr: a bar on a terminal, a line now and then elsewhere.

    Args:
        doing: What is done, as "asked".
    """
    if not sys.stderr.isatty():
        yield lambda done, total: _progress_line(doing, done, total)
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (*Progress.get_default_columns()[:-1], MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(doing.capitalize(), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def print_notices(finished: FinishedRun, *, of: str = "") -> None:
    """Say on stderr what the figures of a run don't.

    Args:
        finished: The run.
        of: What stands before each line.
    """
    for count, notice in (
        (finished.run.resumed, "Went on after {} questions that an interrupted run had asked."),
        (
            finished.untimed,
            "{} questions were not timed: the reader has read passages of theirs in an earlier run; "
            "--timed reads them anew.",
        ),
        (finished.unconfirmed, "{} questions that no person has confirmed were left out; --unconfirmed asks them too."),
    ):
        if count:
            typer.echo(of + notice.format(count), err=True)


def _progress_line(doing: str, done: int, total: int) -> None:
    if done and (done % PROGRESS_LINES_EVERY == 0 or done == total):
        typer.echo(f"{doing} {done} of {total}", err=True)


def print_tables(tables: Sequence[Table]) -> None:
    """Print tables with rules and colour on a terminal, as aligned text elsewhere."""
    from evals.tables import render_plain

    if not sys.stdout.isatty():
        typer.echo("\n\n".join(map(render_plain, tables)))
        return
    from rich import table as rich_table

    from assistant.terminal import open_console

    console = open_console()
    for table in tables:
        drawn = rich_table.Table(title=table.title, title_justify="left")
        for column, heading in enumerate(table.header):
            drawn.add_column(heading, style="bold" if column == 0 else "")
        for row in table.rows:
            drawn.add_row(*row)
        console.print(drawn)


def print_trips(trips: Sequence[Trip]) -> None:
    """Say which rules of the gate were broken, on stderr, and where to look first."""
    if not trips:
        typer.echo("The gate passes.", err=True)
        return
    typer.echo(f"The gate fails. Look at {trips[0].stage.value} first.", err=True)
    for trip in trips:
        typer.echo(f"  {trip.stage.value}: {trip.reason}", err=True)
