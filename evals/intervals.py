"""95 % intervals: Wilson's for shares of questions, a seeded bootstrap over questions for everything else."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from evals.facts import Interval

LEVEL = 0.95
BOOTSTRAP_SAMPLES = 2000
BOOTSTRAP_SEED = 20251123
_MOST_CELLS = 4_000_000
"""Of one batch of resamples, so that thousands of questions fit into memory."""

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


def bootstrap_interval(statistic: Resampled, *, n: int) -> Interval | None:
    """Compute the percentile bootstrap interval of a statistic of `n` questions, each drawn with replacement.

    Args:
        statistic: Of the weights that say how often each question was drawn.
        n: How many questions there are, at least 1.

    Returns:
        The 95 % interval, the same for the same statistic; None where a tenth of the resamples or more have no value.
    """
    if n == 1:
        value = float(statistic(np.ones((1, 1)))[0])
        return None if np.isnan(value) else Interval(low=value, high=value)

    def of_draws(draws: NDArray[np.int64], axis: int) -> NDArray[np.float64]:
        return statistic(count_draws(np.atleast_2d(draws), n=n)).reshape(draws.shape[:-1])

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)  # of resamples without a value, dealt with below
        found = stats.bootstrap(
            (np.arange(n),),
            of_draws,
            n_resamples=BOOTSTRAP_SAMPLES,
            batch=max(1, _MOST_CELLS // n),
            vectorized=True,
            confidence_level=LEVEL,
            method="percentile",
            rng=np.random.default_rng(BOOTSTRAP_SEED),
        )
    values = found.bootstrap_distribution[~np.isnan(found.bootstrap_distribution)]
    if len(values) <= 0.9 * BOOTSTRAP_SAMPLES:
        return None
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(low=float(low), high=float(high))


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
