"""The commands `assistant ask | search`."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.documents_cli import AsJson, Corpus, DataDir
from assistant.errors import DocumentNotFound, FilterMatchesNothing

if TYPE_CHECKING:
    from assistant.pipeline import Assistant
    from assistant.types import DocumentRecord, Filters, Passage

_MARGIN = 120
"""Characters shown on either side of a quotation: about two lines of a terminal in all."""


def _given_question(text: str) -> str:
    if not text.strip():
        raise typer.BadParameter("the question is empty")
    return text


Question = Annotated[str, typer.Argument(callback=_given_question, help="In plain English.")]
Documents = Annotated[list[str] | None, typer.Option(metavar="ID", help="Read this document alone; repeatable.")]
Tags = Annotated[list[str] | None, typer.Option(metavar="TAG", help="Read documents with this tag alone; repeatable.")]
Folders = Annotated[
    list[str] | None, typer.Option(metavar="FOLDER", help="Read documents whose ids begin so alone; repeatable.")
]
TopK = Annotated[int | None, typer.Option(min=1, max=50, help="Passages that are read.")]


def ask(
    question: Question,
    as_json: AsJson = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show why these sentences and passages; --json always says it.")
    ] = False,
    document: Documents = None,
    tag: Tags = None,
    folder: Folders = None,
    top_k: TopK = None,
    history: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="The turns before it: a JSON list of question and answer."),
    ] = None,
    data_dir: DataDir = None,
    corpus: Corpus = None,
) -> None:
    """Answer a question, with the exact sentences it rests on."""
    from assistant.serialization import answer_to_json, history_from_json, to_json_text
    from assistant.settings import load_settings
    from assistant.wiring import open_assistant

    settings = load_settings(data_dir=data_dir, corpus=corpus, top_k=top_k)
    filters = _filters(document, tag, folder)
    turns = history_from_json(history.read_bytes(), path=history) if history else ()
    with open_assistant(settings) as assistant:
        documents = _documents_to_choose_from(assistant, filters)
        answer = assistant.ask(question, history=turns, filters=filters)
        if answer.abstention is not None:
            _refuse_no_match(filters, answer.passages, documents)
        if as_json:
            typer.echo(to_json_text(answer_to_json(answer)))
            return
        views = [assistant.view_citation(citation, margin=_MARGIN) for citation in answer.citations]
    from assistant.terminal import one_line, open_console, render_answer

    for notice in answer.notices:
        typer.echo(f"Note: {one_line(notice)}", err=True)
    render_answer(open_console(), answer, views=views, explain=explain)


def search(
    question: Question,
    as_json: AsJson = False,
    document: Documents = None,
    tag: Tags = None,
    folder: Folders = None,
    top_k: TopK = None,
    data_dir: DataDir = None,
    corpus: Corpus = None,
) -> None:
    """Print the passages that a question would be answered from, without answering it."""
    from assistant.serialization import search_to_json, to_json_text
    from assistant.settings import load_settings
    from assistant.wiring import open_assistant

    settings = load_settings(data_dir=data_dir, corpus=corpus, top_k=top_k)
    filters = _filters(document, tag, folder)
    with open_assistant(settings) as assistant:
        documents = _documents_to_choose_from(assistant, filters)
        passages = assistant.search(question, filters=filters)
    _refuse_no_match(filters, passages, documents)
    if as_json:
        typer.echo(to_json_text(search_to_json(question, passages)))
        return
    from assistant.terminal import open_console, render_passages

    render_passages(open_console(), passages)


def _filters(document: list[str] | None, tag: list[str] | None, folder: list[str] | None) -> Filters:
    from assistant.types import Filters

    return Filters(documents=tuple(document or ()), tags=tuple(tag or ()), folders=tuple(folder or ()))


def _documents_to_choose_from(assistant: Assistant, filters: Filters) -> Sequence[DocumentRecord]:
    """List all documents where some were chosen, and refuse the choice of one that isn't there."""
    if not (filters.documents or filters.tags or filters.folders):
        return ()
    documents = assistant.documents()
    known = [record.document_id for record in documents]
    for document_id in filters.documents:
        if document_id not in known:
            raise DocumentNotFound(document_id, nearest=get_close_matches(document_id, known))
    return documents


def _refuse_no_match(filters: Filters, passages: Sequence[Passage], documents: Sequence[DocumentRecord]) -> None:
    named = {"tag": filters.tags, "folder": filters.folders, "document": filters.documents}
    limits = [f"{kind} {' or '.join(map(repr, names))}" for kind, names in named.items() if names]
    if limits and not passages:
        raise FilterMatchesNothing(limits=limits, known=sorted({tag for record in documents for tag in record.tags}))
