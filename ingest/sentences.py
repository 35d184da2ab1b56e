"""The smallest units of a document that an answer may quote."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from assistant.sentences import split_sentences
from assistant.types import Block, BlockKind, Document, Sentence, Span

LONGEST_ITEM = 400
"""Characters up to which a list item is one sentence; a longer one is split as prose is."""


def sentences_of(document: Document) -> list[Sentence]:
    """Find the smallest units that an answer may quote.

    Args:
        document: With its blocks.

    Returns:
        Sentences in order, not overlapping: those of the prose, list items, table rows, lines of code, and headings.
    """
    return [
        Sentence(start=span.start, end=span.end, kind=block.kind)
        for block in document.blocks
        for span in _spans_of(document.text, block)
    ]


def _spans_of(text: str, block: Block) -> list[Span]:
    prose = block.kind is BlockKind.PARAGRAPH
    if prose or (block.kind is BlockKind.ITEM and block.end - block.start > LONGEST_ITEM):
        return [
            Span(start=block.start + span.start, end=block.start + span.end)
            for span in _split(text[block.start : block.end])
        ]
    if block.kind is BlockKind.CODE:
        return list(_lines_of(text, block))
    return [Span(start=block.start, end=block.end)] if text[block.start : block.end].strip() else []


@lru_cache(8192)
def _split(paragraph: str) -> tuple[Span, ...]:
    """Split a paragraph once: a document that is read again after an edit has mostly those that it had before."""
    return tuple(split_sentences(paragraph))


def _lines_of(text: str, block: Block) -> Iterator[Span]:
    at = block.start
    for line in text[block.start : block.end].split("\n"):
        words = line.strip()
        if words:
            start = at + line.index(words)
            yield Span(start=start, end=start + len(words))
        at += len(line) + 1
