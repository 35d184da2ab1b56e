"""What a reader makes of a file's bytes, and the builder that all readers share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from assistant.types import Block, BlockKind, Page
from ingest.normalise import inline, verbatim

RUN_ON = frozenset({BlockKind.ITEM, BlockKind.ROW})
"""Kinds whose neighbours of the same kind follow on the next line, without a blank line between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a file says about itself."""

    title: str | None = None
    authors: tuple[str, ...] = ()
    date: str | None = None
    """ISO 8601: a year, a month or a day."""
    language: str | None = None
    """ISO 639-1, lower case."""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedText:
    """A file as a reader leaves it: the normalised text with its maps, and its facts."""

    text: str
    facts: Facts = field(default_factory=Facts)
    pages: tuple[Page, ...] = ()
    """In order and covering the text; empty where the format has no pages."""
    blocks: tuple[Block, ...] = ()
    """In order, not overlapping; between them is white space or a list marker."""
    notices: tuple[str, ...] = ()
    """What a person should know about how it was read."""


@dataclass(slots=True)
class TextBuilder:
    """Writes the normalised text block by block and keeps the spans."""

    parts: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    length: int = 0
    page_starts: list[tuple[int, int]] = field(default_factory=list)
    """Page number and where its text starts."""

    def add(self, kind: BlockKind, text: str, *, level: int = 0, marker: str = "", fresh: bool = False) -> None:
        """Add a block after the others.

        Args:
            kind: What it is.
            text: Its words as found; cleaned here. Nothing is added when nothing is left.
            level: Of a heading, from 1.
            marker: Of a list item, such as "-" or "1."; written before the block and outside its span.
            fresh: Whether a new list or table starts here, apart from the one before.
        """
        self.add_flow(kind, [(None, text)], level=level, marker=marker, fresh=fresh)

    def add_flow(
        self,
        kind: BlockKind,
        flow: Sequence[tuple[int | None, str]],
        *,
        level: int = 0,
        marker: str = "",
        fresh: bool = False,
    ) -> None:
        """Add a block whose text may run over several pages.

        Args:
            kind: What it is.
            flow: Stretches of its text in order, each with the page it stands on. White space between
                stretches is theirs to bring.
            level: Of a heading, from 1.
            marker: Of a list item.
            fresh: Whether a new list or table starts here.
        """
        cleaned = verbatim if kind is BlockKind.CODE else inline
        pieces = [(page, cleaned(text)) for page, text in flow]
        pieces = [(page, piece) for page, piece in pieces if piece.strip()]
        if not pieces:
            return
        self._separate(kind, fresh=fresh)
        if marker:
            self._write(f"{marker} ")
        start = self.length
        for number, (page, piece) in enumerate(pieces):
            trimmed = self._trimmed(piece, first=number == 0, last=number == len(pieces) - 1, kind=kind)
            if page is not None:
                lead = len(trimmed) - len(trimmed.lstrip())
                self._open_page(page, at=self.length + lead if number else self.length)
            self._write(trimmed)
        self.blocks.append(Block(start=start, end=self.length, kind=kind, level=level))

    def build(self, *, facts: Facts, page_count: int = 0, notices: Sequence[str] = ()) -> ParsedText:
        """Close the text.

        Args:
            facts: What the file says about itself.
            page_count: How many pages the file has, with text or without; 0 where the format has none.
            notices: What a person should know.

        Returns:
            The parsed text, its pages covering it.
        """
        starts = dict(self.page_starts)
        pages: list[Page] = []
        end = self.length
        for number in range(page_count, 0, -1):
            start = 0 if number == 1 else starts.get(number, end)
            pages.append(Page(start=start, end=end, number=number))
            end = start
        return ParsedText(
            text="".join(self.parts),
            facts=facts,
            pages=tuple(reversed(pages)),
            blocks=tuple(self.blocks),
            notices=tuple(notices),
        )

    def _separate(self, kind: BlockKind, *, fresh: bool) -> None:
        if self.blocks:
            together = kind in RUN_ON and self.blocks[-1].kind is kind and not fresh
            self._write("\n" if together else "\n\n")

    def _open_page(self, page: int, *, at: int) -> None:
        if not self.page_starts or self.page_starts[-1][0] < page:
            self.page_starts.append((page, at))

    def _write(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)

    @staticmethod
    def _trimmed(piece: str, *, first: bool, last: bool, kind: BlockKind) -> str:
        if kind is BlockKind.CODE:
            return piece.strip("\n") if first and last else piece
        piece = piece.lstrip() if first else piece
        return piece.rstrip() if last else piece
