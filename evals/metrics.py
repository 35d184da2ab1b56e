"""The registry of metrics: what each one reads of a question, and the statistic that turns questions into a value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from evals import rankings
from evals.facts import RetrievalFacts, Scored
from evals.points import (
    Point,
    abstention_f1,
    answered_with_signal,
    asked,
    calibrated,
    cites_gold,
    milliseconds,
    of_answer,
    of_quotes,
    of_ranking,
    of_tokens,
    one,
    right,
    separated,
    with_abstentions,
)
from evals.statistics import Points, Quantile, Statistic, auroc, calibration_error, ratio, risk_coverage_area

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
    has_interval: bool = True
    """Whether an interval of it can be trusted: that of the calibration error holds the truth in 73 to 87 of 100 cases
    (`python -m evals.benches coverage`), so none is shown."""
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


def _recall_at(k: int) -> Callable[[RetrievalFacts], float]:
    return lambda facts: rankings.recall_at_k(facts.items, k=k)


def _latency(name: str, share: float, stage: str | None = None) -> Metric:
    return Metric(
        name=name,
        stage=Stage.COST,
        read=milliseconds(stage),
        statistic=Quantile(share),
        unit=Unit.MILLISECONDS,
        higher_is_better=False,
    )


RETRIEVAL = (
    Metric(name="recall@5 of quotes", stage=Stage.RETRIEVAL, read=of_quotes(5), counts_things=True),
    Metric(name="recall@10 of quotes", stage=Stage.RETRIEVAL, read=of_quotes(10), counts_things=True),
    *(
        Metric(
            name=f"recall@{k} per question",
            stage=Stage.RETRIEVAL,
            read=of_ranking(_recall_at(k)),
        )
        for k in (5, 10)
    ),
    Metric(
        name="all evidence@5",
        stage=Stage.RETRIEVAL,
        read=of_ranking(lambda facts: rankings.all_at_k(facts.items, k=5)),
    ),
    Metric(
        name="evidence read",
        stage=Stage.RETRIEVAL,
        read=asked(
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
        read=of_ranking(lambda facts: rankings.precision_at_k(facts, k=5)),
    ),
    Metric(name="MRR@10", stage=Stage.RETRIEVAL, read=of_ranking(lambda facts: rankings.reciprocal_rank(facts, k=10))),
    Metric(
        name="nDCG@10",
        stage=Stage.RETRIEVAL,
        read=of_ranking(lambda facts: rankings.ndcg_at_k(facts.items, k=10)),
    ),
    Metric(name="token recall@5", stage=Stage.RETRIEVAL, read=of_tokens(lambda facts: facts.evidence_tokens)),
    Metric(name="token precision@5", stage=Stage.RETRIEVAL, read=of_tokens(lambda facts: facts.passage_tokens)),
    Metric(
        name="token IoU@5",
        stage=Stage.RETRIEVAL,
        read=of_tokens(lambda facts: facts.evidence_tokens + facts.passage_tokens - facts.shared_tokens),
    ),
)
ANSWERING = (
    Metric(name="answered right", stage=Stage.ANSWERING, read=asked(right)),
    Metric(
        name="right of those answered",
        stage=Stage.ANSWERING,
        read=asked(lambda judged: right(judged) if judged.answer else None),
    ),
    Metric(
        name="evidence chosen",
        stage=Stage.ANSWERING,
        read=asked(
            lambda judged: (
                (float(min(judged.answer.quotes_cited, judged.quotes_read)), float(judged.quotes_read))
                if judged.answer and judged.quotes_read
                else None
            )
        ),
        counts_things=True,
    ),
    Metric(name="exact match", stage=Stage.ANSWERING, read=of_answer(lambda answer: one(answer.exact_match))),
    Metric(name="token F1", stage=Stage.ANSWERING, read=of_answer(lambda answer: one(answer.token_f1))),
    Metric(
        name="exact match, abstentions counted",
        stage=Stage.ANSWERING,
        read=asked(with_abstentions(lambda answer: answer.exact_match)),
    ),
    Metric(
        name="token F1, abstentions counted",
        stage=Stage.ANSWERING,
        read=asked(with_abstentions(lambda answer: answer.token_f1)),
    ),
    Metric(
        name="answer on gold evidence",
        stage=Stage.ANSWERING,
        read=of_answer(
            lambda answer: (
                (float(answer.characters_on_gold), float(answer.characters_cited)) if answer.characters_cited else None
            )
        ),
    ),
    Metric(
        name="words per answer",
        stage=Stage.ANSWERING,
        read=of_answer(lambda answer: one(answer.words)),
        unit=Unit.WORDS,
        higher_is_better=None,
    ),
    Metric(
        name="sentences per answer",
        stage=Stage.ANSWERING,
        read=of_answer(lambda answer: one(answer.sentences)),
        unit=Unit.SENTENCES,
        higher_is_better=None,
    ),
)
CITATIONS = (
    Metric(
        name="citations valid",
        stage=Stage.CITATIONS,
        read=of_answer(lambda answer: (float(answer.citations_valid), float(answer.citations))),
        counts_things=True,
    ),
    Metric(
        name="sentences cited",
        stage=Stage.CITATIONS,
        read=of_answer(lambda answer: (float(answer.sentences_cited), float(answer.sentences))),
        counts_things=True,
    ),
    Metric(
        name="citation precision",
        stage=Stage.CITATIONS,
        read=asked(
            lambda judged: (
                (float(judged.answer.citations_on_gold), float(judged.answer.citations))
                if judged.answer and judged.quotes
                else None
            )
        ),
        counts_things=True,
    ),
    Metric(name="citation recall", stage=Stage.CITATIONS, read=asked(cites_gold), counts_things=True),
)
ABSTENTION = (
    Metric(
        name="wrongly abstained",
        stage=Stage.ABSTENTION,
        read=asked(lambda judged: one(judged.abstained) if judged.answerable else None),
        higher_is_better=False,
    ),
    Metric(
        name="abstention recall",
        stage=Stage.ABSTENTION,
        read=asked(lambda judged: None if judged.answerable else one(judged.abstained)),
    ),
    Metric(
        name="abstention precision",
        stage=Stage.ABSTENTION,
        read=asked(lambda judged: one(not judged.answerable) if judged.abstained else None),
    ),
    Metric(name="abstention F1", stage=Stage.ABSTENTION, read=asked(abstention_f1)),
    Metric(name="AUROC of answerable", stage=Stage.ABSTENTION, read=asked(separated), statistic=auroc),
    Metric(
        name="risk-coverage area",
        stage=Stage.ABSTENTION,
        read=asked(answered_with_signal),
        statistic=risk_coverage_area,
        higher_is_better=False,
    ),
    Metric(
        name="calibration error",
        stage=Stage.ABSTENTION,
        read=asked(calibrated),
        statistic=calibration_error,
        higher_is_better=False,
        has_interval=False,
    ),
)
COST = (
    Metric(
        name="tokens read",
        stage=Stage.COST,
        read=asked(lambda judged: None if judged.catalog_reply else one(judged.tokens_read)),
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
