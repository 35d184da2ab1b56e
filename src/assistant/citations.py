"""The exact characters an answer rests on: made, checked, and checked again when they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.catalog import Catalog
from assistant.errors import CitationInvalid, DocumentNotFound
from assistant.types import Citation, Page, Passage, Section, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class CitationView:
    """A quotation in its surroundings, as the document has them now."""

    citation: Citation
    before: str
    quote: str
    after: str
    truncated_before: bool
    """Whether the document goes on before `before`."""
    truncated_after: bool
    """Whether the document goes on after `after`."""


def cite(passage: Passage, span: Span, *, quote: str, marker: int, catalog: Catalog) -> Citation:
    """Cite a span of a passage's document.

    Args:
        passage: Where the sentence was found.
        span: The sentence in the document.
        quote: What the span is said to hold.
        marker: As shown, from 1.
        catalog: Which is asked again what the spans of sentence and passage hold.

    Returns:
        A citation whose quote is the text of its span.

    Raises:
        CitationInvalid: If the document's text differs from the quote or from the passage, or the span cuts a word.
    """
    chunk = passage.chunk
    citation = Citation(
        marker=marker,
        document_id=passage.document_id,
        digest=chunk.digest,
        title=passage.title,
        page=_page_at(span.start, catalog.document(passage.document_id).pages),
        section=_section_at(span.start, catalog.sections(chunk.digest), default=chunk.section),
        start=span.start,
        end=span.end,
        quote=quote,
    )
    text = verified_text(citation, catalog=catalog)
    if text[chunk.start : chunk.end] != chunk.text or _cuts_word(text, span.start) or _cuts_word(text, span.end):
        raise CitationInvalid(passage.document_id, start=span.start, end=span.end)
    return citation


def _page_at(position: int, pages: Sequence[Page]) -> int | None:
    return next((page.number for page in pages if page.start <= position < page.end), None)


def _section_at(position: int, sections: Sequence[Section], *, default: tuple[str, ...]) -> tuple[str, ...]:
    return next((section.path for section in sections if section.start <= position < section.end), default)


def _cuts_word(text: str, position: int) -> bool:
    """Tell whether a position lies inside an English word: a sign that a stored span was altered."""
    around = text[max(0, position - 1) : position + 1]
    return 0 < position < len(text) and around.isascii() and around.isalnum()


def view_citation(citation: Citation, *, catalog: Catalog, margin: int) -> CitationView:
    """Show a citation's quotation in its document.

    Args:
        citation: Made by `cite`, possibly long ago.
        catalog: Which is asked again what the span holds.
        margin: Characters on either side at most.

    Returns:
        The quotation with the exact text around it.

    Raises:
        CitationInvalid: If the document is gone, changed, or its text differs from the quote.
        ValueError: If the margin is negative.
    """
    if margin < 0:
        raise ValueError(f"the margin must not be negative: {margin}")
    text = verified_text(citation, catalog=catalog)
    first, last = max(0, citation.start - margin), min(len(text), citation.end + margin)
    return CitationView(
        citation=citation,
        before=text[first : citation.start],
        quote=text[citation.start : citation.end],
        after=text[citation.end : last],
        truncated_before=first > 0,
        truncated_after=last < len(text),
    )


def verified_text(citation: Citation, *, catalog: Catalog) -> str:
    """Read the cited content's text, if the quotation still stands where it is cited.

    Raises:
        CitationInvalid: If it does not.
    """
    invalid = CitationInvalid(citation.document_id, start=citation.start, end=citation.end)
    try:
        text = catalog.text(citation.document_id)
    except DocumentNotFound as error:
        raise invalid from error
    if not citation.quote or not 0 <= citation.start < citation.end <= len(text):
        raise invalid
    if text[citation.start : citation.end] != citation.quote:
        raise invalid
    return text
