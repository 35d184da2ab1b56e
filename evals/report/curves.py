"""The points behind the plots. No drawing here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from evals.facts import Interval, Scored
from evals.intervals import wilson_interval
from evals.metrics import ABSTENTION, Metric
from evals.statistics import CALIBRATION_BINS, calibration_bins

_BY_NAME = {metric.name: metric for metric in ABSTENTION}
MOST_TAGS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share of a group, with its 95 % interval."""

    label: str
    hits: int
    n: int

    @property
    def value(self) -> float:
        """In 0..1."""
        return self.hits / self.n

    @property
    def interval(self) -> Interval:
        """Wilson's."""
        return wilson_interval(self.hits, self.n)


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskPoint:
    """How many answers are wrong if only the surest are given."""

    coverage: float
    """Share of the answers that would be given."""
    wrong: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBin:
    """Answers of about the same confidence."""

    confidence: float
    """Their mean."""
    right: Share


def risk_coverage_curve(scored: Sequence[Scored]) -> tuple[RiskPoint, ...]:
    """Compute the risk at every coverage, the surest answers first; answers of equal signal come together.

    Returns:
        Ascending in coverage; empty where no answer can be judged.
    """
    points = _points(_BY_NAME["risk-coverage area"], scored)
    if not len(points):
        return ()
    points = points[np.argsort(-points[:, 0], kind="stable")]
    last_of_signal = np.flatnonzero(np.append(np.diff(points[:, 0]) != 0, True))
    wrong = np.cumsum(points[:, 1])
    return tuple(
        RiskPoint(coverage=float(at + 1) / len(points), wrong=Share(label="wrong", hits=int(wrong[at]), n=int(at) + 1))
        for at in last_of_signal
    )


def reliability_bins(scored: Sequence[Scored]) -> tuple[ReliabilityBin, ...]:
    """Compare confidence with truth in ten bins; empty where no answer has a confidence."""
    points = _points(_BY_NAME["calibration error"], scored)
    if not len(points):
        return ()
    bins = calibration_bins(points[:, 0])
    held = ((number, points[bins == number]) for number in range(CALIBRATION_BINS))
    return tuple(
        ReliabilityBin(
            confidence=float(those[:, 0].mean()),
            right=Share(label=f"{number / CALIBRATION_BINS:.1f}", hits=int(those[:, 1].sum()), n=len(those)),
        )
        for number, those in held
        if len(those)
    )


def shares_by_tag(scored: Sequence[Scored]) -> tuple[Share, ...]:
    """Count for each tag how many of its questions came out as they should.

    Returns:
        At most `MOST_TAGS`, those with the most questions; the best share first.
    """
    outcomes: dict[str, list[bool]] = {}
    for tag, good in _handled(scored):
        outcomes.setdefault(tag, []).append(good)
    shares = [Share(label=tag, hits=sum(those), n=len(those)) for tag, those in outcomes.items()]
    largest = sorted(shares, key=lambda share: (-share.n, share.label))[:MOST_TAGS]
    return tuple(sorted(largest, key=lambda share: (-share.value, share.label)))


def _handled(scored: Sequence[Scored]) -> Iterable[tuple[str, bool]]:
    for judgement in (one.judgement for one in scored):
        outcome = judgement.outcome
        if outcome.scored:
            yield from ((tag, not outcome.failed) for tag in judgement.tags or ("untagged",))


def _points(metric: Metric, scored: Sequence[Scored]) -> np.typing.NDArray[np.float64]:
    return metric.points(scored)[0]
