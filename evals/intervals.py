"""95 % intervals: Wilson's for shares, a seeded bootstrap for means and quantiles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# The 97.5 % quantile of the standard normal distribution.
Z_95 = 1.959963984540054
BOOTSTRAP_SAMPLES = 2000
BOOTSTRAP_SEED = 20251123


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """The ends of a 95 % interval."""

    low: float
    high: float


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
    if not (0 <= hits <= n and n >= 1):
        raise ValueError(f"{hits} of {n} is no share")
    share = hits / n
    squared = Z_95**2
    centre = (share + squared / (2 * n)) / (1 + squared / n)
    half = Z_95 / (1 + squared / n) * math.sqrt(share * (1 - share) / n + squared / (4 * n**2))
    return Interval(low=max(0.0, centre - half) if hits else 0.0, high=min(1.0, centre + half) if hits < n else 1.0)


def bootstrap_mean_interval(values: Sequence[float]) -> Interval:
    """Compute the percentile bootstrap interval of a mean.

    Args:
        values: At least one.

    Returns:
        The 95 % interval; the same for the same values in the same order.

    Raises:
        ValueError: If there are no values.
    """
    return _ends(_resamples(values).mean(axis=1))


def bootstrap_quantile_interval(values: Sequence[float], *, quantile: float) -> Interval:
    """Compute the percentile bootstrap interval of a quantile.

    Args:
        values: At least one.
        quantile: In 0..1.

    Returns:
        The 95 % interval; the same for the same values in the same order.

    Raises:
        ValueError: If there are no values.
    """
    return _ends(np.quantile(_resamples(values), quantile, axis=1))


def _resamples(values: Sequence[float]) -> NDArray[np.float64]:
    if not values:
        raise ValueError("no values to resample")
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    picks = rng.integers(0, len(values), size=(BOOTSTRAP_SAMPLES, len(values)))
    return np.asarray(values, dtype=np.float64)[picks]


def _ends(statistics: NDArray[np.float64]) -> Interval:
    low, high = np.quantile(statistics, [0.025, 0.975])
    return Interval(low=float(low), high=float(high))
