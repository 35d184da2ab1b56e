"""Exact match and token F1 as SQuAD's evaluation script computes them.

Source: Rajpurkar et al., "SQuAD: 100,000+ Questions for Machine Comprehension of Text", EMNLP 2016.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def squad_tokens(text: str) -> list[str]:
    """Normalise a text to the tokens that SQuAD compares: lower case, without punctuation and articles."""
    return _ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split()


def exact_match(text: str, *, answers: Sequence[str]) -> float:
    """Tell whether a text is one of the accepted answers after normalisation: 1 or 0.

    Args:
        text: The answer.
        answers: At least one.
    """
    tokens = squad_tokens(text)
    return float(any(tokens == squad_tokens(answer) for answer in answers))


def token_f1(text: str, *, answers: Sequence[str]) -> float:
    """Compute the best F1 of a text's tokens against an accepted answer's.

    Args:
        text: The answer.
        answers: At least one.

    Returns:
        A value in 0..1; where one of the two has no token left, 1 if neither has.
    """
    return max(_f1(squad_tokens(text), squad_tokens(answer)) for answer in answers)


def _f1(tokens: Sequence[str], wanted: Sequence[str]) -> float:
    if not tokens or not wanted:
        return float(list(tokens) == list(wanted))
    shared = sum((Counter(tokens) & Counter(wanted)).values())
    if not shared:
        return 0.0
    precision, recall = shared / len(tokens), shared / len(wanted)
    return 2 * precision * recall / (precision + recall)
