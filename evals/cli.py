"""`assistant eval`: gold questions in, scores out."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.documents_cli import AsJson, Corpus, DataDir

if TYPE_CHECKING:
    from evals.report import Table

STARTER_GOLD = Path("evals/gold/starter.jsonl")
# Where stderr is no terminal, one line is written for so many questions.
PROGRESS_LINES_EVERY = 50

app = typer.Typer(help="Measure answers against gold questions.", no_args_is_help=True)


class SplitChoice(StrEnum):
    """The halves of a gold set."""

    DEV = "dev"
    TEST = "test"


@app.callback()
def _group() -> None:
    """Measure answers against gold questions."""


@app.command("run")
def run_command(
    gold: Annotated[
        Path, typer.Argument(metavar="GOLD", exists=True, dir_okay=False, help="A gold set (JSON Lines).")
    ] = STARTER_GOLD,
    out: Annotated[
        Path | None, typer.Option(file_okay=False, help="Write records, scores, timings and manifest here.")
    ] = None,
    split: Annotated[SplitChoice | None, typer.Option(help="Ask only this half.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    corpus: Corpus = None,
) -> None:
    """Ask the questions of a gold set and score the answers.

    Every figure comes with its 95 % interval and its n. Questions with a history are counted, not scored yet.
    """
    from assistant.catalog import Catalog
    from assistant.errors import EmptyCorpus
    from assistant.settings import load_settings
    from assistant.wiring import open_assistant
    from evals.gold import load_gold
    from evals.manifest import build_manifest, load_average
    from evals.report import report_json, tabulate_run
    from evals.run import run_questions, write_run

    settings = load_settings(data_dir=data_dir, corpus=corpus)
    started, load_before = datetime.now(UTC), load_average()
    with open_assistant(settings) as assistant, Catalog.open(settings.data_dir) as catalog:
        if not catalog.chunk_count():
            raise EmptyCorpus(settings.data_dir)
        every = load_gold(gold, documents=catalog)
        questions = [question for question in every if split in (None, question.split)]
        with _show_progress() as progress:
            run = run_questions(questions, asker=assistant, documents=catalog, progress=progress)
    manifest = build_manifest(run, gold=gold, split=split, settings=settings, started=started, load_before=load_before)
    if out is not None:
        write_run(run, out, manifest=manifest)
        typer.echo(f"Written to {out}.", err=True)
    if as_json:
        typer.echo(json.dumps(report_json(run, manifest=manifest), ensure_ascii=False))
    else:
        _print_tables(tabulate_run(run))


@contextmanager
def _show_progress() -> Iterator[Callable[[int, int], None]]:
    """Show how many questions are done on stderr: a bar on a terminal, a line now and then elsewhere."""
    if not sys.stderr.isatty():
        yield _progress_line
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress

    with Progress(*Progress.get_default_columns(), MofNCompleteColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task("Asking", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _progress_line(done: int, total: int) -> None:
    if done and (done % PROGRESS_LINES_EVERY == 0 or done == total):
        typer.echo(f"asked {done} of {total}", err=True)


def _print_tables(tables: Sequence[Table]) -> None:
    """Print tables with rules and colour on a terminal, as aligned text elsewhere."""
    from evals.report import render_plain

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
