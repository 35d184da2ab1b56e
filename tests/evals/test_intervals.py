"""Intervals against second implementations."""

import math
import random
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.intervals import bootstrap_mean_interval, bootstrap_quantile_interval, wilson_interval


def wilson_by_roots(hits, n):
    """The shares p with |hits/n - p| = z * sqrt(p (1 - p) / n), as the roots of a quadratic."""
    z2 = NormalDist().inv_cdf(0.975) ** 2
    share = hits / n
    low, high = sorted(np.roots([1 + z2 / n, -(2 * share + z2 / n), share**2]).real)
    return low, high


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_solves_its_quadratic(case):
    hits, n = case
    interval = wilson_interval(hits, n)
    assert (interval.low, interval.high) == pytest.approx(wilson_by_roots(hits, n), abs=1e-6)
    assert 0 <= interval.low <= hits / n <= interval.high <= 1


def test_wilson_of_known_cases():
    interval = wilson_interval(8, 10)  # a textbook's: 0.490 to 0.943
    assert (interval.low, interval.high) == pytest.approx((0.490162, 0.943318), abs=1e-6)
    assert wilson_interval(0, 10).low == 0.0
    assert wilson_interval(10, 10).high == 1.0


@pytest.mark.parametrize(("hits", "n"), [(0, 0), (2, 1), (-1, 3)])
def test_wilson_refuses_what_is_no_share(hits, n):
    with pytest.raises(ValueError, match="is no share"):
        wilson_interval(hits, n)


def test_the_bootstrap_of_a_mean_is_near_the_normal_interval_and_repeats():
    source = random.Random(1)
    values = [source.gauss(5, 2) for _ in range(400)]
    interval = bootstrap_mean_interval(values)
    half = 1.96 * np.std(values) / math.sqrt(len(values))
    assert (interval.low, interval.high) == pytest.approx((np.mean(values) - half, np.mean(values) + half), abs=0.04)
    assert bootstrap_mean_interval(values) == interval


def test_the_bootstrap_of_a_median_is_near_the_order_statistics():
    values = list(map(float, range(1, 101)))
    interval = bootstrap_quantile_interval(values, quantile=0.5)
    # Ranks of the binomial interval of a median of 100: 40 and 61.
    assert interval.low == pytest.approx(40, abs=2)
    assert interval.high == pytest.approx(61, abs=2)


def test_one_value_is_its_own_interval_and_none_is_refused():
    assert bootstrap_mean_interval([3.0]).low == bootstrap_mean_interval([3.0]).high == 3.0
    with pytest.raises(ValueError, match="no values"):
        bootstrap_mean_interval([])
