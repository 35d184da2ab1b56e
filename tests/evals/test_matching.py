"""When an answer counts as holding the accepted one."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.matching import answer_is_right, answer_tokens, holds_tokens


@pytest.mark.parametrize(
    ("written", "tokens"),
    [
        ("The Eagle, a lander!", ["eagle", "lander"]),
        ("1,000 km and 12,345,678", ["1000", "km", "and", "12345678"]),
        ("384\u202f000 km", ["384000", "km"]),
        ("in 2013, 500 people", ["in", "2013", "500", "people"]),
        ("2.5 million. Version 1.2.3.", ["2.5", "million", "version", "1.2.3"]),
        ("China’s and the members' plans", ["china", "and", "members", "plans"]),
        ("Chang'e-6", ["change", "6"]),
        ("Chang’e 6", ["change", "6"]),
        ("U.S. law, e.g. this", ["us", "law", "eg", "this"]),
        ("30 % of 30% or 30 per cent", ["30", "percent", "of", "30", "percent", "or", "30", "percent"]),
        ("$1,250.50", ["1250.50"]),
        ("2024–25", ["2024", "25"]),
        ("The A", ["the", "a"]),
        ("…", []),
        ("ﬁrst CAFÉ", ["first", "cafe"]),
    ],
)
def test_normalisation(written, tokens):
    assert list(answer_tokens(written)) == tokens


@pytest.mark.parametrize(
    ("text", "accepted", "right"),
    [
        ("It was founded in 2013.", "1", False),
        ("It was founded in 2013.", "2013", True),
        ("It weighs 1,000 kg.", "1000", True),
        ("It weighs 1000 kg.", "1,000 kg", True),
        ("It rose by 2.5 per cent.", "25", False),
        ("It rose by 2.5 per cent.", "5 percent", False),
        ("Founded on 7 July 2025 in Hefei, Anhui.", "Hefei Anhui", True),
        ("Anhui, then Hefei.", "Hefei, Anhui", False),
        ("The unfounded claim.", "founded", False),
    ],
)
def test_containment_is_of_whole_tokens_in_a_row(text, accepted, right):
    assert answer_is_right(text, answers=["no such thing", accepted]) is right


def test_parts_decide_where_there_are_any():
    parts = [["Ada", "Lovelace"], ["Babbage"]]
    assert answer_is_right("Lovelace met Babbage.", answers=[], answer_parts=parts)
    assert not answer_is_right("Ada Lovelace.", answers=["Ada"], answer_parts=parts)


def test_nothing_accepted_is_never_right():
    assert not answer_is_right("Anything.", answers=[])
    assert not holds_tokens(["a"], [])


def plain_tokens(text):
    """The normalisation again, character by character, for the alphabet below."""
    text = unicodedata.normalize("NFKC", text).casefold()
    kept = ""
    for at, letter in enumerate(text):
        before, after = text[at - 1 : at] if at else "", text[at + 1 : at + 2]
        if letter.isalnum() or (letter == "." and before.isdigit() and after.isdigit()):
            kept += letter
        elif letter == "," and before.isdigit():
            whole = re.search(r"(?<![\d.,])\d{1,3}(,\d{3})*$", text[:at])
            rest = re.match(r"(\d{3})(,\d{3})*(?!\d)", text[at + 1 :])
            kept += "" if whole and rest else " "
        else:
            kept += " "
    words = kept.split()
    return tuple(word for word in words if word not in ("a", "an", "the")) or tuple(words)


# Letters before digits with a full stop between ("b1.5") are left to the table above.
pieces = st.sampled_from(
    ["a", "the", "Cat", "cats", "1", "20", "300", "1,000", "2,500.75", "3.14", " ", ", ", ". ", "-"]
)


@given(st.lists(pieces, max_size=12))
def test_normalisation_agrees_with_a_second_implementation(drawn):
    text = " ".join(drawn)
    assert answer_tokens(text) == plain_tokens(text)


words = st.lists(st.sampled_from(["1", "10", "ab", "b", "2013"]), max_size=8)


@given(words, words)
def test_containment_agrees_with_a_search_in_padded_text(tokens, wanted):
    padded = f" {' '.join(tokens)} "
    expected = bool(wanted) and f" {' '.join(wanted)} " in padded
    assert holds_tokens(tokens, wanted) is expected


@given(st.text())
def test_an_answer_with_a_word_in_it_holds_itself(text):
    assert answer_is_right(text, answers=[text]) is bool(answer_tokens(text))


@given(st.integers(0, 10**9))
def test_thousands_separators_make_no_difference(number):
    assert answer_tokens(f"{number:,}") == answer_tokens(str(number)) == (str(number),)
