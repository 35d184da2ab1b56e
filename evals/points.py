"""What metrics read of one question: a row of numbers, or None where they don't apply."""

from __future__ import annotations

from collections.abc import Callable

from evals import rankings
from evals.facts import AnswerFacts, Judgement, RetrievalFacts, Scored

Point = tuple[float, ...] | None
"""What a metric reads of one question; None where it does not apply."""


def searched(read: Callable[[Judgement], Point]) -> Callable[[Scored], Point]:
    """Read the facts of every question that was searched for."""
    return lambda scored: read(scored.judgement) if scored.judgement.not_scored is None else None


def asked(read: Callable[[Judgement], Point]) -> Callable[[Scored], Point]:
    """Read the facts of every question that was asked."""
    return searched(lambda judged: None if judged.retrieval_only else read(judged))


def of_ranking(read: Callable[[RetrievalFacts], float]) -> Callable[[Scored], Point]:
    """Read one value of each ranking, to be averaged over questions."""
    return searched(lambda judged: (read(judged.retrieval), 1.0) if judged.retrieval else None)


def of_quotes(k: int) -> Callable[[Scored], Point]:
    """Read how many pieces of evidence are within the first `k` ranks, and how many there are."""

    def read(judged: Judgement) -> Point:
        if judged.retrieval is None:
            return None
        items = judged.retrieval.items
        return rankings.recall_at_k(items, k=k) * len(items), float(len(items))

    return searched(read)


def of_tokens(denominator: Callable[[RetrievalFacts], int]) -> Callable[[Scored], Point]:
    """Read how many words of the first passages are evidence, and a count to divide it by."""

    def read(judged: Judgement) -> Point:
        facts = judged.retrieval
        return (float(facts.shared_tokens), float(denominator(facts))) if facts and facts.evidence_tokens else None

    return searched(read)


def of_answer(read: Callable[[AnswerFacts], Point]) -> Callable[[Scored], Point]:
    """Read the facts of every answer that was read from documents."""
    return asked(lambda judged: read(judged.answer) if judged.answer and not judged.catalog_reply else None)


def one(value: float | None) -> Point:
    """Make a row of a value that is averaged over questions."""
    return None if value is None else (float(value), 1.0)


def right(judged: Judgement) -> Point:
    """An abstention from an answerable question is not right; what has no accepted answer is not scored."""
    if not judged.answerable or (judged.answer and judged.answer.right is None):
        return None
    return one(judged.answer is not None and bool(judged.answer.right))


def cites_gold(judged: Judgement) -> Point:
    """Read how many pieces of evidence an answer cites, and how many there are."""
    answer = judged.answer
    return (float(answer.quotes_cited), float(judged.quotes)) if answer and judged.quotes else None


def with_abstentions(read: Callable[[AnswerFacts], float | None]) -> Callable[[Judgement], Point]:
    """Score an answer by SQuAD 2.0's rule: where there is no answer, abstaining is right, and nothing else is."""

    def point(judged: Judgement) -> Point:
        if not judged.answerable:
            return one(judged.answer is None)
        return one(0.0 if judged.answer is None else read(judged.answer))

    return point


def abstention_f1(judged: Judgement) -> Point:
    """Of (2 × right abstentions, abstentions + unanswerable questions)."""
    if judged.abstained and not judged.answerable:
        return 2.0, 2.0
    return 0.0, float(judged.abstained or not judged.answerable)


def answered_with_signal(judged: Judgement) -> Point:
    """Read the confidence of an answer, without a calibration its evidence score, and 1 if it is wrong."""
    if judged.answer is None or judged.answer.right is None or judged.signal is None:
        return None
    signal = judged.signal if judged.confidence is None else judged.confidence
    return signal, float(not judged.answer.right)


def separated(judged: Judgement) -> Point:
    """Read the evidence score of a question, and 1 if it has an answer: confidence is of another event, a right one."""
    return None if judged.signal is None else (judged.signal, float(judged.answerable))


def calibrated(judged: Judgement) -> Point:
    """Read the confidence of an answer, and 1 if it is right."""
    if judged.confidence is None or judged.answer is None or judged.answer.right is None:
        return None
    return judged.confidence, float(judged.answer.right)


def milliseconds(stage: str | None) -> Callable[[Scored], Point]:
    """Read the wall time of a stage; None for the whole question."""

    def read(scored: Scored) -> Point:
        if scored.timing is None or scored.judgement.not_scored is not None:
            return None
        if stage is None:
            return (scored.timing.total,)
        if scored.judgement.retrieval_only and stage not in scored.timing.stages:
            return None
        return (scored.timing.stages.get(stage, 0.0),)

    return read
