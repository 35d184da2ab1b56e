"""The exact characters an answer rests on: made, checked, and checked again when they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.catalog import Catalog, SealedContent
from assistant.errors import CitationInvalid, DocumentNotFound
from assistant.types import Citation, Page, Passage, QuoteInContext, Section, Span


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
        CitationInvalid: If the document's text differs from the quote or from the passage, or it, its pages or its
            sections were altered since they were stored.
    """
    chunk = passage.chunk
    citation = Citation(
        marker=marker,
        document_id=passage.document_id,
        digest=chunk.digest,
        title=passage.title,
        page=None,
        section=chunk.section,
        start=span.start,
        end=span.end,
        quote=quote,
    )
    content = _verified(citation, catalog=catalog)
    if content.text[chunk.start : chunk.end] != chunk.text:
        raise CitationInvalid(passage.document_id, start=span.start, end=span.end)
    return replace(
        citation,
        page=_page_at(span.start, content.pages),
        section=_section_at(span.start, content.sections, default=chunk.section),
    )


def _page_at(position: int, pages: Sequence[Page]) -> int | None:
    return next((page.number for page in pages if page.start <= position < page.end), None)


def _section_at(position: int, sections: Sequence[Section], *, default: tuple[str, ...]) -> tuple[str, ...]:
    return next((section.path for section in sections if section.start <= position < section.end), default)


def view_citation(citation: Citation, *, catalog: Catalog, margin: int) -> QuoteInContext:
    """Show a citation's quotation in its document.

    Args:
        citation: Made by `cite`, possibly long ago.
        catalog: Which is asked again what the span holds.
        margin: Characters on either side at most.

    Returns:
        The quotation with the exact text around it.

    Raises:
        CitationInvalid: If the document is gone, was altered in the store, or its text differs from the quote.
        ValueError: If the margin is negative.
    """
    if margin < 0:
        raise ValueError(f"the margin must not be negative: {margin}")
    text = _verified(citation, catalog=catalog).text
    first, last = max(0, citation.start - margin), min(len(text), citation.end + margin)
    return QuoteInContext(
        before=text[first : citation.start],
        quote=text[citation.start : citation.end],
        after=text[citation.end : last],
        truncated_before=first > 0,
        truncated_after=last < len(text),
    )


def _verified(citation: Citation, *, catalog: Catalog) -> SealedContent:
    """Read the cited content, if it is what was stored and the quotation stands where it is cited.

    Raises:
        CitationInvalid: If it does not.
    """
    invalid = CitationInvalid(citation.document_id, start=citation.start, end=citation.end)
    try:
        content = catalog.sealed_content(citation.document_id)
    except DocumentNotFound as error:
        raise invalid from error
    if content is None or not citation.quote or not 0 <= citation.start < citation.end <= len(content.text):
        raise invalid
    if content.text[citation.start : citation.end] != citation.quote:
        raise invalid
    return content
