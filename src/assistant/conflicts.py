"""Documents that answer one question differently: all are shown, none is blended away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.evidence import ScoredSentence
from assistant.questions import Question
from assistant.short_answers import fitting_words
from assistant.terms import stems
from assistant.types import Statement

BARS: Mapping[str, float] = {"reader_span": 0.0, "reader_answers": 2.0}
"""What the reader has to make of each document's sentence, in logits."""
MARGIN = 4.0
"""A document's sentence this much below the best one is no answer of its own; on the scale of `READ_WEIGHTS`."""
MOST = 3
"""Different answers that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """What one document answers where another one answers otherwise."""

    sentence: ScoredSentence
    words: str
    """The exact part of the sentence that is the answer."""


def find_conflict(question: Question, sentences: Sequence[ScoredSentence]) -> tuple[Differing, ...]:
    """Find documents that answer differently.

    Args:
        question: What is asked.
        sentences: Scored, best first.

    Returns:
        One for each different answer, best first; empty where the documents agree, where fewer than two of them
        answer, and for a question that several things may answer. What is said of Chang'e 6 does not contradict
        what is said of Chang'e 5.
    """
    different: list[Differing] = []
    heard: set[str] = set()
    for found in sentences:
        document_id = found.passage.document_id
        if document_id in heard or found.signals.rival or found.score < sentences[0].score - MARGIN:
            continue
        if not _is_sure(found):
            continue
        words = fitting_words(question, found)
        if not words:
            continue
        heard.add(document_id)
        if not any(_agree(words, other.words) for other in different):
            different.append(Differing(sentence=found, words=words))
    return tuple(different[:MOST]) if len(different) > 1 else ()


def conflicts_in(
    chosen: Sequence[ScoredSentence], disagreeing: Sequence[Differing]
) -> tuple[tuple[Statement, ...], ...]:
    """Say which sentences of an answer disagree.

    Args:
        chosen: The answer's sentences, cited from 1 in this order.
        disagreeing: From `find_conflict`; what found no room in the answer is left out.
    """
    markers = {found.place: marker for marker, found in enumerate(chosen, start=1)}
    shown = tuple(
        Statement(words=differing.words, citation=markers[differing.sentence.place])
        for differing in disagreeing
        if differing.sentence.place in markers
    )
    return (shown,) if len(shown) > 1 else ()


def _is_sure(found: ScoredSentence) -> bool:
    return found.read and all(getattr(found.signals, name) >= bar for name, bar in BARS.items())


def _agree(one: str, other: str) -> bool:
    """Tell whether two answers may mean the same: numbers by their digits, all else by any word they share."""
    first, second = set(stems(one)), set(stems(other))
    numbers = [{stem for stem in side if any(map(str.isdigit, stem))} for side in (first, second)]
    if all(numbers):
        return bool(numbers[0] & numbers[1])
    return bool(first & second) or not first or not second
