"""Exact match and token F1 against SQuAD's formulas, written a second time."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.squad import exact_match, squad_tokens, token_f1

words = st.sampled_from(
    ["the", "The", "a", "an", "AN", "Ada", "ada", "2.5", "wrote", "it's", "--", "(x)", "theory", "é"]
)
texts = st.one_of(
    st.lists(words, max_size=8).map(" ".join),
    st.text(alphabet="aAnthe .,'-2é\n\t“”", max_size=20),
)


def normalise(text):
    """Lower case, then no ASCII punctuation, then each article between word boundaries a space, then single spaces."""
    letters = "".join(letter for letter in text.lower() if letter not in set(string.punctuation))
    pieces, piece = [], ""
    for letter in letters + "\0":
        if letter.isalnum() or letter == "_":
            piece += letter
            continue
        pieces += [" " if piece in ("a", "an", "the") else piece, letter]
        piece = ""
    return " ".join("".join(pieces).replace("\0", "").split())


def f1_by_pairing(prediction, truth):
    """Pair off equal tokens one by one."""
    said, left = normalise(prediction).split(), normalise(truth).split()
    if not said or not left:
        return float(said == left)
    wanted, paired = len(left), 0
    for token in said:
        if token in left:
            left.remove(token)
            paired += 1
    return 2 * paired / (len(said) + wanted)


@settings(max_examples=500, deadline=None)
@given(texts, st.lists(texts, min_size=1, max_size=3))
def test_both_scores_equal_a_second_implementation(text, answers):
    assert exact_match(text, answers=answers) == max(float(normalise(text) == normalise(one)) for one in answers)
    assert token_f1(text, answers=answers) == pytest.approx(max(f1_by_pairing(text, one) for one in answers), abs=1e-9)


@pytest.mark.parametrize(
    ("text", "answer", "match", "f1"),
    [
        ("The Denver Broncos!", "denver broncos", 1.0, 1.0),
        ("Denver", "Denver Broncos", 0.0, 2 / 3),
        ("It was in 1950, on Monday", "1950", 0.0, 2 / 7),
        ("the", "a", 1.0, 1.0),
        ("the", "Denver", 0.0, 0.0),
        ("gold gold", "gold", 0.0, 2 / 3),
    ],
)
def test_known_cases(text, answer, match, f1):
    assert exact_match(text, answers=[answer]) == match
    assert token_f1(text, answers=[answer]) == pytest.approx(f1)


@given(texts, texts)
def test_f1_is_symmetric_and_one_where_the_match_is_exact(text, answer):
    f1 = token_f1(text, answers=[answer])
    assert 0 <= f1 <= 1
    assert f1 == pytest.approx(token_f1(answer, answers=[text]))
    assert f1 == 1 or not exact_match(text, answers=[answer])


def test_articles_are_whole_words():
    assert squad_tokens("A theory of an ant, the") == ["theory", "of", "ant"]
