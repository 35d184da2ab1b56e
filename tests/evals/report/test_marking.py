"""Marks fall on the spans and change no letter."""

from hypothesis import given
from hypothesis import strategies as st

from evals.report.marking import cut_pieces

SPANS = st.lists(st.tuples(st.integers(-5, 40), st.integers(-5, 40)), max_size=4)


@given(st.text(max_size=30), SPANS, SPANS)
def test_every_character_is_marked_exactly_when_it_lies_in_a_span(text, gold, cited):
    pieces = cut_pieces(text, gold=gold, cited=cited)
    assert "".join(piece.text for piece in pieces) == text
    marks = [(piece.gold, piece.cited) for piece in pieces for _ in piece.text]
    expected = [
        tuple(any(start <= at < end for start, end in spans) for spans in (gold, cited)) for at in range(len(text))
    ]
    assert marks == expected


def test_gold_and_citation_may_overlap():
    pieces = cut_pieces("abcdef", gold=[(1, 4)], cited=[(2, 6)])
    assert [(piece.text, piece.gold, piece.cited) for piece in pieces] == [
        ("a", False, False), ("b", True, False), ("cd", True, True), ("ef", False, True),
    ]  # fmt: skip
