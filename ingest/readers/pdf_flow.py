"""From the lines and rows of all pages to one flow of headings, paragraphs, items and rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from assistant.types import BlockKind
from ingest.facts import LABEL
from ingest.parsed import TextBuilder
from ingest.readers.pdf_lines import BULLET, Line, Row, typical_gap

LARGER = 1.12
"""A line this much larger than the body is a heading."""
LONGEST_HEADING = 20
"""Words of a heading that is told by bold type alone."""
_ENDS = (".", "!", "?", ":", ";", '."', ".”", "!”", "?”", ".)")
_BROKEN = re.compile(r"(\w+)-$")
_FIRST_WORD = re.compile(r"^(\w+)")


@dataclass(slots=True)
class _Paragraph:
    kind: BlockKind
    lines: list[tuple[int, Line]]
    edge: float
    """The right edge of the region that its last line stands in."""
    level: int = 0
    marker: str = ""
    continues: bool = False


@dataclass(slots=True)
class _Style:
    """What is usual in the document."""

    body: float
    gap: float
    levels: dict[float, int] = field(default_factory=dict)
    words: Counter[str] = field(default_factory=Counter)


def write_flow(builder: TextBuilder, regions: Sequence[tuple[int, Sequence[Line | Row]]]) -> None:
    """Write a document's text.

    Args:
        builder: Receives the blocks.
        regions: With their page numbers, in reading order.
    """
    style = _style_of([line for _, region in regions for line in region if isinstance(line, Line)])
    writer = _Writer(builder, style)
    for page, region in regions:
        lines = [line for line in region if isinstance(line, Line)]
        edge = max((line.right for line in lines), default=0.0)
        left = min((line.left for line in lines), default=0.0)
        above: Line | None = None
        for one in region:
            if isinstance(one, Row):
                writer.row(page, one)
                above = None
            else:
                writer.line(page, one, above=above, left=left, edge=edge)
                above = one
        writer.region_ends()
    writer.flush()


def _style_of(lines: Sequence[Line]) -> _Style:
    sizes: Counter[float] = Counter()
    words: Counter[str] = Counter()
    for line in lines:
        sizes[round(line.size, 1)] += len(line.text)
        words.update(re.findall(r"\w+(?:-\w+)*", line.text.lower()))
    body = sizes.most_common(1)[0][0] if sizes else 10.0
    larger = sorted((size for size in sizes if size >= LARGER * body), reverse=True)[:5]
    levels = {size: level for level, size in enumerate(larger, 1)}
    return _Style(body=body, gap=typical_gap(lines), levels=levels, words=words)


class _Writer:
    """Holds the paragraph that is open until it is known to have ended."""

    def __init__(self, builder: TextBuilder, style: _Style) -> None:
        self.builder, self.style = builder, style
        self.open: _Paragraph | None = None
        self.new_region = True

    def row(self, page: int, row: Row) -> None:
        """Write a table row."""
        self.flush()
        self.builder.add_flow(BlockKind.ROW, [(page, " | ".join(row.cells))], fresh=row.first)

    def line(self, page: int, line: Line, *, above: Line | None, left: float, edge: float) -> None:
        """Take a line: into the open paragraph, or as the start of another."""
        level = self._heading_level(line)
        bullet = BULLET.match(line.text)
        if self.open and not bullet and self._continues(line, level, above=above, left=left):
            self.open.lines.append((page, line))
            self.open.edge = edge
        else:
            self.flush()
            kind = BlockKind.HEADING if level else BlockKind.ITEM if bullet else BlockKind.PARAGRAPH
            marker = bullet[1] if bullet and not level else ""
            self.open = _Paragraph(kind=kind, lines=[(page, line)], edge=edge, level=level, marker=marker)
        self.new_region = False

    def region_ends(self) -> None:
        """Note that the next line stands in another column or on another page."""
        self.new_region = True

    def flush(self) -> None:
        """Write the open paragraph."""
        paragraph, self.open = self.open, None
        if paragraph is None:
            return
        flow: list[tuple[int | None, str]] = []
        for number, (page, line) in enumerate(paragraph.lines):
            text = line.text
            if number == 0 and paragraph.marker:
                text = BULLET.sub("", text)
            following = paragraph.lines[number + 1][1].text if number + 1 < len(paragraph.lines) else ""
            flow.append((page, self._joined(text, following)))
        self.builder.add_flow(paragraph.kind, flow, level=paragraph.level, marker=paragraph.marker)

    def _joined(self, text: str, following: str) -> str:
        """Bring the space between two lines, or mend a word that is broken between them."""
        broken, rest = _BROKEN.search(text), _FIRST_WORD.match(following)
        if not broken or not rest or not rest[1][0].islower():
            return f"{text} " if following else text
        whole, hyphened = f"{broken[1]}{rest[1]}".lower(), f"{broken[1]}-{rest[1]}".lower()
        words = self.style.words
        return text[:-1] if words[whole] > 0 and words[hyphened] == 0 else text

    def _heading_level(self, line: Line) -> int:
        size = round(line.size, 1)
        if size in self.style.levels:
            return self.style.levels[size]
        short = len(line.text.split()) <= LONGEST_HEADING
        if line.bold and short and size >= 0.95 * self.style.body and not line.text.endswith((".", ",", ";")):
            return len(self.style.levels) + 1
        return 0

    def _continues(self, line: Line, level: int, *, above: Line | None, left: float) -> bool:
        paragraph = self.open
        if paragraph is None or level != paragraph.level:
            return False
        last = paragraph.lines[-1][1]
        labels = LABEL.match(line.text) and LABEL.match(paragraph.lines[0][1].text)
        if labels or abs(line.size - last.size) > 0.1 * last.size:
            return False
        if self.new_region or above is None:
            return not level and self._runs_on(paragraph, last, line)
        gap = (last.baseline - line.baseline) / last.size
        if gap > self.style.gap * 1.18 + 0.05 and not (level and gap < 1.5):
            return False
        return not self._is_indented(paragraph, line, left, last)

    @staticmethod
    def _is_indented(paragraph: _Paragraph, line: Line, left: float, last: Line) -> bool:
        """Tell a paragraph's first line by its indent, where the lines above it stand at the margin."""
        if paragraph.kind is BlockKind.ITEM or paragraph.level:
            return False
        return line.left > left + 0.8 * line.size and last.left < left + 0.4 * line.size and last.text.endswith(_ENDS)

    @staticmethod
    def _runs_on(paragraph: _Paragraph, last: Line, line: Line) -> bool:
        """Tell whether a paragraph goes on over a column's or page's end."""
        if line.text[:1].islower():
            return True
        full = last.right > paragraph.edge - 0.15 * (paragraph.edge - last.left)
        return full and not last.text.endswith(_ENDS)
