"""`assistant eval confirm`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from assistant.documents_cli import Corpus, DataDir
from evals.cli.run import Gold


def confirm_command(
    gold: Gold,
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID", help="Questions to confirm.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Confirm every unconfirmed question.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask back on a terminal.")] = False,
    data_dir: DataDir = None,
    corpus: Corpus = None,
) -> None:
    """Show unconfirmed questions and confirm those that are named, so that runs ask them.

    On a terminal each one is asked back. Without an ID and without --all, the unconfirmed ones are only shown.
    """
    from assistant.catalog import Catalog
    from assistant.settings import load_settings
    from evals.authoring import confirm_questions, find_unconfirmed
    from evals.cli.showing import show_question
    from evals.errors import QuestionNotFound
    from evals.gold import load_gold

    with Catalog.open(load_settings(data_dir=data_dir, corpus=corpus).data_dir) as catalog:
        unconfirmed = {question.id: question for question in find_unconfirmed(load_gold(gold, documents=catalog))}
        for unknown in (one for one in ids or () if one not in unconfirmed):
            raise QuestionNotFound(gold, question_id=unknown, unconfirmed=list(unconfirmed))
        confirmed = []
        for question_id in ids or unconfirmed:
            show_question(unconfirmed[question_id])
            asking = sys.stdin.isatty() and not yes
            if (ids or every) and (not asking or typer.confirm("Is it right?", err=True)):
                confirmed.append(question_id)
        if confirmed:
            confirm_questions(gold, confirmed, documents=catalog)
    left = len(unconfirmed) - len(set(confirmed))
    typer.echo(f"{len(set(confirmed))} confirmed, {left} still unconfirmed.", err=True)
