"""How good rankings of documents are, by ir-measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ir_measures
import numpy as np
from ir_measures import Qrel, R, ScoredDoc, nDCG

from evals.benchmarks.types import BenchmarkQuestion
from evals.intervals import bootstrap_interval
from evals.peers.record import Quality
from evals.statistics import ratio

MEASURES = (nDCG @ 10, R @ 5)
NAMES = {str(nDCG @ 10): "nDCG@10", str(R @ 5): "recall@5"}


def measure_quality(questions: Sequence[BenchmarkQuestion], rankings: Sequence[Sequence[str]]) -> dict[str, Quality]:
    """Score rankings of documents; a document counts once, at its best chunk.

    Args:
        questions: With their relevant documents.
        rankings: For each question the documents of the chunks that were retrieved, best first.

    Returns:
        By metric: the mean with its 95 % bootstrap interval over questions. A question for which nothing was
        retrieved counts 0.
    """
    qrels = [
        Qrel(question.id, document, grade) for question in questions for document, grade in question.grades.items()
    ]
    run = [
        ScoredDoc(question.id, document, -float(rank))
        for question, ranking in zip(questions, rankings, strict=True)
        for rank, document in enumerate(dict.fromkeys(ranking), start=1)
    ]
    values = {measure: dict.fromkeys((question.id for question in questions), 0.0) for measure in MEASURES}
    for found in ir_measures.iter_calc(MEASURES, qrels, run):
        values[found.measure][found.query_id] = found.value
    return {NAMES[str(measure)]: summarise(by_question) for measure, by_question in values.items()}


def summarise(by_question: Mapping[str, float]) -> Quality:
    """Take the mean over questions with its interval.

    Args:
        by_question: At least one.
    """
    points = np.array([[value, 1.0] for value in by_question.values()])
    interval = bootstrap_interval(lambda weights: ratio(points, weights), n=len(points))
    if interval is None:
        raise ValueError("no question was scored")
    return Quality(value=float(points[:, 0].mean()), low=interval.low, high=interval.high, n=len(points))
