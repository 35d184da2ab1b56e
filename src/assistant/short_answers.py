"""The few words of an answer that are what was asked for, where that can be told."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.evidence import ScoredSentence
from assistant.questions import AnswerType, Question, holds_type
from assistant.terms import stems
from assistant.types import Span

BAR = 0.7
"""How probably right the words have to be."""
_LONGEST_SHARE = 0.7
"""Of a sentence's characters: what is longer says no less than the sentence itself."""
_FARTHEST = 6.0
"""On the scale of `evidence_signals.READ_WEIGHTS`."""
_EDGES = " \t\n.,;:!?()[]\"“”'‘’—–-"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortAnswerSignals:
    """What tells whether the words are right."""

    span: float
    """The reader's best words in the sentence, less those of the passage holding none."""
    answers: float
    """Whether the passage holds the answer, by the reader."""
    sentence: float
    """Whether the sentence does, by the reader."""
    lead: float
    """How far the sentence is ahead of the next best one whose words are others; at most `_FARTHEST`."""
    length: float
    """Words, as a share of ten."""


WEIGHTS: Mapping[str, float] = {"span": 0.06, "answers": -0.03, "sentence": 0.17, "lead": 0.14, "length": -1.61}
INTERCEPT = -0.8
"""A logistic regression of "the words are right" (token F1 of at least 0.5 with an accepted answer) on development
questions that the reader did not learn from: `evals/fit_answering.py` (docs/decisions/018)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadWords:
    """The reader's words in the best sentence."""

    text: str
    signals: ShortAnswerSignals

    @property
    def probability(self) -> float:
        """How probably they are right, in 0..1."""
        logit = INTERCEPT + sum(weight * getattr(self.signals, name) for name, weight in WEIGHTS.items())
        return 1 / (1 + math.exp(-logit))


def choose_short_answer(
    question: Question, sentences: Sequence[ScoredSentence], chosen: Sequence[ScoredSentence]
) -> str | None:
    """Find the words of an answer that are what was asked for.

    Args:
        question: What is asked.
        sentences: All that were scored, best first.
        chosen: The sentences of the answer.

    Returns:
        An exact part of the best sentence, if that is in the answer. None without a reader, for a question that wants
        several things or a reason, where the words are not of the kind that is asked for, and where they are too
        unlikely to be right.
    """
    if not sentences or not any(found.place == sentences[0].place for found in chosen):
        return None
    words = read_words(question, sentences)
    return words.text if words and words.probability >= BAR else None


def read_words(question: Question, sentences: Sequence[ScoredSentence]) -> ReadWords | None:
    """Measure the reader's words in the best sentence.

    Args:
        question: What is asked.
        sentences: Scored, best first, at least one.

    Returns:
        None where few words can't answer, and where those of the reader say no less than the sentence or are not of
        the kind that is asked for.
    """
    best = sentences[0]
    words = fitting_words(question, best)
    if not words:
        return None
    said = frozenset(stems(words))
    others = [found for found in sentences[1:] if said.isdisjoint(stems(answer_words(found)))]
    return ReadWords(
        text=words,
        signals=ShortAnswerSignals(
            span=best.signals.reader_span,
            answers=best.signals.reader_answers,
            sentence=best.signals.reader_sentence,
            lead=min(_FARTHEST, best.score - others[0].score) if others else _FARTHEST,
            length=len(words.split()) / 10,
        ),
    )


def fitting_words(question: Question, found: ScoredSentence) -> str:
    """Give the reader's words in a sentence; empty where few words can't answer, or where these are no answer by form.

    Args:
        question: What is asked: one thing, and no reason.
        found: A sentence of a passage that was read.
    """
    words = answer_words(found)
    if not words or not _asks_for_one_thing(question) or len(words) > _LONGEST_SHARE * len(found.text):
        return ""
    return "" if holds_type(question, words) is False else words


def answer_words(found: ScoredSentence) -> str:
    """Cut the reader's answer out of its sentence, widened to whole words, without marks at its ends."""
    if found.answer is None:
        return ""
    start = found.stored.sentence.start
    span = _widened(found.text, Span(start=max(0, found.answer.start - start), end=found.answer.end - start))
    return found.text[span.start : span.end].strip(_EDGES)


def _asks_for_one_thing(question: Question) -> bool:
    several = question.wants_list or question.parts > 1 or question.sides
    return not several and question.answer_type is not AnswerType.REASON


def _widened(text: str, span: Span) -> Span:
    start, end = span.start, min(span.end, len(text))
    while start > 0 and text[start].isalnum() and text[start - 1].isalnum():
        start -= 1
    while 0 < end < len(text) and text[end - 1].isalnum() and text[end].isalnum():
        end += 1
    return Span(start=start, end=max(start, end))
