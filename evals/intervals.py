"""95 % intervals: Wilson's for shares of questions, order statistics for quantiles, else a bootstrap over questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from evals.facts import Interval
from evals.statistics import Points, Quantile, Statistic

LEVEL = 0.95
BOOTSTRAP_SAMPLES = 2000
BOOTSTRAP_SEED = 20251123
_MOST_CELLS = 4_000_000
"""Of one batch of resamples, so that thousands of questions fit into memory."""
_ROUNDING = 1e-12
"""Within which a resampled value counts as equal to the value itself, whatever the order of its sums."""
_MOST_CELLS_KEPT = 1_000_000
"""Of resamples that are drawn once and kept for every metric of as many questions."""

Resampled = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""From weights, shape (samples, questions), to values, shape (samples,)."""


def wilson_interval(hits: int, n: int) -> Interval:
    """Compute Wilson's score interval of a share.

    Args:
        hits: How many of them.
        n: Of how many, at least 1.

    Returns:
        The 95 % interval, within 0..1.

    Raises:
        ValueError: If not 0 <= hits <= n or n is below 1.

    Source: Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 1927.
    """
    interval = stats.binomtest(hits, n).proportion_ci(confidence_level=LEVEL, method="wilson")
    return Interval(low=float(interval.low), high=float(interval.high))


def interval_of(statistic: Statistic, points: Points) -> Interval | None:
    """Compute the interval of a statistic of some questions, in the way that suits it.

    Args:
        statistic: Any.
        points: What it reads, shape (questions, columns), at least one.

    Returns:
        The 95 % interval; None where the questions are too few for one.
    """
    if isinstance(statistic, Quantile):
        return quantile_interval(points[:, 0], share=statistic.share)
    return bootstrap_interval(lambda weights: statistic(points, weights), n=len(points))


def quantile_interval(values: NDArray[np.float64], *, share: float) -> Interval | None:
    """Compute the interval of a quantile from the values themselves, whatever their distribution.

    Args:
        values: One a question, shape (n,).
        share: Which quantile, in 0..1.

    Returns:
        Two of the values, between which the quantile lies with 95 % or as little more as can be; None where even the
        outermost values don't have that, as for the 95th percentile of fewer than 71.

    Source: David and Nagaraja, "Order Statistics", 3rd edition, 2003, section 7.1.
    """
    n, below = len(values), stats.binom(len(values), share)
    low, high = int(below.ppf((1 - LEVEL) / 2)), int(below.ppf((1 + LEVEL) / 2)) + 1
    pairs = [(max(first, 1), min(last, n)) for first in (low, low + 1) for last in (high - 1, high)]
    held = [(float(below.cdf(last - 1) - below.cdf(first - 1)), first, last) for first, last in pairs]
    enough = [one for one in held if one[0] >= LEVEL]
    if not enough:
        return None
    _, first, last = min(enough)
    ordered = np.sort(values)
    return Interval(low=float(ordered[first - 1]), high=float(ordered[last - 1]))


def bootstrap_interval(statistic: Resampled, *, n: int) -> Interval | None:
    """Compute the bias-corrected and accelerated bootstrap interval of a statistic of `n` questions.

    Args:
        statistic: Of the weights that say how often each question was drawn.
        n: How many questions there are, at least 1.

    Returns:
        The 95 % interval, the same for the same statistic; None where a tenth of the resamples or more have no value.

    Source: Efron, "Better Bootstrap Confidence Intervals", JASA 1987.
    """
    if n == 1:
        value = float(statistic(np.ones((1, 1)))[0])
        return None if np.isnan(value) else Interval(low=value, high=value)
    values = np.concatenate([statistic(weights) for weights in _resamples(n)])
    values = values[~np.isnan(values)]
    if len(values) <= 0.9 * BOOTSTRAP_SAMPLES:
        return None
    low, high = np.quantile(values, _shares(statistic, values, n=n))
    return Interval(low=float(low), high=float(high))


def _shares(statistic: Resampled, values: NDArray[np.float64], *, n: int) -> NDArray[np.float64]:
    """Tell which quantiles of the resampled values end the interval: moved against bias and for skewness."""
    plain = np.array([(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    value = statistic(np.ones((1, n)))[0]
    left_out = np.concatenate([statistic(weights) for weights in _each_left_out(n)])
    ties = np.isclose(values, value, rtol=_ROUNDING, atol=_ROUNDING)
    below = np.mean((values < value) & ~ties) + np.mean(ties) / 2
    gaps = left_out.mean() - left_out
    spread = (gaps**2).sum() ** 1.5
    if not 0 < below < 1 or not spread > 0:
        return plain
    bias, acceleration = special.ndtri(below), (gaps**3).sum() / (6 * spread)
    moved = bias + special.ndtri(plain)
    return np.asarray(special.ndtr(bias + moved / (1 - acceleration * moved)))


def _resamples(n: int) -> Iterator[NDArray[np.float64]]:
    """Yield how often each of `n` questions was drawn in each resample, in batches that fit into memory."""
    if BOOTSTRAP_SAMPLES * n <= _MOST_CELLS_KEPT:
        yield _kept_resamples(n)
        return
    rng, batch = np.random.default_rng(BOOTSTRAP_SEED), max(1, _MOST_CELLS // n)
    for start in range(0, BOOTSTRAP_SAMPLES, batch):
        yield count_draws(rng.integers(0, n, (min(batch, BOOTSTRAP_SAMPLES - start), n)), n=n)


@lru_cache(maxsize=16)
def _kept_resamples(n: int) -> NDArray[np.float64]:
    counts = count_draws(np.random.default_rng(BOOTSTRAP_SEED).integers(0, n, (BOOTSTRAP_SAMPLES, n)), n=n)
    counts.flags.writeable = False
    return counts


def _each_left_out(n: int) -> Iterator[NDArray[np.float64]]:
    """Yield the weights that leave out each question in turn."""
    batch = max(1, _MOST_CELLS // n)
    for start in range(0, n, batch):
        yield 1.0 - np.eye(min(batch, n - start), n, k=start)


def count_draws(draws: NDArray[np.int64], *, n: int) -> NDArray[np.float64]:
    """Count how often each of `n` questions was drawn.

    Args:
        draws: Shape (samples, draws), each in 0..n-1.
        n: How many questions there are.

    Returns:
        Shape (samples, n).
    """
    samples = len(draws)
    flat = draws + n * np.arange(samples)[:, None]
    return np.bincount(flat.ravel(), minlength=samples * n).reshape(samples, n).astype(np.float64)
