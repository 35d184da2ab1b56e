"""The figures that a manager reads first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evals.comparison import Difference, compare_metric
from evals.facts import Outcome, Scored
from evals.metrics import EVERY, Metric, Stage
from evals.scoring import Score, score_metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """One figure with what it means."""

    title: str
    meaning: str
    score: Score
    difference: Difference | None
    """From the baseline, where there is one."""
    good: bool
    """Whether more of it is better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeCount:
    """How many of the scored questions came out in one way."""

    outcome: Outcome
    count: int
    of: int

    @property
    def share(self) -> float:
        """In 0..1."""
        return self.count / self.of


@dataclass(frozen=True, slots=True, kw_only=True)
class _Topic:
    title: str
    meaning: str
    metric: Metric


def _share_of(wanted: Outcome, *, answerable: bool) -> Callable[[Scored], tuple[float, ...] | None]:
    def read(scored: Scored) -> tuple[float, ...] | None:
        outcome = scored.judgement.outcome
        if not outcome.scored or scored.judgement.answerable is not answerable:
            return None
        return float(outcome is wanted), 1.0

    return read


_NAMED = {metric.name: metric for metric in EVERY}
_TOPICS = (
    _Topic(
        title="Answered right",
        meaning="of the questions that the documents can answer",
        metric=Metric(name="answered right", stage=Stage.ANSWERING, read=_share_of(Outcome.RIGHT, answerable=True)),
    ),
    _Topic(
        title="Wrong answer",
        meaning="of the questions that the documents can answer",
        metric=Metric(
            name="answered wrong",
            stage=Stage.ANSWERING,
            read=_share_of(Outcome.WRONG, answerable=True),
            higher_is_better=False,
        ),
    ),
    _Topic(
        title="Wrongly abstained",
        meaning="of the questions that the documents can answer",
        metric=Metric(
            name="wrongly abstained",
            stage=Stage.ABSTENTION,
            read=_share_of(Outcome.WRONGLY_ABSTAINED, answerable=True),
            higher_is_better=False,
        ),
    ),
    _Topic(
        title="Wrongly answered",
        meaning="of the questions that the documents cannot answer",
        metric=Metric(
            name="wrongly answered",
            stage=Stage.ABSTENTION,
            read=_share_of(Outcome.WRONGLY_ANSWERED, answerable=False),
            higher_is_better=False,
        ),
    ),
    _Topic(
        title="Citations valid",
        meaning="of the citations: the cited place holds exactly the quoted words",
        metric=_NAMED["citations valid"],
    ),
)


def make_headlines(scored: Sequence[Scored], pairs: Sequence[tuple[Scored, Scored]]) -> tuple[Headline, ...]:
    """Score the headlines.

    Args:
        scored: The run.
        pairs: The questions that it shares with the baseline, as (baseline, new); empty without one.
    """
    old, new = [before for before, _ in pairs], [after for _, after in pairs]
    return tuple(
        Headline(
            title=topic.title,
            meaning=topic.meaning,
            score=score_metric(topic.metric, scored),
            difference=compare_metric(topic.metric, old, new) if pairs else None,
            good=topic.metric.higher_is_better is True,
        )
        for topic in _TOPICS
    )


def count_outcomes(scored: Sequence[Scored]) -> tuple[OutcomeCount, ...]:
    """Count every outcome of the scored questions, the good ones first; those that occur."""
    outcomes = [one.judgement.outcome for one in scored if one.judgement.outcome.scored]
    counts = [(outcome, outcomes.count(outcome)) for outcome in Outcome]
    return tuple(OutcomeCount(outcome=outcome, count=count, of=len(outcomes)) for outcome, count in counts if count)
