"""`assistant eval run`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from assistant.documents_cli import AsJson, Corpus, DataDir
from evals.cli.compare import Rules, UseGate, judge_against, load_rules

STARTER_GOLD = Path("evals/gold/starter.jsonl")


class SplitChoice(StrEnum):
    """The halves of a gold set."""

    DEV = "dev"
    TEST = "test"


Gold = Annotated[Path, typer.Argument(metavar="GOLD", exists=True, dir_okay=False, help="A gold set (JSON Lines).")]
Out = Annotated[Path | None, typer.Option(file_okay=False, help="Write records, scores, timings and manifest here.")]
Split = Annotated[SplitChoice | None, typer.Option(help="Ask only this half.")]
Tags = Annotated[list[str] | None, typer.Option("--tag", help="Ask only questions with this tag; repeatable.")]
Changes = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Change a setting for this run; repeatable.")
]
Timed = Annotated[bool, typer.Option("--timed", help="Read every passage anew, so that every question is timed.")]
Baseline = Annotated[
    Path | None, typer.Option(exists=True, file_okay=False, help="Compare with the run in this folder.")
]


def run_command(
    gold: Gold = STARTER_GOLD,
    out: Out = None,
    split: Split = None,
    tags: Tags = None,
    changes: Changes = None,
    timed: Timed = False,
    unconfirmed: Annotated[
        bool, typer.Option("--unconfirmed", help="Ask questions that no person has confirmed, too.")
    ] = False,
    baseline: Baseline = None,
    gate: UseGate = False,
    rules: Rules = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    corpus: Corpus = None,
) -> None:
    """Ask the questions of a gold set and score the answers.

    Every figure comes with its 95 % interval and its n. A question with a history is asked with it. With --out, a run
    that was interrupted goes on where it stopped. What the reader made of a passage in an earlier run is taken from
    there, and such a question is not timed.
    """
    from assistant.serialization import to_json_text
    from assistant.settings import load_settings, parse_changes
    from evals.cli.printing import print_notices, print_tables, show_progress
    from evals.folder import load_run
    from evals.gold import Selection
    from evals.session import run_gold
    from evals.tables import tabulate_run

    held = load_rules(baseline, gate=gate, rules=rules)
    older = load_run(baseline) if baseline else None
    settings = load_settings(data_dir=data_dir, corpus=corpus, **parse_changes(changes or ()))
    selection = Selection(split=split.value if split else None, tags=tuple(tags or ()), confirmed_only=not unconfirmed)
    with show_progress("asked") as progress:
        finished = run_gold(gold, settings=settings, selection=selection, out=out, progress=progress, timed=timed)
    print_notices(finished)
    if out is not None:
        typer.echo(f"Written to {out}. `assistant eval report {out}` makes a page of it.", err=True)
    judged = judge_against(finished.stored(out or Path()), older, gate=held) if older else None
    if as_json:
        typer.echo(to_json_text(finished.to_json() | (judged.to_json() if judged else {})))
    else:
        print_tables(tabulate_run(finished.groups, finished.latencies))
    if judged:
        judged.finish(as_json=as_json)
