"""The few words of an answer that are what was asked for, where that can be told."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from assistant.evidence import ScoredSentence
from assistant.questions import AnswerType, Question, holds_type
from assistant.types import Span

WEIGHTS: Mapping[str, float] = {"reader_span": 0.3, "reader_answers": 0.3}
INTERCEPT = -2.0
"""A logistic regression of "the words are right", fitted by `evals/fit_answering.py`."""
BAR = 0.75
"""How probably right the words have to be."""
_LONGEST_SHARE = 0.7
"""Of a sentence's characters: what is longer says no less than the sentence itself."""
_EDGES = " \t\n.,;:!?()[]\"“”'‘’—–-"


def choose_short_answer(question: Question, chosen: Sequence[ScoredSentence]) -> str | None:
    """Find the words of an answer that are what was asked for.

    Args:
        question: What is asked.
        chosen: The sentences of the answer.

    Returns:
        An exact part of the best of them. None without a reader, for a question that wants several things or a
        reason, where the words are not of the kind that is asked for, and where they are too unlikely to be right.
    """
    read = [found for found in chosen if found.answer is not None]
    if not read or not asks_for_one_thing(question):
        return None
    best = min(read, key=lambda found: (-found.score, found.place))
    words = read_words(question, best)
    return words if words and score(best) >= BAR else None


def asks_for_one_thing(question: Question) -> bool:
    """Tell whether a few words can answer: not several things, and not a reason."""
    several = question.wants_list or question.parts > 1 or question.sides
    return not several and question.answer_type is not AnswerType.REASON


def read_words(question: Question, found: ScoredSentence) -> str | None:
    """Give the reader's words in a sentence; None where they say no less than it, or are not what is asked for."""
    words = answer_words(found)
    if not words or len(words) > _LONGEST_SHARE * len(found.text) or holds_type(question, words) is False:
        return None
    return words


def answer_words(found: ScoredSentence) -> str:
    """Cut the reader's answer out of its sentence, widened to whole words, without marks at its ends."""
    if found.answer is None:
        return ""
    start = found.stored.sentence.start
    span = _widened(found.text, Span(start=max(0, found.answer.start - start), end=found.answer.end - start))
    return found.text[span.start : span.end].strip(_EDGES)


def score(found: ScoredSentence) -> float:
    """Tell how probably the reader's words are right, in 0..1."""
    logit = INTERCEPT + sum(weight * getattr(found.signals, name) for name, weight in WEIGHTS.items())
    return 1 / (1 + math.exp(-logit))


def _widened(text: str, span: Span) -> Span:
    start, end = span.start, min(span.end, len(text))
    while start > 0 and text[start].isalnum() and text[start - 1].isalnum():
        start -= 1
    while 0 < end < len(text) and text[end - 1].isalnum() and text[end].isalnum():
        end += 1
    return Span(start=start, end=max(start, end))
