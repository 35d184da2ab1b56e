"""How a gold question is shown to the person who confirms it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from evals.gold import GoldQuestion


def show_question(question: GoldQuestion) -> None:
    """Print a question with its answers and its evidence; nothing in it acts on the terminal."""
    from assistant.terminal import one_line

    parts = question.answer_parts or ((question.answers,) if question.answers else ())
    answers = " and ".join(" or ".join(group) for group in parts) or "none: the documents hold no answer"
    typer.echo(one_line(f"{question.id} ({', '.join((*question.tags, question.split))})"))
    typer.echo(f"  question  {one_line(question.question)}")
    typer.echo(f"  answer    {one_line(answers)}")
    for item in question.evidence:
        quote = "the whole document" if item.quote is None else f"“{item.quote}”"
        typer.echo(f"  evidence  {one_line(f'{quote} in {item.document_id}')}")
