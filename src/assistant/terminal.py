"""Answers, documents and tables for a person at a terminal.

Text that comes from documents is data: it is never read as markup, and its control characters are made
visible instead of being sent to the terminal.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import IO, TypeAlias

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from assistant.explanation import Explanation, explain_passages, explain_sentences
from assistant.places import Place, snippet_of
from assistant.types import (
    Answer,
    BlockKind,
    Citation,
    Document,
    DocumentRecord,
    DocumentState,
    Method,
    Passage,
    QuoteInContext,
)

_PLAIN_WIDTH = 10_000
"""Columns where no terminal sets them: lines are not wrapped, so that they can be searched."""
_NEAREST = 3
"""Passages that an abstention shows; `explain` lists them all."""
_MARKER, _QUOTE, _FAINT, _HEAD = "bold cyan", "bold reverse", "dim", "bold"


def _visible(code: int) -> str:
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"\\u{code:04x}"


_CONTROLS = (*range(0x20), *range(0x7F, 0xA0), 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A))
_VISIBLE = {code: _visible(code) for code in _CONTROLS if chr(code) not in "\n\t"}


Facts: TypeAlias = Sequence[tuple[str, ...]]
"""Rows of equal length: a name, then what is said of it."""


def neutralise(text: str) -> str:
    r"""Make control characters visible: none of them reaches the terminal.

    Args:
        text: Anything, such as the text of a document.

    Returns:
        The same text with new lines and tabs kept; other C0 controls as their pictures, C1 controls and
        bidirectional overrides as `\uXXXX`.
    """
    return text.translate(_VISIBLE)


def one_line(text: str) -> str:
    """Neutralise a text and put it on one line, every run of white space as one space."""
    return " ".join(neutralise(text).split())


def open_console(file: IO[str] | None = None) -> Console:
    """Open a console that interprets no markup.

    Args:
        file: Where it writes; standard output unless given.

    Returns:
        A console with colour where `file` is a terminal, and with lines that never wrap elsewhere.
    """
    target = sys.stdout if file is None else file
    console = Console(file=target, markup=False, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = _PLAIN_WIDTH
    return console


def render_answer(console: Console, answer: Answer, *, views: Sequence[QuoteInContext], explain: bool = False) -> None:
    """Print an answer with its sources, or an abstention with what was found nearest.

    Args:
        console: From `open_console`.
        answer: What to print; its notices are left to the caller.
        views: One per citation of the answer, in their order.
        explain: Whether tables follow of why these sentences and these passages.
    """
    if answer.query != answer.question:
        console.print(Text(f"Read as: {one_line(answer.query)}", _FAINT))
    if answer.abstention is not None:
        _render_abstention(console, answer)
    elif answer.method is Method.CATALOG:
        for sentence in answer.sentences:
            console.print(Text(neutralise(sentence.text)))
    else:
        _render_sentences(console, answer)
    if answer.citations:
        console.print(Text("\nSources", _HEAD))
        for citation, view in zip(answer.citations, views, strict=True):
            _render_source(console, citation, view)
    if explain:
        _render_scores(console, answer)


def render_passages(console: Console, passages: Sequence[Passage]) -> None:
    """Print passages with their places and scores, and their whole texts.

    Args:
        console: From `open_console`.
        passages: In the order to print. Their texts keep their lines and white space; only control characters are
            made visible.
    """
    for passage in passages:
        console.print(Text.assemble(_place(passage, marker=f"{passage.rank}."), (f" · score {passage.score:.3f}", "")))
        console.file.write(f"{neutralise(passage.chunk.text)}\n\n")


def _render_sentences(console: Console, answer: Answer) -> None:
    if answer.short_answer is not None:
        console.print(Text.assemble("Short answer: ", (one_line(answer.short_answer), _HEAD)))
    for conflict in answer.conflicts:
        said = Text("The documents disagree: ", _HEAD)
        for number, statement in enumerate(conflict):
            said.append(f"{' · ' if number else ''}{one_line(statement.words)}")
            said.append(f" [{statement.citation}]", _MARKER)
        console.print(said)
    text = Text()
    for sentence in answer.sentences:
        text.append(" " if text else "")
        text.append(one_line(sentence.text))
        for marker in sentence.citations:
            text.append(f" [{marker}]", _MARKER)
    console.print(text)
    if answer.confidence is not None:
        console.print(Text(f"Confidence {answer.confidence:.0%}", _FAINT))


def _render_abstention(console: Console, answer: Answer) -> None:
    if answer.abstention is None:
        return
    console.print(Text.assemble(("No answer. ", _HEAD), one_line(answer.abstention.reason)))
    if answer.abstention.missing_terms:
        console.print(Text(f"Not found: {', '.join(map(one_line, answer.abstention.missing_terms))}"))
    if answer.passages:
        console.print(Text("\nNearest passages", _HEAD))
    for passage in answer.passages[:_NEAREST]:
        console.print(_place(passage, marker=f"{passage.rank}."))
        console.print(Padding(Text(one_line(snippet_of(passage)), _FAINT), (0, 0, 0, 4), expand=False))


def _render_source(console: Console, citation: Citation, view: QuoteInContext) -> None:
    console.print(_place(citation, marker=f"[{citation.marker}]"))
    opening, closing = ("", "") if console.color_system else ("«", "»")
    before, after = _flow(view.before), _flow(view.after)
    if view.truncated_before:  # the first word may be half of one
        before = f"… {before.partition(' ')[2]}"
    if view.truncated_after:
        after = f"{after.rpartition(' ')[0]} …"
    text = Text.assemble((before, _FAINT), (f"{opening}{_flow(view.quote)}{closing}", _QUOTE), (after, _FAINT))
    console.print(Padding(text, (0, 0, 0, 4), expand=False))


def _flow(text: str) -> str:
    """Neutralise and put on one line; unlike `one_line`, white space at either end stays as one space."""
    inner = one_line(text)
    if not inner:
        return " " if text else ""
    return f"{' ' if text[0].isspace() else ''}{inner}{' ' if text[-1].isspace() else ''}"


def _place(found: Citation | Passage, *, marker: str) -> Text:
    parts = [one_line(part) for part in (found.document_id, *Place.of(found).parts)]
    return Text.assemble((f"{marker} ", _MARKER), (one_line(found.title), _HEAD), (f" — {' · '.join(parts)}", ""))


def _render_scores(console: Console, answer: Answer) -> None:
    if answer.evidence_score is not None:
        sure = "none" if answer.confidence is None else f"{answer.confidence:.3f}"
        console.print(Text(f"\nEvidence score {answer.evidence_score:.3f}, confidence {sure}"))
    if answer.citations:
        _render_explanation(console, explain_sentences(answer.sentences), heading="Why these sentences")
    if answer.passages:
        _render_explanation(console, explain_passages(answer.passages), heading="Passages")
    times = answer.timings
    console.print(
        Text(
            f"\nMilliseconds: retrieval {times.retrieval:.1f}, evidence {times.evidence:.1f}, "
            f"generation {times.generation:.1f}, total {times.total:.1f}"
        )
    )


def _render_explanation(console: Console, explanation: Explanation, *, heading: str) -> None:
    table = _table(*explanation.headings)
    for row in explanation.rows:
        table.add_row(*(Text(one_line(cell)) for cell in row))
    console.print(Text(f"\n{heading}", _HEAD))
    console.print(table)
    console.print(Text(explanation.legend, _FAINT))


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style=_HEAD)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def render_documents(console: Console, records: Iterable[DocumentRecord]) -> None:
    """Print one line per document, and the reason below each one that could not be read.

    Args:
        console: From `open_console`.
        records: In the order to print.
    """
    table = _table("document", "title", "pages", "chunks", "state")
    for record in records:
        problem = record.state is DocumentState.PROBLEM
        state = f"{record.code}: {record.reason}" if problem else record.state.value
        table.add_row(
            Text(one_line(record.document_id)),
            Text(one_line(record.title or "–")),
            "–" if record.pages is None else str(record.pages),
            str(record.chunks),
            Text(one_line(state), "red" if problem else ""),
        )
    console.print(table)


def render_document(console: Console, document: Document) -> None:
    """Print what is known of a document: its metadata, its pages and its headings, indented by level.

    Args:
        console: From `open_console`.
        document: As the catalog holds it.
    """
    console.print(Text(one_line(document.title), _HEAD))
    facts = {
        "document": document.id,
        "digest": document.digest,
        "authors": ", ".join(document.authors),
        "date": document.date,
        "language": document.language,
        "tags": ", ".join(document.tags),
        "pages": str(len(document.pages) or ""),
        "characters": str(len(document.text)),
    }
    notices = [("notice", notice) for notice in document.notices]
    render_facts(console, [*((name, value or "–") for name, value in facts.items()), *notices])
    headings = [block for block in document.blocks if block.kind is BlockKind.HEADING]
    if headings:
        console.print(Text("\nSections", _HEAD))
    for block in headings:
        page = next((page.number for page in document.pages if page.start <= block.start < page.end), None)
        where = "" if page is None else f" (page {page})"
        indent = "  " * max(0, block.level - 1)
        console.print(Text(f"{indent}{one_line(document.text[block.start : block.end])}{where}"))


def render_facts(console: Console, facts: Facts, *, heading: str | None = None) -> None:
    """Print facts in columns, under a heading if there is one.

    Args:
        console: From `open_console`.
        facts: In the order to print.
        heading: A line above them.
    """
    if heading is not None:
        console.print(Text(f"\n{heading}", _HEAD))
    table = Table(box=None, pad_edge=False, show_header=False)
    for row in facts:
        table.add_row(*(Text(one_line(cell)) for cell in row))
    console.print(table)
