"""Two runs over the same questions: what became better or worse, and what is inside the noise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from evals.errors import RunsNotComparable
from evals.facts import Interval, Outcome, Scored
from evals.folder import StoredRun
from evals.intervals import BOOTSTRAP_SEED, LEVEL, bootstrap_interval
from evals.metrics import EVERY, Metric, Unit
from evals.records import Record
from evals.scoring import group_questions

SWAPS = 2000
"""Random exchanges of the two runs' results, for the paired test."""
_SHOWN_IDS = 5


class Verdict(StrEnum):
    """What a difference means."""

    BETTER = "better"
    WORSE = "worse"
    DIFFERENT = "different"
    """Of a metric without a better direction."""
    NOISE = "inside the noise"
    UNJUDGED = "not judged"
    """Of wall times: the interval knows nothing of what else the machine did at another moment. And of metrics without
    an interval that could be trusted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One metric in both runs."""

    metric: Metric
    group: str
    baseline: float
    new: float
    n: int
    """Questions that it applies to in at least one run."""
    interval: Interval | None
    """The paired 95 % bootstrap interval of new − baseline; None where too few resamples have a value, or where none
    could be trusted."""
    p_value: float | None
    """Of the paired randomisation test, two-sided."""

    @property
    def change(self) -> float:
        """New − baseline."""
        return self.new - self.baseline

    @property
    def verdict(self) -> Verdict:
        """Whether zero lies outside the interval, and on which side; the paired test has to agree.

        Where three questions changed and all in one direction, the interval leaves zero out and the test says 0.25.
        """
        if self.metric.unit is Unit.MILLISECONDS or not self.metric.has_interval:
            return Verdict.UNJUDGED
        if self.interval is None or self.interval.low <= 0 <= self.interval.high:
            return Verdict.NOISE
        if self.p_value is None or self.p_value >= 1 - LEVEL:
            return Verdict.NOISE
        if self.metric.higher_is_better is None:
            return Verdict.DIFFERENT
        return Verdict.BETTER if (self.interval.low > 0) == self.metric.higher_is_better else Verdict.WORSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """A question whose outcome changed."""

    baseline: Record
    new: Record

    @property
    def mended(self) -> bool:
        """Whether it failed before and does not now."""
        return self.baseline.judgement.outcome.failed and not self.new.judgement.outcome.failed

    @property
    def broken(self) -> bool:
        """Whether it fails now and did not before."""
        return self.new.judgement.outcome.failed and not self.baseline.judgement.outcome.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two runs, side by side."""

    baseline: StoredRun
    new: StoredRun
    differences: tuple[Difference, ...]
    """By group, then in the registry's order."""
    flips: tuple[Flip, ...]
    """Mended ones first, then broken ones, then those that fail in another way."""
    left_out: int = 0
    """Questions that only one of the runs has, has with other gold, or has scored."""


def compare_runs(baseline: StoredRun, new: StoredRun, *, intersection: bool = False) -> Comparison:
    """Compare two runs question by question.

    Args:
        baseline: The older one.
        new: The newer one.
        intersection: Whether to compare the questions that they share when the sets, or the documents, differ.

    Returns:
        The differences of every metric that both runs have, of all questions and of each split, and the flips.

    Raises:
        RunsNotComparable: If the runs differ in questions or documents and `intersection` is off, or share none.
    """
    shared = _shared(baseline.records, new.records)
    if not intersection:
        _refuse_others(baseline, new, shared=len(shared))
    single = len(baseline.records) + len(new.records) - 2 * len(shared)
    compared = [(before, after) for before, after in shared if _is_scored(before) == _is_scored(after)]
    if not compared:
        raise RunsNotComparable(detail="they share no question")
    old, newer = [before.scored for before, _ in compared], [after.scored for _, after in compared]
    return Comparison(
        baseline=baseline,
        new=new,
        differences=tuple(_differences(old, newer)),
        flips=tuple(_flips(compared)),
        left_out=single + len(shared) - len(compared),
    )


def _shared(baseline: Sequence[Record], new: Sequence[Record]) -> list[tuple[Record, Record]]:
    known = {record.id: record for record in new}
    pairs = [(record, known[record.id]) for record in baseline if record.id in known]
    return [(before, after) for before, after in pairs if before.gold_digest == after.gold_digest]


def _is_scored(record: Record) -> bool:
    return record.judgement.not_scored is None


def _refuse_others(baseline: StoredRun, new: StoredRun, *, shared: int) -> None:
    if baseline.manifest["documents"] != new.manifest["documents"]:
        raise RunsNotComparable(detail="they were made over different documents")
    if shared == len(baseline.records) == len(new.records):
        return
    ids = {record.id for record in baseline.records} ^ {record.id for record in new.records}
    named = f" ({', '.join(sorted(ids)[:_SHOWN_IDS])}{', …' if len(ids) > _SHOWN_IDS else ''})" if ids else ""
    counts = f"{len(baseline.records)} and {len(new.records)} questions, {shared} of them the same{named}"
    raise RunsNotComparable(detail=f"they were made over different questions: {counts}")


def _differences(baseline: Sequence[Scored], new: Sequence[Scored]) -> Iterable[Difference]:
    after = {one.judgement.question_id: one for one in new}
    for group, old in group_questions(baseline).items():
        if group != "all" and not group.startswith("split "):
            continue
        newer = [after[one.judgement.question_id] for one in old]
        found = (compare_metric(metric, old, newer, group=group) for metric in EVERY)
        yield from (difference for difference in found if difference is not None)


def compare_metric(
    metric: Metric, baseline: Sequence[Scored], new: Sequence[Scored], *, group: str = "all"
) -> Difference | None:
    """Compare one metric over paired questions.

    Args:
        metric: Which.
        baseline: The questions in the older run.
        new: The same questions in the same order in the newer one.
        group: What to call them.

    Returns:
        The difference; None where one of the runs has no value.
    """
    pair = _Pair(metric, baseline, new)
    once = np.ones((1, pair.n))
    values = pair.of(once, once)
    if pair.n == 0 or np.isnan(values).any():
        return None
    interval = bootstrap_interval(lambda weights: np.diff(pair.of(weights, weights), axis=0)[0], n=pair.n)
    return Difference(
        metric=metric,
        group=group,
        baseline=float(values[0, 0]),
        new=float(values[1, 0]),
        n=pair.n,
        interval=interval if metric.has_interval else None,
        p_value=_randomisation_test(pair, float(values[1, 0] - values[0, 0])),
    )


class _Pair:
    """A metric's points in both runs, over the questions that it applies to in at least one."""

    def __init__(self, metric: Metric, baseline: Sequence[Scored], new: Sequence[Scored]) -> None:
        self._statistic = metric.statistic
        (self._old, old), (self._new, newer) = metric.points(baseline), metric.points(new)
        at = {question: index for index, question in enumerate(sorted({*old, *newer}))}
        self.n = len(at)
        self._old_at, self._new_at = [at[question] for question in old], [at[question] for question in newer]

    def of(self, first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
        """Compute the statistic of both runs, shape (2, samples), from weights of shape (samples, n) for each."""
        if not len(self._old) or not len(self._new):
            return np.full((2, len(first)), np.nan)
        old = self._statistic(self._old, first[:, self._old_at])
        return np.stack([old, self._statistic(self._new, second[:, self._new_at])])

    def swapped(self, swaps: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Compute new − baseline with some questions' results exchanged between the runs; shape (samples,)."""
        if self._old.shape[0] == 0 or self._new.shape[0] == 0:
            return np.full(len(swaps), np.nan)
        points = np.concatenate([self._old, self._new])
        exchanged = swaps.astype(np.float64)
        from_old, from_new = exchanged[:, self._old_at], exchanged[:, self._new_at]
        first = self._statistic(points, np.concatenate([1 - from_old, from_new], axis=1))
        return self._statistic(points, np.concatenate([from_old, 1 - from_new], axis=1)) - first


def _randomisation_test(pair: _Pair, observed: float) -> float | None:
    """Test whether the runs differ: how often do random exchanges of paired results differ as much?

    Source: Smucker, Allan and Carterette, "A Comparison of Statistical Significance Tests for Information Retrieval
    Evaluation", CIKM 2007.
    """
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    differences = pair.swapped(rng.random((SWAPS, pair.n)) < 0.5)
    differences = differences[~np.isnan(differences)]
    if not len(differences):
        return None
    as_far = np.abs(differences) >= abs(observed) - 1e-12
    return float((as_far.sum() + 1) / (len(differences) + 1))


def _flips(shared: Sequence[tuple[Record, Record]]) -> list[Flip]:
    changed = [
        Flip(baseline=before, new=after)
        for before, after in shared
        if before.judgement.outcome is not after.judgement.outcome
        and Outcome.NOT_SCORED not in (before.judgement.outcome, after.judgement.outcome)
    ]
    return sorted(changed, key=lambda flip: (not flip.mended, not flip.broken))


def count_verdicts(differences: Sequence[Difference]) -> Mapping[Verdict, int]:
    """Count the verdicts of some differences, those that none has as 0."""
    return {verdict: sum(one.verdict is verdict for one in differences) for verdict in Verdict}
