"""A passage's text in pieces: what is gold evidence, what the answer cites."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A run of text of one kind. The pieces of a passage joined are its text."""

    text: str
    gold: bool
    cited: bool


def cut_pieces(text: str, *, gold: Iterable[tuple[int, int]], cited: Iterable[tuple[int, int]]) -> tuple[Piece, ...]:
    """Cut a text where a span begins or ends.

    Args:
        text: Of a passage.
        gold: Half-open spans of gold evidence in it; what lies outside the text is left out.
        cited: Spans that the answer cites.

    Returns:
        The pieces in order.
    """
    golden, citing = _clip(gold, len(text)), _clip(cited, len(text))
    cuts = sorted({0, len(text), *(end for span in (*golden, *citing) for end in span)})
    return tuple(
        Piece(text=text[start:end], gold=_within(golden, start, end), cited=_within(citing, start, end))
        for start, end in pairwise(cuts)
    )


def _clip(spans: Iterable[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    clipped = [(max(start, 0), min(end, length)) for start, end in spans]
    return [(start, end) for start, end in clipped if start < end]


def _within(spans: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    return any(first <= start and end <= last for first, last in spans)
