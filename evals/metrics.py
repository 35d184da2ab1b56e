"""Scores over judged questions, each with its n and a 95 % interval: overall, per split and per kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from evals.intervals import (
    Interval,
    bootstrap_mean_interval,
    bootstrap_quantile_interval,
    wilson_interval,
)
from evals.judging import Judgement


class Unit(StrEnum):
    """What a score's value is in."""

    SHARE = "share"
    WORDS = "words"
    SENTENCES = "sentences"
    MILLISECONDS = "ms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One metric over one group of questions."""

    name: str
    value: float | None
    """None where nothing can be counted."""
    n: int
    """What the value is a share or mean of: questions, quotes or citations."""
    interval: Interval | None
    """95 %; None where there is no value."""
    unit: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupScores:
    """All metrics over one group of questions."""

    group: str
    """As `all`, `split dev`, `kind lists` or `dev lists`."""
    questions: int
    not_scored: int
    """Of these, follow-ups."""
    scores: tuple[Score, ...]


def share_score(name: str, outcomes: Sequence[bool]) -> Score:
    """Score a share with Wilson's interval.

    Args:
        name: Of the metric.
        outcomes: One per thing counted.

    Returns:
        The score, without a value if there are no outcomes.
    """
    hits, n = sum(outcomes), len(outcomes)
    interval = wilson_interval(hits, n) if n else None
    return Score(name=name, value=hits / n if n else None, n=n, interval=interval, unit=Unit.SHARE)


def mean_score(name: str, values: Sequence[float], *, unit: Unit) -> Score:
    """Score a mean with a bootstrap interval.

    Args:
        name: Of the metric.
        values: One per thing counted, in `unit`.
        unit: Of the values.

    Returns:
        The score, without a value if there are no values.
    """
    interval = bootstrap_mean_interval(values) if values else None
    return Score(name=name, value=_mean(values), n=len(values), interval=interval, unit=unit)


def quantile_score(name: str, milliseconds: Sequence[float], *, quantile: float) -> Score:
    """Score a quantile of durations with a bootstrap interval.

    Args:
        name: Of the metric.
        milliseconds: One per question.
        quantile: In 0..1, linearly interpolated.

    Returns:
        The score, without a value if there are no durations.
    """
    n = len(milliseconds)
    value = float(np.quantile(milliseconds, quantile)) if n else None
    interval = bootstrap_quantile_interval(milliseconds, quantile=quantile) if n else None
    return Score(name=name, value=value, n=n, interval=interval, unit=Unit.MILLISECONDS)


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def score_judgements(judgements: Sequence[Judgement]) -> tuple[Score, ...]:
    """Compute every metric that does not depend on time.

    Args:
        judgements: Of one group; those not scored are left out.

    Returns:
        The scores, always the same names in the same order. Quotes and citations of one question are counted
        as if independent, so those two intervals are a little narrow.
    """
    scored = [judgement for judgement in judgements if judgement.scored]
    answerable = [judgement for judgement in scored if judgement.answerable]
    answered = [judgement for judgement in scored if not judgement.abstained]
    right_of_answered = [judgement.right is True for judgement in answered if judgement.answerable]
    return (
        share_score("recall@5 of quotes", _spread(answerable, _quotes)),
        share_score("answered right", [judgement.right is True for judgement in answerable]),
        share_score("right of those answered", right_of_answered),
        share_score("wrongly abstained", [judgement.abstained for judgement in answerable]),
        share_score("abstention recall", [judgement.abstained for judgement in scored if not judgement.answerable]),
        share_score("abstention precision", [not judgement.answerable for judgement in scored if judgement.abstained]),
        mean_score(
            "answer on gold evidence",
            [judgement.on_evidence for judgement in answered if judgement.on_evidence is not None],
            unit=Unit.SHARE,
        ),
        share_score("citations valid", _spread(scored, _citations)),
        mean_score(
            "words per answer",
            [judgement.words for judgement in answered if judgement.words is not None],
            unit=Unit.WORDS,
        ),
        mean_score(
            "sentences per answer",
            [judgement.sentences for judgement in answered if judgement.sentences is not None],
            unit=Unit.SENTENCES,
        ),
    )


def _quotes(judgement: Judgement) -> tuple[int, int]:
    return judgement.quotes_found, judgement.quotes


def _citations(judgement: Judgement) -> tuple[int, int]:
    return judgement.citations_valid, judgement.citations


def _spread(judgements: Sequence[Judgement], counts: Callable[[Judgement], tuple[int, int]]) -> list[bool]:
    """Write hits out of n as that many outcomes."""
    pairs = map(counts, judgements)
    return [outcome for hits, n in pairs for outcome in [True] * hits + [False] * (n - hits)]


def score_latencies(milliseconds: Sequence[float]) -> tuple[Score, ...]:
    """Compute the latency metrics.

    Args:
        milliseconds: Wall time of each question.

    Returns:
        Median and 95th percentile.
    """
    return (
        quantile_score("latency p50", milliseconds, quantile=0.5),
        quantile_score("latency p95", milliseconds, quantile=0.95),
    )


def score_groups(judgements: Sequence[Judgement]) -> tuple[GroupScores, ...]:
    """Score all questions, each split, each kind, and each kind within each split.

    Args:
        judgements: Of a whole run.

    Returns:
        The groups in that order, each sort by name.
    """
    members: dict[str, list[Judgement]] = {"all": list(judgements)}
    for name in (_split_group, _kind_group, _kind_of_split_group):
        for judgement in sorted(judgements, key=name):
            members.setdefault(name(judgement), []).append(judgement)
    return tuple(
        GroupScores(
            group=group,
            questions=len(those),
            not_scored=sum(not judgement.scored for judgement in those),
            scores=score_judgements(those),
        )
        for group, those in members.items()
    )


def _split_group(judgement: Judgement) -> str:
    return f"split {judgement.split}"


def _kind_group(judgement: Judgement) -> str:
    return f"kind {judgement.kind}"


def _kind_of_split_group(judgement: Judgement) -> str:
    return f"{judgement.split} {judgement.kind}"
