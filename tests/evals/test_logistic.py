"""Logistic regression against scikit-learn's."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from evals.logistic import STANDARD_RIDGE, fit_logistic, fit_standardised


@pytest.fixture(params=range(5))
def drawn(request):
    """Signals of very different size, and truths that depend on them."""
    rng = np.random.default_rng(request.param)
    signals = rng.normal(size=(80, 3)) * [0.01, 1.0, 50.0] + [0.5, 0.0, -20.0]
    truth = (rng.random(80) < 1 / (1 + np.exp(-(signals - signals.mean(axis=0)) @ [150.0, -1.0, 0.01]))).astype(float)
    return signals, truth


def test_the_weights_are_those_of_another_implementation(drawn):
    signals, truth = drawn
    rows, shares = np.column_stack([np.ones(80), signals]), np.linspace(0.5, 1.5, 80)
    found = fit_logistic(rows, truth, shares=shares, ridges=np.array([0.0, 2.0, 2.0, 2.0]))
    other = LogisticRegression(C=0.5, tol=1e-10, max_iter=10_000, solver="newton-cholesky")
    other.fit(signals, truth, sample_weight=shares)
    assert found == pytest.approx([other.intercept_[0], *other.coef_[0]], rel=1e-4, abs=1e-6)


def test_chances_after_standardising_are_those_of_another_implementation(drawn):
    signals, truth = drawn
    scaled = StandardScaler().fit_transform(signals)
    other = LogisticRegression(C=1 / STANDARD_RIDGE, tol=1e-10, max_iter=10_000).fit(scaled, truth)
    chances = fit_standardised(signals, truth).chances(signals)
    assert chances == pytest.approx(other.predict_proba(scaled)[:, 1], abs=1e-4)
    assert chances.mean() == pytest.approx(truth.mean(), abs=1e-9)


def test_a_signal_that_never_varies_gets_no_weight(drawn):
    signals, truth = drawn
    flat = np.column_stack([signals, np.full(80, 7.0)])
    assert fit_standardised(flat, truth).weights[3] == 0
