"""The registry of metrics: what each one reads of a question, and the statistic that turns questions into a value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from evals import rankings
from evals.facts import AnswerFacts, Judgement, RetrievalFacts, Scored
from evals.statistics import Points, Statistic, auroc, calibration_error, quantile, ratio, risk_coverage_area

Point = tuple[float, ...] | None
"""What a metric reads of one question; None where it does not apply."""


TIMED_STAGES = ("retrieval", "evidence", "generation")
"""As `assistant.types.Timings` names them."""


class Unit(StrEnum):
    """What a metric's value is in."""

    SHARE = "share"
    WORDS = "words"
    SENTENCES = "sentences"
    TOKENS = "tokens"
    MILLISECONDS = "ms"


class Stage(StrEnum):
    """The part of the way from question to answer that a metric looks at, in its order."""

    RETRIEVAL = "retrieval"
    ANSWERING = "answering"
    CITATIONS = "citations"
    ABSTENTION = "abstention"
    COST = "cost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric over any group of questions."""

    name: str
    stage: Stage
    read: Callable[[Scored], Point]
    statistic: Statistic = ratio
    unit: Unit = Unit.SHARE
    higher_is_better: bool | None = True
    """None where neither direction is better."""
    counts_things: bool = False
    """Whether the second column counts quotes or citations rather than questions; it is then the n."""

    def points(self, scored: Sequence[Scored]) -> tuple[Points, list[int]]:
        """Read the questions that the metric applies to.

        Args:
            scored: Any questions.

        Returns:
            One row each, shape (applicable, columns), and which of the questions they are.
        """
        read = [(index, point) for index, point in enumerate(map(self.read, scored)) if point is not None]
        rows = np.array([point for _, point in read], dtype=np.float64)
        return rows, [index for index, _ in read]


def _asked(read: Callable[[Judgement], Point]) -> Callable[[Scored], Point]:
    return lambda scored: read(scored.judgement) if scored.judgement.not_scored is None else None


def _of_ranking(read: Callable[[RetrievalFacts], float]) -> Callable[[Scored], Point]:
    return _asked(lambda judged: (read(judged.retrieval), 1.0) if judged.retrieval else None)


def _of_quotes(k: int) -> Callable[[Scored], Point]:
    def read(judged: Judgement) -> Point:
        if judged.retrieval is None:
            return None
        items = judged.retrieval.items
        return rankings.recall_at_k(items, k=k) * len(items), float(len(items))

    return _asked(read)


def _of_tokens(denominator: Callable[[RetrievalFacts], int]) -> Callable[[Scored], Point]:
    def read(judged: Judgement) -> Point:
        facts = judged.retrieval
        return (float(facts.shared_tokens), float(denominator(facts))) if facts and facts.evidence_tokens else None

    return _asked(read)


def _of_answer(read: Callable[[AnswerFacts], Point]) -> Callable[[Scored], Point]:
    return _asked(lambda judged: read(judged.answer) if judged.answer and not judged.catalog_reply else None)


def _one(value: float | None) -> Point:
    return None if value is None else (float(value), 1.0)


def _right(judged: Judgement) -> Point:
    """An abstention from an answerable question is not right; what has no accepted answer is not scored."""
    if not judged.answerable or (judged.answer and judged.answer.right is None):
        return None
    return _one(judged.answer is not None and bool(judged.answer.right))


def _cites_gold(judged: Judgement) -> Point:
    answer = judged.answer
    return (float(answer.quotes_cited), float(judged.quotes)) if answer and judged.quotes else None


def _abstention_f1(judged: Judgement) -> Point:
    """Of (2 × right abstentions, abstentions + unanswerable questions)."""
    if judged.abstained and not judged.answerable:
        return 2.0, 2.0
    return 0.0, float(judged.abstained or not judged.answerable)


def _answered_with_signal(judged: Judgement) -> Point:
    if judged.answer is None or judged.answer.right is None or judged.signal is None:
        return None
    signal = judged.signal if judged.confidence is None else judged.confidence
    return signal, float(not judged.answer.right)


def _separated(judged: Judgement) -> Point:
    signal = judged.signal if judged.confidence is None else judged.confidence
    return None if signal is None else (signal, float(judged.answerable))


def _calibrated(judged: Judgement) -> Point:
    if judged.confidence is None or judged.answer is None or judged.answer.right is None:
        return None
    return judged.confidence, float(judged.answer.right)


def _milliseconds(stage: str | None) -> Callable[[Scored], Point]:
    def read(scored: Scored) -> Point:
        if scored.timing is None or scored.judgement.not_scored is not None:
            return None
        return (scored.timing.total,) if stage is None else (scored.timing.stages.get(stage, 0.0),)

    return read


def _latency(name: str, share: float, stage: str | None = None) -> Metric:
    return Metric(
        name=name,
        stage=Stage.COST,
        read=_milliseconds(stage),
        statistic=quantile(share),
        unit=Unit.MILLISECONDS,
        higher_is_better=False,
    )


RETRIEVAL = (
    Metric(name="recall@5 of quotes", stage=Stage.RETRIEVAL, read=_of_quotes(5), counts_things=True),
    Metric(name="recall@10 of quotes", stage=Stage.RETRIEVAL, read=_of_quotes(10), counts_things=True),
    Metric(
        name="all evidence@5",
        stage=Stage.RETRIEVAL,
        read=_of_ranking(lambda facts: rankings.all_at_k(facts.items, k=5)),
    ),
    Metric(
        name="evidence read",
        stage=Stage.RETRIEVAL,
        read=_asked(
            lambda judged: (
                (float(judged.quotes_read), float(judged.quotes))
                if judged.quotes and not judged.catalog_reply
                else None
            )
        ),
        counts_things=True,
    ),
    Metric(
        name="precision@5",
        stage=Stage.RETRIEVAL,
        read=_of_ranking(lambda facts: rankings.precision_at_k(facts, k=5)),
    ),
    Metric(name="MRR@10", stage=Stage.RETRIEVAL, read=_of_ranking(lambda facts: rankings.reciprocal_rank(facts, k=10))),
    Metric(
        name="nDCG@10",
        stage=Stage.RETRIEVAL,
        read=_of_ranking(lambda facts: rankings.ndcg_at_k(facts.items, k=10)),
    ),
    Metric(name="token recall@5", stage=Stage.RETRIEVAL, read=_of_tokens(lambda facts: facts.evidence_tokens)),
    Metric(name="token precision@5", stage=Stage.RETRIEVAL, read=_of_tokens(lambda facts: facts.passage_tokens)),
    Metric(
        name="token IoU@5",
        stage=Stage.RETRIEVAL,
        read=_of_tokens(lambda facts: facts.evidence_tokens + facts.passage_tokens - facts.shared_tokens),
    ),
)
ANSWERING = (
    Metric(name="answered right", stage=Stage.ANSWERING, read=_asked(_right)),
    Metric(
        name="right of those answered",
        stage=Stage.ANSWERING,
        read=_asked(lambda judged: _right(judged) if judged.answer else None),
    ),
    Metric(
        name="evidence chosen",
        stage=Stage.ANSWERING,
        read=_asked(
            lambda judged: (
                (float(min(judged.answer.quotes_cited, judged.quotes_read)), float(judged.quotes_read))
                if judged.answer and judged.quotes_read
                else None
            )
        ),
        counts_things=True,
    ),
    Metric(name="exact match", stage=Stage.ANSWERING, read=_of_answer(lambda answer: _one(answer.exact_match))),
    Metric(name="token F1", stage=Stage.ANSWERING, read=_of_answer(lambda answer: _one(answer.token_f1))),
    Metric(
        name="answer on gold evidence",
        stage=Stage.ANSWERING,
        read=_of_answer(
            lambda answer: (
                (float(answer.characters_on_gold), float(answer.characters_cited)) if answer.characters_cited else None
            )
        ),
    ),
    Metric(
        name="words per answer",
        stage=Stage.ANSWERING,
        read=_of_answer(lambda answer: _one(answer.words)),
        unit=Unit.WORDS,
        higher_is_better=None,
    ),
    Metric(
        name="sentences per answer",
        stage=Stage.ANSWERING,
        read=_of_answer(lambda answer: _one(answer.sentences)),
        unit=Unit.SENTENCES,
        higher_is_better=None,
    ),
)
CITATIONS = (
    Metric(
        name="citations valid",
        stage=Stage.CITATIONS,
        read=_of_answer(lambda answer: (float(answer.citations_valid), float(answer.citations))),
        counts_things=True,
    ),
    Metric(
        name="sentences cited",
        stage=Stage.CITATIONS,
        read=_of_answer(lambda answer: (float(answer.sentences_cited), float(answer.sentences))),
        counts_things=True,
    ),
    Metric(
        name="citation precision",
        stage=Stage.CITATIONS,
        read=_asked(
            lambda judged: (
                (float(judged.answer.citations_on_gold), float(judged.answer.citations))
                if judged.answer and judged.quotes
                else None
            )
        ),
        counts_things=True,
    ),
    Metric(name="citation recall", stage=Stage.CITATIONS, read=_asked(_cites_gold), counts_things=True),
)
ABSTENTION = (
    Metric(
        name="wrongly abstained",
        stage=Stage.ABSTENTION,
        read=_asked(lambda judged: _one(judged.abstained) if judged.answerable else None),
        higher_is_better=False,
    ),
    Metric(
        name="abstention recall",
        stage=Stage.ABSTENTION,
        read=_asked(lambda judged: None if judged.answerable else _one(judged.abstained)),
    ),
    Metric(
        name="abstention precision",
        stage=Stage.ABSTENTION,
        read=_asked(lambda judged: _one(not judged.answerable) if judged.abstained else None),
    ),
    Metric(name="abstention F1", stage=Stage.ABSTENTION, read=_asked(_abstention_f1)),
    Metric(name="AUROC of answerable", stage=Stage.ABSTENTION, read=_asked(_separated), statistic=auroc),
    Metric(
        name="risk-coverage area",
        stage=Stage.ABSTENTION,
        read=_asked(_answered_with_signal),
        statistic=risk_coverage_area,
        higher_is_better=False,
    ),
    Metric(
        name="calibration error",
        stage=Stage.ABSTENTION,
        read=_asked(_calibrated),
        statistic=calibration_error,
        higher_is_better=False,
    ),
)
COST = (
    Metric(
        name="tokens read",
        stage=Stage.COST,
        read=_asked(lambda judged: None if judged.catalog_reply else _one(judged.tokens_read)),
        unit=Unit.TOKENS,
        higher_is_better=False,
    ),
)
LATENCIES = (
    _latency("latency p50", 0.5),
    _latency("latency p95", 0.95),
    *(_latency(f"{stage} p{share}", share / 100, stage) for stage in TIMED_STAGES for share in (50, 95)),
)
METRICS = RETRIEVAL + ANSWERING + CITATIONS + ABSTENTION + COST
"""Those that are the same for the same answers."""
EVERY = METRICS + LATENCIES
