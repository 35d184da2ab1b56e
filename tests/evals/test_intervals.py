"""Intervals against second implementations."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evals.intervals import (
    BOOTSTRAP_SAMPLES,
    BOOTSTRAP_SEED,
    LEVEL,
    bootstrap_interval,
    count_draws,
    interval_of,
    quantile_interval,
    wilson_interval,
)
from evals.statistics import Quantile, ratio


def ends(interval):
    return interval.low, interval.high


def of_mean(values):
    points = np.column_stack([values, np.ones(len(values))])
    return bootstrap_interval(lambda weights: ratio(points, weights), n=len(values))


@settings(max_examples=400)
@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_equals_the_closed_formula(case):
    hits, n = case
    z, share = stats.norm.ppf(0.975), hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    interval = wilson_interval(hits, n)
    assert ends(interval) == pytest.approx((centre - half, centre + half), abs=1e-9)
    assert 0 <= interval.low <= share <= interval.high <= 1


def test_wilson_of_known_cases():
    assert ends(wilson_interval(8, 10)) == pytest.approx((0.490162, 0.943318), abs=1e-6)
    assert wilson_interval(0, 10).low == 0.0
    assert wilson_interval(10, 10).high == 1.0


@pytest.mark.parametrize(("hits", "n"), [(0, 0), (2, 1), (-1, 3)])
def test_wilson_refuses_what_is_no_share(hits, n):
    with pytest.raises(ValueError, match=r"must (not )?be"):
        wilson_interval(hits, n)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 64), min_size=2, max_size=40).filter(lambda values: len(set(values)) > 1))
def test_the_bootstrap_of_a_mean_equals_scipys_on_plain_values(values):
    values = np.array(values) / 64  # sums are exact, so that both see the same ties
    found = stats.bootstrap(
        (values,), np.mean, n_resamples=BOOTSTRAP_SAMPLES, method="BCa", batch=BOOTSTRAP_SAMPLES,
        rng=np.random.default_rng(BOOTSTRAP_SEED),
    ).confidence_interval  # fmt: skip
    assert ends(of_mean(values)) == pytest.approx((found.low, found.high), abs=1e-9)


def test_the_bootstrap_of_a_mean_is_near_the_normal_interval_and_repeats():
    values = np.random.default_rng(1).normal(5, 2, 400)
    interval, half = of_mean(values), 1.96 * np.std(values) / math.sqrt(len(values))
    assert ends(interval) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.04)
    assert of_mean(values) == interval


def test_the_bootstrap_of_a_median_is_near_the_order_statistics():
    points = np.arange(1.0, 101.0)[:, None]
    interval = bootstrap_interval(lambda weights: Quantile(0.5)(points, weights), n=100)
    assert ends(interval) == pytest.approx((40, 61), abs=2)  # ranks of the binomial interval of a median of 100


def held(first, last, *, share, n):
    """How probable it is that from `first` to `last` - 1 of `n` values lie below a quantile."""
    return sum(math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(first, last))


@pytest.mark.parametrize(("share", "n"), [(0.5, 6), (0.5, 101), (0.95, 71), (0.95, 72), (0.95, 100), (0.95, 246)])
def test_a_quantile_lies_between_two_values_with_95_percent_and_little_more(share, n):
    interval = quantile_interval(np.random.default_rng(n).permutation(np.arange(1.0, n + 1)), share=share)
    first, last = map(int, ends(interval))
    assert held(first, last, share=share, n=n) >= LEVEL
    narrower = [(first + 1, last), (first, last - 1)]
    assert min(held(*ranks, share=share, n=n) for ranks in narrower) < LEVEL
    assert interval_of(Quantile(share), np.arange(1.0, n + 1)[:, None]) == interval


def test_the_quantile_interval_is_near_scipys_which_leaves_as_much_out_on_either_side():
    values = np.random.default_rng(3).normal(size=500)
    found = stats.quantile_test(values, q=0, p=0.9).confidence_interval(LEVEL)
    interval = quantile_interval(values, share=0.9)
    assert found.low <= interval.low <= 1.3 <= interval.high <= found.high


@pytest.mark.parametrize(("share", "n"), [(0.5, 5), (0.95, 70)])
def test_too_few_values_have_no_interval_of_a_quantile(share, n):
    assert quantile_interval(np.arange(float(n)), share=share) is None


def test_one_value_is_its_own_interval():
    assert ends(of_mean([3.0])) == (3.0, 3.0)


def test_too_few_resamples_with_a_value_give_no_interval():
    def rarely(weights):
        return np.where(weights[:, 0] > 0, weights[:, 0], np.nan)

    assert bootstrap_interval(rarely, n=5) is None  # a third of the resamples lack the first question
    assert bootstrap_interval(lambda weights: np.full(len(weights), np.nan), n=1) is None


def test_a_few_resamples_without_a_value_are_left_out():
    def mostly(weights):
        return np.where(weights[:, :4].sum(axis=1) > 0, 1.0, np.nan)

    assert ends(bootstrap_interval(mostly, n=6)) == (1.0, 1.0)


@given(
    st.integers(1, 8).flatmap(lambda n: st.lists(st.lists(st.integers(0, n - 1), min_size=n, max_size=n), min_size=1))
)
def test_draws_are_counted_question_by_question(draws):
    n = len(draws[0])
    counted = count_draws(np.array(draws), n=n)
    assert counted.tolist() == [[row.count(question) for question in range(n)] for row in draws]
