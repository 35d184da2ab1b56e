"""Plain text: paragraphs, headings, lists and header lines by their looks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from assistant.types import BlockKind
from ingest.facts import LABEL, facts_from_lines
from ingest.limits import Limits
from ingest.normalise import inline, verbatim
from ingest.parsed import ParsedText, TextBuilder
from ingest.readers.decoding import decode

_ITEM = re.compile(r"^\s{0,12}([-*•‣◦·–]|\(?(?:\d{1,3}|[a-zA-Z])[.)])\s+(?=\S)")
_UNDERLINE = re.compile(r"^\s*(={3,}|-{3,}|~{3,})\s*$")
_NUMBERED = re.compile(r"^(\d{1,3}(?:\.\d{1,3}){0,4})\.?\s+(?=[^\W\d_])")
LONGEST_HEADING = 100
WIDEST_WRAP = 120
"""A text with longer lines was not wrapped by hand, so each of its line ends was meant."""


@dataclass(slots=True)
class _Paragraph:
    kind: BlockKind
    lines: list[str] = field(default_factory=list)
    marker: str = ""


def read(data: bytes, *, limits: Limits) -> ParsedText:
    """Read a plain text file.

    Args:
        data: The file's bytes.
        limits: None of them binds here.

    Returns:
        Its text with blocks; wrapped lines are joined to paragraphs.

    Raises:
        Refusal: If it is binary or can't be decoded.
    """
    decoded = decode(data)
    builder = TextBuilder()
    add_plain(builder, decoded.text)
    return builder.build(facts=facts_from_lines(builder), notices=decoded.notices)


def add_plain(builder: TextBuilder, text: str) -> None:
    """Add plain text to a builder, block by block.

    Args:
        builder: Receives the blocks.
        text: With any line ends.
    """
    lines = [line.rstrip() for line in verbatim(text).split("\n")]
    width = max((len(line) for line in lines), default=0)
    width = width if width <= WIDEST_WRAP else 0
    group: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            group.append(line)
        elif group:
            _add_group(builder, group, width)
            group = []


def _add_group(builder: TextBuilder, group: list[str], width: int) -> None:
    """Add the lines between two blank ones."""
    group = _without_heading(builder, group)
    open_paragraph: _Paragraph | None = None
    previous = ""
    fresh = True
    for line in group:
        item = _ITEM.match(line)
        if item is None and open_paragraph and _continues(previous, line, open_paragraph, width):
            open_paragraph.lines.append(line)
        else:
            fresh = _flush(builder, open_paragraph, fresh=fresh)
            open_paragraph = _Paragraph(
                kind=BlockKind.ITEM if item else BlockKind.PARAGRAPH,
                lines=[line[item.end() :] if item else line],
                marker=item[1] if item else "",
            )
        previous = line
    _flush(builder, open_paragraph, fresh=fresh)


def _without_heading(builder: TextBuilder, group: list[str]) -> list[str]:
    """Add the heading that a group opens with, if it does, and return the rest."""
    first = group[0].strip()
    if len(group) >= 2 and _UNDERLINE.match(group[1]) and len(first) <= LONGEST_HEADING:
        builder.add(BlockKind.HEADING, first, level=1 if "=" in group[1] else 2)
        return group[2:]
    if len(group) == 1 and _UNDERLINE.match(group[0]):
        return []
    if len(group) == 1 and (level := _heading_level(first, first_block=not builder.blocks)):
        builder.add(BlockKind.HEADING, first, level=level)
        return []
    return group


def _heading_level(line: str, *, first_block: bool) -> int:
    """Tell the level of a heading that stands alone; 0 for what is none."""
    line = inline(line).strip()
    if len(line) > LONGEST_HEADING or (line.endswith((".", ",", ";", ":")) and not _NUMBERED.match(line)):
        return 0
    numbered = _NUMBERED.match(line)
    if numbered and not line.endswith((".", ",", ";", "?", "!")) and len(line.split()) <= 14:
        return 2 + numbered[1].count(".")
    letters = [char for char in line if char.isalpha()]
    capitals = len(letters) >= 3 and all(char.isupper() for char in letters)
    if capitals:
        return 1 if first_block else 2
    if first_block and not line.endswith((".", "!", "?")) and len(line.split()) <= 14 and not LABEL.match(line):
        return 1 if len(letters) >= 3 else 0
    return 0


def _continues(previous: str, line: str, paragraph: _Paragraph, width: int) -> bool:
    """Tell whether a line end was forced by the width of the page rather than meant."""
    if paragraph.kind is BlockKind.ITEM and line.startswith((" ", "\t")):
        return True
    if LABEL.match(line) and LABEL.match(paragraph.lines[0]):
        return False
    first_word = line.split()[0]
    if width and len(previous) + 1 + len(first_word) > width - 6:
        return True
    starts_small = line.lstrip()[:1].islower()
    return bool(width) and starts_small and not previous.endswith((".", "!", "?", ":", ";"))


def _flush(builder: TextBuilder, paragraph: _Paragraph | None, *, fresh: bool) -> bool:
    """Add an open paragraph. Returns whether the next one starts a new list."""
    if paragraph is None:
        return fresh
    builder.add(paragraph.kind, " ".join(paragraph.lines), marker=paragraph.marker, fresh=fresh)
    return False
