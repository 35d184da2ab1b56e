"""Statistics against second implementations: libraries, or slow loops written from the definition."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from evals.statistics import Quantile, auroc, calibration_bins, calibration_error, ratio, risk_coverage_area

scores = st.one_of(st.integers(0, 5).map(lambda tenth: tenth / 10), st.floats(0, 1))
labelled = st.lists(st.tuples(scores, st.integers(0, 1)), min_size=1, max_size=40)
milliseconds = st.lists(st.floats(0, 1e6), min_size=1, max_size=60)
generated = settings(max_examples=400, deadline=None)


def once(statistic, points):
    rows = np.array(points, dtype=np.float64).reshape(len(points), -1)
    return float(statistic(rows, np.ones((1, len(rows))))[0])


@generated
@given(labelled)
def test_auroc_equals_scikit_learns(points):
    score, label = zip(*points, strict=True)
    if len(set(label)) < 2:
        assert math.isnan(once(auroc, points))
    else:
        assert once(auroc, points) == pytest.approx(roc_auc_score(label, score), abs=1e-9)


@generated
@given(milliseconds, st.sampled_from([0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 1.0]))
def test_quantiles_equal_numpys_inverted_distribution_function(values, share):
    assert once(Quantile(share), values) == np.quantile(values, share, method="inverted_cdf")


def area_by_loops(points):
    """For each answer: the share of wrong ones among those that are at least as sure; the mean of these."""
    risks = []
    for score, _ in points:
        kept = [wrong for other, wrong in points if other >= score]
        risks.append(sum(kept) / len(kept))
    return sum(risks) / len(risks)


@generated
@given(labelled)
def test_the_risk_coverage_area_equals_slow_loops(points):
    assert once(risk_coverage_area, points) == pytest.approx(area_by_loops(points), abs=1e-9)


def calibration_by_loops(points):
    """Bin by bin: its share of the answers times the gap between its mean confidence and its share of right ones."""
    error = 0.0
    for bin_number in range(10):
        held = [(c, right) for c, right in points if min(int(c * 10), 9) == bin_number]
        if held:
            confidence = sum(c for c, _ in held) / len(held)
            accuracy = sum(right for _, right in held) / len(held)
            error += len(held) / len(points) * abs(accuracy - confidence)
    return error


@generated
@given(labelled)
def test_the_calibration_error_equals_slow_loops(points):
    assert once(calibration_error, points) == pytest.approx(calibration_by_loops(points), abs=1e-9)


@pytest.mark.parametrize("statistic", [ratio, auroc, risk_coverage_area, calibration_error])
@given(points=labelled, data=st.data())
def test_a_weight_counts_as_that_many_copies(statistic, points, data):
    weights = data.draw(st.lists(st.integers(0, 3), min_size=len(points), max_size=len(points)))
    copies = [point for point, weight in zip(points, weights, strict=True) for _ in range(weight)]
    value = float(statistic(np.array(points, dtype=np.float64), np.array([weights], dtype=np.float64))[0])
    expected = once(statistic, copies) if copies else math.nan
    assert value == pytest.approx(expected, nan_ok=True, abs=1e-9)


@given(milliseconds, st.data())
def test_a_quantiles_weight_counts_as_that_many_copies(values, data):
    weights = data.draw(st.lists(st.integers(0, 3), min_size=len(values), max_size=len(values)))
    copies = np.repeat(values, weights)
    value = float(Quantile(0.95)(np.array(values)[:, None], np.array([weights], dtype=np.float64))[0])
    assert value == pytest.approx(once(Quantile(0.95), copies) if len(copies) else math.nan, nan_ok=True)


@pytest.mark.parametrize("statistic", [ratio, auroc, risk_coverage_area, calibration_error, Quantile(0.5)])
def test_no_weight_at_all_has_no_value(statistic):
    assert math.isnan(float(statistic(np.array([[0.5, 1.0], [0.2, 0.0]]), np.zeros((1, 2)))[0]))


@generated
@given(labelled)
def test_auroc_turns_round_with_its_labels_and_not_with_the_scale(points):
    rows = np.array(points, dtype=np.float64)
    value = once(auroc, points)
    assert once(auroc, np.column_stack([rows[:, 0], 1 - rows[:, 1]])) == pytest.approx(1 - value, nan_ok=True)
    assert once(auroc, np.column_stack([4 * rows[:, 0], rows[:, 1]])) == pytest.approx(value, nan_ok=True)


def test_confidence_of_one_falls_into_the_last_bin():
    assert list(calibration_bins(np.array([0.0, 0.1, 0.95, 1.0]))) == [0, 1, 9, 9]
