"""When not to answer, and how to say why."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.evidence import ScoredSentence, TermWeights
from assistant.questions import AnswerType, Question
from assistant.terms import stems
from assistant.types import Abstention, Passage

READ_FOR_TYPE = 3
"""Best sentences of which one has to hold the kind of thing that is asked for."""
_DECIMALS = 6
_MOST_NAMED = 4
_LACKING: Mapping[AnswerType, str] = {
    AnswerType.PERSON: "who",
    AnswerType.PLACE: "where",
    AnswerType.DATE: "when",
    AnswerType.DURATION: "how long",
    AnswerType.MONEY: "how much money",
    AnswerType.PERCENT: "what share",
    AnswerType.MEASURE: "how much",
    AnswerType.COUNT: "how many",
    AnswerType.REASON: "why",
}
"""What a sentence would say that holds the kind of thing that is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerabilitySignals:
    """What tells whether the passages hold an answer at all."""

    cosine: float
    """Similarity of the best sentence and the question."""
    passage_cosine: float
    """Of the nearest passage and the question."""
    context_coverage: float
    """Share of the question's terms, weighted by rarity, in the best sentence's passage with title and section."""
    names_missing: float
    """Share of the question's names and numbers that the best sentence's passage lacks."""
    type_missing: float
    """1 if a kind of thing is asked for that none of the best sentences holds."""
    reader_answers: float = 0.0
    """The reader's highest logit of "holds the answer" among the passages; 0 without a reader."""
    reader_span: float = 0.0
    """The reader's best short answer in any sentence, less that of there being none; 0 without a reader."""


WEIGHTS: Mapping[str, float] = {
    "cosine": 3.44,
    "passage_cosine": 2.53,
    "context_coverage": 0.99,
    "names_missing": -0.59,
    "type_missing": -0.71,
}
INTERCEPT = -2.58
"""A logistic regression of "has an answer" on the development questions that `evals/fit_answering.py` names, each set
and class weighing the same. Its own intercept was -3.58: it is raised by 1, so that a score of 0.5, where the default
setting abstains, refuses about an eighth of the answerable development questions of the starter set, not a third."""

READ_WEIGHTS: Mapping[str, float] = {
    "cosine": 2.03,
    "passage_cosine": 1.37,
    "context_coverage": 0.38,
    "names_missing": 0.34,
    "type_missing": -0.43,
    "reader_answers": 0.16,
    "reader_span": 0.06,
}
READ_INTERCEPT = -0.73
"""The same where the reader has read the passages, on questions that it did not learn from. Its own intercept was
-1.93: raised by 1.2, for the same reason (docs/decisions/018)."""


def measure(sentences: Sequence[ScoredSentence], passages: Sequence[Passage]) -> AnswerabilitySignals:
    """Measure what tells whether there is an answer.

    Args:
        sentences: Scored, best first, at least one.
        passages: What was retrieved.
    """
    best = sentences[0].signals
    types = [found.signals.answer_type for found in sentences[:READ_FOR_TYPE]]
    return AnswerabilitySignals(
        cosine=best.cosine,
        passage_cosine=max(passage.signals.dense or 0.0 for passage in passages),
        context_coverage=best.context_coverage,
        names_missing=best.names_missing,
        type_missing=float(max(types) < 0),
        reader_answers=max(found.signals.reader_answers for found in sentences),
        reader_span=max(found.signals.reader_span for found in sentences),
    )


def score(signals: AnswerabilitySignals, *, read: bool = False) -> float:
    """Combine the signals by a logistic function: in 0..1, higher means rather an answer. Not calibrated.

    Args:
        signals: As measured.
        read: Whether the reader had a part in them.
    """
    weights, intercept = (READ_WEIGHTS, READ_INTERCEPT) if read else (WEIGHTS, INTERCEPT)
    logit = intercept + sum(weight * getattr(signals, name) for name, weight in weights.items())
    return round(1 / (1 + math.exp(-logit)), _DECIMALS)


def explain(
    question: Question, passages: Sequence[Passage], weights: TermWeights, *, kind_missing: bool = False
) -> Abstention:
    """Say why there is no answer.

    Args:
        question: What was asked.
        passages: The nearest.
        weights: Of the question's terms.
        kind_missing: Whether none of the best sentences holds the kind of thing that is asked for.

    Returns:
        A reason that tells a subject that the documents never name, names that they never bring together, and a
        subject of which they say something else.
    """
    if not passages:
        return Abstention(reason="No document matches the filter, so there was nothing to read.")
    absent = _texts(question, weights.absent)
    read = frozenset(stem for passage in passages for stem in _stems_of(passage))
    unread = _texts(question, question.stems - read)
    known = _texts(question, question.stems & read)
    if absent and (len(absent) == len(question.terms) or not known):
        return Abstention(reason=f"Nothing in the documents speaks of {_named(absent)}.", missing_terms=absent)
    if apart := _apart(question, passages):
        return Abstention(
            reason=f"No passage that comes near the question speaks of {_named(apart, joined='and')} together: it may "
            "rest on something that the documents don't say.",
            missing_terms=absent,
        )
    spoken = _named(known, joined="and") if known else ""
    if absent:
        reason = f"The documents speak of {spoken}, but never mention {_named(absent)}."
        return Abstention(reason=reason, missing_terms=absent)
    if unread and known:
        reason = f"The passages that come nearest speak of {spoken}, but not of {_named(unread)}."
        return Abstention(reason=reason, missing_terms=unread)
    if unread:
        reason = f"No passage that comes near the question speaks of {_named(unread)}."
        return Abstention(reason=reason, missing_terms=unread)
    if known:
        lacking = _LACKING.get(question.answer_type) if kind_missing else None
        wanted = f"near it says {lacking}" if lacking else "was found that answers the question"
        return Abstention(reason=f"The documents speak of {spoken}, but no sentence {wanted}.")
    return Abstention(reason="The question holds no word that could be looked for. Name what you want to know about.")


def _stems_of(passage: Passage) -> list[str]:
    return stems(f"{passage.title}\n{passage.chunk.context}\n{passage.chunk.text}")


def _texts(question: Question, wanted: frozenset[str]) -> tuple[str, ...]:
    return tuple(term.text for term in question.terms if term.stem in wanted)


def _apart(question: Question, passages: Sequence[Passage]) -> tuple[str, ...]:
    """Find the question's names where each is in some passage and all of them are in none."""
    held = [frozenset(_stems_of(passage)) for passage in passages]
    names = question.names
    if len(names) < 2 or not names <= frozenset().union(*held) or any(names <= one for one in held):
        return ()
    return _texts(question, names)


def _named(texts: Sequence[str], *, joined: str = "or") -> str:
    quoted = [f"“{text}”" for text in texts[:_MOST_NAMED]]
    if len(quoted) == 1:
        return quoted[0]
    return f"{', '.join(quoted[:-1])} {joined} {quoted[-1]}"
