"""Reading order on a page: which fragments form columns of running text, and in which order regions are read."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from ingest.readers.pdf_glyphs import Fragment

FEWEST_LINES = 4
"""In the left column of a band."""
NARROWEST = 0.25
"""Of the page's text width, for a column of running text."""
FILLED = 0.6
"""Median share of the column's width that lines of running text fill; cells of a table fill less."""
FILLED_INTERLEAVED = 0.8
"""The same where the content stream jumps between the sides, as it does in tables."""


def in_regions(fragments: Sequence[Fragment]) -> list[list[Fragment]]:
    """Put a page's fragments in regions that are read one after the other.

    Args:
        fragments: Of one page, in any order.

    Returns:
        The regions in reading order. A page in one column is one region.
    """
    gutter = _gutter(fragments)
    if gutter is None:
        return [list(fragments)] if fragments else []
    regions: list[list[Fragment]] = []
    band: list[Fragment] = []
    wide: list[Fragment] = []
    for fragment in sorted(fragments, key=lambda one: -one.baseline):
        if _crosses(fragment, gutter):
            regions.extend(_band_regions(band, gutter))
            band = []
            wide.append(fragment)
        else:
            if band == [] and wide:
                regions.append(wide)
                wide = []
            band.append(fragment)
    regions.extend(_band_regions(band, gutter))
    if wide:
        regions.append(wide)
    return regions


def _crosses(fragment: Fragment, gutter: float) -> bool:
    return fragment.left < gutter - 1 and fragment.right > gutter + 1


def _band_regions(band: Sequence[Fragment], gutter: float) -> list[list[Fragment]]:
    sides = [one for one in band if one.right <= gutter + 1], [one for one in band if one.right > gutter + 1]
    return [list(side) for side in sides if side]


def _gutter(fragments: Sequence[Fragment]) -> float | None:
    """Find the middle of the white strip between two columns of running text."""
    if len(fragments) < 2 * FEWEST_LINES:
        return None
    left, right = min(one.left for one in fragments), max(one.right for one in fragments)
    best: tuple[int, float] | None = None
    for x in _candidates(fragments, left, right):
        crossing = sum(_crosses(one, x) for one in fragments)
        if (best is None or crossing < best[0]) and _is_two_columns(fragments, x, left, right):
            best = (crossing, x)
    return best[1] if best else None


def _candidates(fragments: Sequence[Fragment], left: float, right: float) -> list[float]:
    """Positions just left of where several lines start, away from the page's edges."""
    width = right - left
    starts: dict[int, int] = {}
    for one in fragments:
        starts[round(one.left)] = starts.get(round(one.left), 0) + 1
    inner = [x for x, count in starts.items() if count >= 3 and NARROWEST < (x - left) / width < 1 - NARROWEST]
    return [x - 3.0 for x in sorted(inner, key=lambda x: -starts[x])[:6]]


def _is_two_columns(fragments: Sequence[Fragment], x: float, left: float, right: float) -> bool:
    lefts = [one for one in fragments if one.right <= x + 1]
    rights = [one for one in fragments if one.left >= x - 1]
    crossing = len(fragments) - len(lefts) - len(rights)
    if len(lefts) < FEWEST_LINES or len(rights) < 2 or crossing > 0.5 * len(fragments):
        return False
    left_width = max(one.right for one in lefts) - min(one.left for one in lefts)
    right_width = right - min(one.left for one in rights)
    if min(left_width, right_width) < NARROWEST * (right - left):
        return False
    needed = FILLED_INTERLEAVED if _is_interleaved(lefts, rights) else FILLED
    filled = median((one.right - one.left) / left_width for one in lefts)
    return filled >= needed and _has_full_lines(rights, right_width, needed)


def _has_full_lines(rights: Sequence[Fragment], width: float, needed: float) -> bool:
    return median((one.right - one.left) / width for one in rights) >= (needed if len(rights) > 6 else 0.3)


def _is_interleaved(lefts: Sequence[Fragment], rights: Sequence[Fragment]) -> bool:
    sides = sorted([(one.order, 0) for one in lefts] + [(one.order, 1) for one in rights])
    jumps = sum(before[1] != after[1] for before, after in pairwise(sides))
    return jumps > 3
