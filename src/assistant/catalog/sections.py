"""Sections of a document, from its heading blocks."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.types import Block, BlockKind, Section


def sections_of(text: str, blocks: Sequence[Block]) -> tuple[Section, ...]:
    """Divide a text at its headings.

    Args:
        text: The normalised text.
        blocks: Its blocks in order; only headings count. A heading of level 0 is taken as level 1.

    Returns:
        Sections in order that cover the text without gaps, each from one heading's start to the next one's; the
        first has an empty path if the text does not start with a heading. Empty for an empty text.
    """
    headings = [block for block in blocks if block.kind is BlockKind.HEADING]
    sections: list[Section] = []
    start, path = 0, tuple[str, ...]()
    open_headings: list[tuple[int, str]] = []
    for heading in headings:
        if heading.start > start:
            sections.append(Section(start=start, end=heading.start, path=path))
        level = max(heading.level, 1)
        open_headings = [(above, title) for above, title in open_headings if above < level]
        open_headings.append((level, " ".join(text[heading.start : heading.end].split())))
        start, path = heading.start, tuple(title for _, title in open_headings)
    if start < len(text):
        sections.append(Section(start=start, end=len(text), path=path))
    return tuple(sections)
