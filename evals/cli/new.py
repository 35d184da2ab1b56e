"""`assistant eval new`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.documents_cli import Corpus, DataDir
from evals.cli.run import SplitChoice

if TYPE_CHECKING:
    from evals.authoring import GivenAnswer, Quoted

LONGEST_ANSWER_WORDS = 12
"""An accepted answer of more words is hardly ever matched by another wording."""

NewGold = Annotated[
    Path, typer.Argument(metavar="GOLD", dir_okay=False, help="A gold set (JSON Lines); made if it is not there.")
]
Asked = Annotated[str | None, typer.Option("--question", help="The question.")]
Answers = Annotated[
    list[str] | None,
    typer.Option("--answer", metavar="TEXT", help="An accepted answer; repeatable, any of them will do."),
]
DocumentIds = Annotated[
    list[str] | None, typer.Option("--document", metavar="ID", help="Where the answer stands; repeatable.")
]
Quotes = Annotated[
    list[str] | None,
    typer.Option("--quote", metavar="TEXT", help="The words there; one for each --document, or several for one."),
]
AnswerFile = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="FILE",
        allow_dash=True,
        help="What `ask --json` printed (- for stdin): its question, its answer, its citations as evidence.",
    ),
]


def new_command(
    gold: NewGold,
    question: Asked = None,
    answers: Answers = None,
    documents: DocumentIds = None,
    quotes: Quotes = None,
    unanswerable: Annotated[
        bool, typer.Option("--unanswerable", help="The documents hold no answer: to abstain is right.")
    ] = False,
    tags: Annotated[list[str] | None, typer.Option("--tag", help="A tag; the first is the kind; repeatable.")] = None,
    split: Annotated[SplitChoice | None, typer.Option(help="Its half; by the question's text if not given.")] = None,
    answer_file: AnswerFile = None,
    data_dir: DataDir = None,
    corpus: Corpus = None,
) -> None:
    """Add a question to a gold set, marked as unconfirmed.

    With --from, what is given besides goes before what the answer says: --answer is the corrected answer. An
    abstention becomes a question without an answer unless --answer is given. Runs leave unconfirmed questions out
    until `assistant eval confirm`.
    """
    from assistant.catalog import Catalog
    from assistant.settings import load_settings
    from evals.authoring import Draft, add_question
    from evals.cli.showing import show_question

    given = _read(answer_file) if answer_file else None
    question = question or (given.question if given else None)
    if question is None:
        raise typer.BadParameter("it is needed without --from", param_hint="--question")
    accepted = _accepted(answers or [], given, unanswerable=unanswerable)
    draft = Draft(
        question=question,
        answers=accepted,
        answerable=bool(accepted),
        evidence=_pair(documents or [], quotes or []) or (given.evidence if given and accepted else ()),
        tags=tuple(tags or ()),
        split=split.value if split else None,
    )
    with Catalog.open(load_settings(data_dir=data_dir, corpus=corpus).data_dir) as catalog:
        added = add_question(gold, draft, documents=catalog)
    show_question(added)
    if any(len(answer.split()) > LONGEST_ANSWER_WORDS for answer in accepted):
        typer.echo("The accepted answer is long; a short one, given by --answer, is matched more fairly.", err=True)
    typer.echo(f"Added to {gold}. `assistant eval confirm {gold} {added.id}` lets runs ask it.", err=True)


def _read(answer_file: Path) -> GivenAnswer:
    from evals.authoring import read_answer

    piped = str(answer_file) == "-"
    if not piped and not answer_file.is_file():
        raise typer.BadParameter(f"there is no file {str(answer_file)!r}", param_hint="--from")
    content = sys.stdin.buffer.read() if piped else answer_file.read_bytes()
    return read_answer(content, name="stdin" if piped else str(answer_file))


def _accepted(answers: list[str], given: GivenAnswer | None, *, unanswerable: bool) -> tuple[str, ...]:
    if unanswerable:
        if answers:
            raise typer.BadParameter("it can't go with --answer", param_hint="--unanswerable")
        return ()
    if answers:
        return tuple(answers)
    if given is None:
        raise typer.BadParameter("an answer is needed, or --unanswerable", param_hint="--answer")
    return (given.answer,) if given.answer else ()


def _pair(documents: list[str], quotes: list[str]) -> tuple[Quoted, ...]:
    """Pair documents with quotes in their order; one document may have several quotes, or each of them none."""
    from evals.authoring import Quoted

    if not quotes:
        return tuple(Quoted(document=document, quote=None) for document in documents)
    if len(documents) == 1:
        documents = documents * len(quotes)
    if len(documents) != len(quotes):
        raise typer.BadParameter("give one --document for each, or one for all", param_hint="--quote")
    return tuple(Quoted(document=one, quote=quote) for one, quote in zip(documents, quotes, strict=True))
