"""Lines, table rows and paragraphs of a PDF page, told by position."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from ingest.readers.pdf_glyphs import Fragment

BULLET = re.compile(r"^([-*•‣◦·–▪●○]|\(?\d{1,2}[.)]|\(?[a-z][.)])\s+(?=\S)")
BULLET_ALONE = re.compile(r"^([-*•‣◦·–▪●○]|\(?\d{1,2}[.)]|\(?[a-z][.)])$")


@dataclass(slots=True)
class Line:
    """What stands on one baseline of a region."""

    fragments: list[Fragment]
    baseline: float
    size: float
    bold: bool

    @property
    def left(self) -> float:
        """Where it begins, in points."""
        return self.fragments[0].left

    @property
    def right(self) -> float:
        """Where it ends, in points."""
        return max(fragment.right for fragment in self.fragments)

    @property
    def text(self) -> str:
        """Its words."""
        return " ".join(fragment.text for fragment in self.fragments)


@dataclass(slots=True)
class Row:
    """A table row: its cells from left to right."""

    cells: list[str]
    first: bool
    """Whether a table starts with it."""


def lines_of(region: Sequence[Fragment]) -> list[Line]:
    """Join a region's fragments to lines, from the top down.

    Args:
        region: Fragments of one column or one page.

    Returns:
        Lines with their fragments from left to right.
    """
    lines: list[Line] = []
    for one in sorted(region, key=lambda fragment: (-fragment.baseline, fragment.left)):
        last = lines[-1] if lines else None
        if last is not None and last.baseline - one.baseline < 0.4 * min(last.size, one.size):
            last.fragments.append(one)
            longest = max(last.fragments, key=lambda fragment: len(fragment.letters))
            last.size = longest.size
            last.bold = last.bold and one.bold
        else:
            lines.append(Line(fragments=[one], baseline=one.baseline, size=one.size, bold=one.bold))
    for line in lines:
        line.fragments.sort(key=lambda fragment: fragment.left)
    return lines


def with_rows(lines: Sequence[Line]) -> list[Line | Row]:
    """Find the tables among lines and turn them into rows.

    Args:
        lines: Of one region, from the top down.

    Returns:
        The lines outside tables and the rows of tables, in order.
    """
    result: list[Line | Row] = []
    index = 0
    while index < len(lines):
        end = _table_end(lines, index)
        if end > index:
            result.extend(_rows(lines[index:end]))
            index = end
        else:
            result.append(lines[index])
            index += 1
    return result


def _is_split(line: Line) -> bool:
    """Tell whether a line stands in several cells; a bullet before its item is none."""
    return len(line.fragments) > 2 or (len(line.fragments) == 2 and not BULLET_ALONE.match(line.fragments[0].text))


def _table_end(lines: Sequence[Line], start: int) -> int:
    """Find where the table that starts at a line ends; the start itself when none does."""
    if not _is_split(lines[start]):
        return start
    columns = _column_starts(lines[start])
    end, split = start + 1, 1
    while end < len(lines) and _belongs(lines[end], lines[end - 1], columns):
        if _is_split(lines[end]):
            split += 1
            columns = sorted({*columns, *_column_starts(lines[end])})
        end += 1
    return end if split >= 2 else start


def _column_starts(line: Line) -> list[float]:
    return [round(fragment.left, 1) for fragment in line.fragments]


def _belongs(line: Line, above: Line, columns: Sequence[float]) -> bool:
    if above.baseline - line.baseline > 3.2 * above.size:
        return False
    if _is_split(line):
        return any(abs(start - line.fragments[0].left) < 3 for start in columns)
    # A single cell below others is a wrapped cell: it starts where a column starts and stays narrow.
    next_start = min((start for start in columns if start > line.left + 3), default=None)
    fits = any(abs(start - line.left) < 3 for start in columns) and (next_start is None or line.right < next_start)
    inner = line.left > columns[0] + 3
    return fits and (inner or above.baseline - line.baseline < 1.35 * above.size)


def _rows(lines: Sequence[Line]) -> list[Row]:
    columns = _merged_columns(lines)
    rows: list[Row] = []
    gaps = [above.baseline - below.baseline for above, below in pairwise(lines)]
    for number, line in enumerate(lines):
        if number == 0 or _starts_row(line, gaps[number - 1], gaps, columns):
            rows.append(Row(cells=[""] * len(columns), first=not rows))
        for fragment in line.fragments:
            cell = max((at for at, start in enumerate(columns) if start <= fragment.left + 3), default=0)
            rows[-1].cells[cell] = f"{rows[-1].cells[cell]} {fragment.text}".strip()
    return rows


def _merged_columns(lines: Sequence[Line]) -> list[float]:
    """Where the columns start: starts closer than a few points are one column."""
    columns: list[float] = []
    for start in sorted(fragment.left for line in lines for fragment in line.fragments):
        if not columns or start - columns[-1] > 6:
            columns.append(start)
    return columns


def _starts_row(line: Line, gap: float, gaps: Sequence[float], columns: Sequence[float]) -> bool:
    """Tell a new row from a wrapped cell: rows stand further apart than the lines of a cell."""
    narrow, wide = min(gaps), max(gaps)
    if wide > 1.2 * narrow:
        return gap > (narrow + min(wide, 2 * narrow)) / 2
    return abs(line.left - columns[0]) < 6


def typical_gap(lines: Sequence[Line]) -> float:
    """Measure the usual distance between baselines, in line sizes.

    Args:
        lines: Of a document's pages, from the top down within each region.

    Returns:
        The median over neighbours of the same size; 1.2 where there are none.
    """
    gaps = [
        (above.baseline - below.baseline) / above.size
        for above, below in pairwise(lines)
        if 0 < above.baseline - below.baseline < 2.2 * above.size and abs(above.size - below.size) < 0.3
    ]
    return median(gaps) if gaps else 1.2
