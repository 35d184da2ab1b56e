"""Cutting a document into chunks along its headings and sentences, within the embedder's window.

Whoever changes how documents are cut changes `assistant.indexing.opening.CHUNKING` with it.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.catalog import sections_of
from assistant.types import BlockKind, Chunk, Document, Section, Sentence, Span
from ingest.sentences import sentences_of

__all__ = ["Tokenizer", "chunk_document", "chunk_id", "page_at", "sentences_of"]

SPECIAL_TOKENS = 2
"""What the embedder adds around a text."""
CONTEXT_SHARE = 0.25
"""Of the window, for title and section path."""
CHARACTERS_PER_TOKEN = 16
"""A chunk with more characters than this per token of the window is cut: no words are that long."""
_ARROW = " › "


class Tokenizer(Protocol):
    """The part of an embedder that chunking needs."""

    def count_tokens(self, text: str) -> int:
        """Count a text's tokens, special tokens not included."""

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        """Locate a text's tokens as half-open ranges of code points, in order."""


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is never cut unless it is too long by itself: a sentence, an item, a row."""

    start: int
    end: int
    group: int
    """Units of one paragraph, list or table share it: a chunk rather ends between groups."""
    header: Span | None = None
    """The header row of the table that it belongs to."""


def chunk_document(
    document: Document, *, max_tokens: int, tokenizer: Tokenizer, sentences: Sequence[Sentence] | None = None
) -> list[Chunk]:
    """Cut a document into chunks.

    A chunk holds consecutive sentences of one section. Its text is the exact span of the document; its context
    (title and section path) is embedded before it. A sentence is cut only where it is longer than a whole chunk.

    Args:
        document: With its blocks.
        max_tokens: Most tokens of context and text together, in the embedder's own tokens, special ones included.
        tokenizer: The embedder's.
        sentences: As `sentences_of` found them; found here if None.

    Returns:
        Chunks in order, not overlapping, with ordinals from 0; at least one if the document has words.

    Raises:
        ValueError: If `max_tokens` is below 16.
    """
    if max_tokens < 16:
        raise ValueError(f"max_tokens is {max_tokens}, must be at least 16")
    found = sentences_of(document) if sentences is None else sentences
    cutter = _Cutter(document, budget=max_tokens - SPECIAL_TOKENS, tokenizer=tokenizer)
    for section, units in _sections_with_units(document, found):
        cutter.cut(section, units)
    return cutter.chunks


def _sections_with_units(document: Document, sentences: Sequence[Sentence]) -> Iterator[tuple[Section, list[_Unit]]]:
    """Give each section its body. A heading without a body below it stands for itself, so that it can be found."""
    sections = sections_of(document.text, document.blocks)
    units = _units(document, sentences)
    at = 0
    for number, section in enumerate(sections):
        body: list[_Unit] = []
        heading: list[_Unit] = []
        while at < len(units) and units[at][0].start < section.end:
            unit, kind = units[at]
            (heading if kind is BlockKind.HEADING else body).append(unit)
            at += 1
        followed = number + 1 < len(sections) and len(sections[number + 1].path) > len(section.path)
        yield section, body or ([] if followed else heading)


def _units(document: Document, sentences: Sequence[Sentence]) -> list[tuple[_Unit, BlockKind]]:
    units: list[tuple[_Unit, BlockKind]] = []
    group = -1
    header: Span | None = None
    previous: Sentence | None = None
    for sentence in sentences:
        if previous is None or "\n\n" in document.text[previous.end : sentence.start] or previous.kind != sentence.kind:
            group += 1
            row = sentence.kind is BlockKind.ROW
            header = Span(start=sentence.start, end=sentence.end) if row else None
        known = header if header is not None and header.start != sentence.start else None
        units.append((_Unit(sentence.start, sentence.end, group, known), sentence.kind))
        previous = sentence
    return units


def _group_around(units: Sequence[_Unit], at: int) -> tuple[int, int]:
    """Find the first and the last unit of the group that a unit belongs to."""
    first = last = at
    while first > 0 and units[first - 1].group == units[at].group:
        first -= 1
    while last + 1 < len(units) and units[last + 1].group == units[at].group:
        last += 1
    return first, last


class _Cutter:
    """Cuts section after section and collects the chunks."""

    def __init__(self, document: Document, *, budget: int, tokenizer: Tokenizer) -> None:
        self.chunks: list[Chunk] = []
        self._document, self._budget, self._tokenizer = document, budget, tokenizer
        offsets = tokenizer.token_offsets(document.text)
        self._token_starts = [start for start, _ in offsets]
        self._seen: Counter[tuple[str, str]] = Counter()
        self._most_characters = CHARACTERS_PER_TOKEN * budget

    def cut(self, section: Section, units: Sequence[_Unit]) -> None:
        """Cut one section's body."""
        if not units:
            return
        context = self._context(section.path)
        at = 0
        while at < len(units):
            here = self._with_header(context, units[at], first=at == 0 or units[at - 1].group != units[at].group)
            room = self._budget - self._tokenizer.count_tokens(here)
            end = self._fill(units, at, room)
            if end == at:
                self._cut_long(units[at], here, section.path)
                end = at + 1
            else:
                end = self._verified(units, at, end, here)
                self._add(units[at].start, units[end - 1].end, here, section.path)
            at = end

    def _context(self, path: Sequence[str]) -> str:
        """Join title and section path, cut so that the text keeps most of the window."""
        title = self._document.title
        inner = list(path[1:] if path and path[0] == title else path)
        most = int(self._budget * CONTEXT_SHARE)
        while len(inner) > 1 and self._tokenizer.count_tokens(_ARROW.join([title, *inner])) > most:
            inner.pop(0)
        return self._capped(_ARROW.join([title, *inner]), most)

    def _with_header(self, context: str, unit: _Unit, *, first: bool) -> str:
        """Name a table's columns in the context of a chunk that starts in its middle."""
        if unit.header is None or first:
            return context
        header = self._document.text[unit.header.start : unit.header.end]
        return f"{context}{_ARROW}{self._capped(header, int(self._budget * CONTEXT_SHARE))}"

    def _capped(self, text: str, most: int) -> str:
        text = " ".join(text.split())[: most * CHARACTERS_PER_TOKEN]
        offsets = self._tokenizer.token_offsets(text)
        return text if len(offsets) <= most else text[: offsets[most][0]].rstrip()

    def _tokens(self, start: int, end: int) -> int:
        return bisect_left(self._token_starts, end) - bisect_left(self._token_starts, start)

    def _fits(self, units: Sequence[_Unit], first: int, last: int, room: int) -> bool:
        start, end = units[first].start, units[last].end
        return end - start <= self._most_characters and self._tokens(start, end) <= room

    def _fill(self, units: Sequence[_Unit], at: int, room: int) -> int:
        """Find the unit after the last that fits; the first one itself when not even that fits."""
        end = at
        while end < len(units) and self._fits(units, at, end, room):
            end += 1
        if end in (at, len(units)) or units[end].group != units[end - 1].group:
            return end
        # The group goes on. Leave all of it to the next chunk if it fits there whole and this one is half full.
        start, last = _group_around(units, end)
        half_full = start > at and 2 * self._tokens(units[at].start, units[start - 1].end) >= room
        return start if half_full and self._fits(units, start, last, room) else end

    def _verified(self, units: Sequence[_Unit], at: int, end: int, context: str) -> int:
        """Drop units from the end until the tokenizer itself agrees that the whole fits."""
        while end > at + 1 and self._embedded(context, units[at].start, units[end - 1].end) > self._budget:
            end -= 1
        return end

    def _embedded(self, context: str, start: int, end: int) -> int:
        text = self._document.text[start:end]
        return self._tokenizer.count_tokens(f"{context}\n{text}" if context else text)

    def _cut_long(self, unit: _Unit, context: str, path: tuple[str, ...]) -> None:
        """Cut a unit that is longer than a chunk at token boundaries, where white space is if there is any near."""
        start = unit.start
        while start < unit.end:
            end = self._piece_end(start, unit.end, context)
            self._add(start, end, context, path)
            start = end
            while start < unit.end and self._document.text[start].isspace():
                start += 1

    def _piece_end(self, start: int, limit: int, context: str) -> int:
        room = max(1, self._budget - self._tokenizer.count_tokens(context))
        while True:
            first = bisect_left(self._token_starts, start)
            after = first + room
            end = self._token_starts[after] if after < len(self._token_starts) else limit
            end = min(max(end, start + 1), limit, start + self._most_characters)
            end = self._at_space(start, end) if end < limit else end
            if room <= 1 or self._embedded(context, start, end) <= self._budget:
                return end
            room = max(1, room - max(1, room // 10))

    def _at_space(self, start: int, end: int) -> int:
        text = self._document.text
        space = next((at for at in range(end, max(start + 1, end - 40), -1) if text[at - 1].isspace()), None)
        stripped = len(text[start : space or end].rstrip()) + start
        return stripped if stripped > start else end

    def _add(self, start: int, end: int, context: str, path: tuple[str, ...]) -> None:
        text = self._document.text[start:end]
        occurrence = self._seen[context, text]
        self._seen[context, text] += 1
        self.chunks.append(
            Chunk(
                id=chunk_id(context, text, occurrence),
                digest=self._document.digest,
                ordinal=len(self.chunks),
                start=start,
                end=end,
                text=text,
                context=context,
                page=page_at(self._document, start),
                section=path,
            )
        )


def chunk_id(context: str, text: str, occurrence: int) -> str:
    """Name a chunk by what it holds.

    Args:
        context: Embedded before the text.
        text: The chunk's.
        occurrence: How often the same context and text came before in the document.

    Returns:
        32 hex digits of a SHA-256.
    """
    digest = hashlib.sha256()
    for part in (context, text, str(occurrence)):
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()[:32]


def page_at(document: Document, offset: int) -> int | None:
    """Tell on which page an offset stands; None where the document has no pages."""
    pages = document.pages
    if not pages:
        return None
    first, last = 0, len(pages) - 1
    while first < last:
        middle = (first + last + 1) // 2
        if pages[middle].start <= offset:
            first = middle
        else:
            last = middle - 1
    return pages[first].number
