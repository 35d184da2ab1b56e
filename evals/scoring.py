"""Scores of groups of questions: all of them, each split, each kind, each kind within a split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evals import statistics
from evals.facts import Interval, Judgement, Scored
from evals.intervals import interval_of, wilson_interval
from evals.metrics import LATENCIES, METRICS, Metric, Stage, Unit
from evals.statistics import Points


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One metric over one group of questions."""

    name: str
    value: float | None
    """None where nothing can be counted."""
    n: int
    """What the value is a share or mean of: questions, quotes or citations."""
    interval: Interval | None
    """95 %; None where there is no value, too few questions for an interval, or none that could be trusted."""
    unit: Unit
    stage: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupScores:
    """All metrics over one group of questions."""

    group: str
    """As `all`, `split dev`, `kind lists` or `dev lists`."""
    questions: int
    not_scored: int
    """Questions that were not asked, and answers for which nothing accepted is known."""
    scores: tuple[Score, ...]


def score_metric(metric: Metric, scored: Sequence[Scored]) -> Score:
    """Score one metric.

    Args:
        metric: Which.
        scored: The group's questions.

    Returns:
        The value with Wilson's interval where it is a share of questions or the same for each of them, order statistics
        for a quantile, a bootstrap over questions elsewhere.
    """
    points, _ = metric.points(scored)
    value = float(metric.statistic(points, np.ones((1, len(points))))[0]) if len(points) else np.nan
    if np.isnan(value):
        return Score(name=metric.name, value=None, n=0, interval=None, unit=metric.unit, stage=metric.stage)
    n = int(points[:, 1].sum()) if metric.counts_things else len(points)
    interval = _interval(metric, points)
    return Score(name=metric.name, value=value, n=n, interval=interval, unit=metric.unit, stage=metric.stage)


def _interval(metric: Metric, points: Points) -> Interval | None:
    if not metric.has_interval:
        return None
    if metric.statistic is statistics.ratio and metric.unit is Unit.SHARE:
        hits, of = points[points[:, 1] > 0].T
        one_each = bool((of == 1).all() and np.isin(hits, (0, 1)).all())
        alike = bool((hits == of).all() or not hits.any())  # a bootstrap of what never varies would claim certainty
        if one_each or alike:
            return wilson_interval(int((hits > 0).sum()), len(hits))
    return interval_of(metric.statistic, points)


def score_all(scored: Sequence[Scored], *, metrics: Sequence[Metric] = METRICS) -> tuple[Score, ...]:
    """Score every metric, always the same names in the same order."""
    return tuple(score_metric(metric, scored) for metric in metrics)


def score_latencies(scored: Sequence[Scored]) -> tuple[Score, ...]:
    """Score what differs from run to run: wall times."""
    return score_all(scored, metrics=LATENCIES)


def quantile_score(name: str, milliseconds: Sequence[float], *, quantile: float) -> Score:
    """Score a quantile of durations that belong to no gold questions.

    Args:
        name: Of the metric.
        milliseconds: One per question.
        quantile: In 0..1.
    """
    points = np.array(milliseconds, dtype=np.float64)[:, None]
    statistic = statistics.Quantile(quantile)
    value = float(statistic(points, np.ones((1, len(points))))[0]) if len(points) else None
    interval = interval_of(statistic, points) if len(points) else None
    unit, stage = Unit.MILLISECONDS, Stage.COST
    return Score(name=name, value=value, n=len(points), interval=interval, unit=unit, stage=stage)


def score_groups(scored: Sequence[Scored]) -> tuple[GroupScores, ...]:
    """Score all questions, each split, each kind, and each kind within each split.

    Args:
        scored: Of a whole run.

    Returns:
        The groups in that order, each sort by name.
    """
    return tuple(
        GroupScores(
            group=group,
            questions=len(those),
            not_scored=sum(one.judgement.not_scored is not None for one in those),
            scores=score_all(those),
        )
        for group, those in group_questions(scored).items()
    )


def group_questions(scored: Sequence[Scored]) -> dict[str, list[Scored]]:
    """Group questions: `all`, then by split, by kind, and by kind within a split, each sort by name."""
    groups: dict[str, list[Scored]] = {"all": list(scored)}
    for name in (_split, _kind, _kind_of_split):
        for one in sorted(scored, key=lambda one: name(one.judgement)):
            groups.setdefault(name(one.judgement), []).append(one)
    return groups


def _split(judgement: Judgement) -> str:
    return f"split {judgement.split}"


def _kind(judgement: Judgement) -> str:
    return f"kind {judgement.kind}"


def _kind_of_split(judgement: Judgement) -> str:
    return f"{judgement.split} {judgement.kind}"
