"""Logistic regression with a ridge, by Newton's method."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
ROUNDS = 40
STANDARD_RIDGE = 1.0
"""Of signals brought to unit spread: each weight is drawn from a normal distribution of spread 1 beforehand."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LogisticModel:
    """A probability from signals."""

    intercept: float
    weights: Matrix
    """Shape (signals,)."""

    def chances(self, signals: Matrix) -> Matrix:
        """Estimate the probability of each row of shape (rows, signals), in 0..1."""
        return np.asarray(0.5 * (1 + np.tanh((self.intercept + signals @ self.weights) / 2)))


def fit_logistic(rows: Matrix, truth: Matrix, *, shares: Matrix, ridges: Matrix) -> Matrix:
    """Fit the weights of a logistic regression.

    Args:
        rows: Shape (cases, columns), a column of ones for the intercept.
        truth: 0 or 1 for each case, shape (cases,).
        shares: How much each case counts, shape (cases,).
        ridges: Half of this times the squared weight is what a weight costs, shape (columns,).

    Returns:
        The weights, shape (columns,).
    """
    weights = np.zeros(rows.shape[1])
    for _ in range(ROUNDS):
        chance = 1 / (1 + np.exp(-rows @ weights))
        gradient = rows.T @ (shares * (truth - chance)) - ridges * weights
        curvature = (rows * (shares * chance * (1 - chance))[:, None]).T @ rows
        weights = weights + np.linalg.solve(curvature + np.diag(ridges), gradient)
    return np.asarray(weights)


def fit_standardised(signals: Matrix, truth: Matrix, *, shares: Matrix | None = None) -> LogisticModel:
    """Fit a logistic regression whose ridge treats all signals alike, whatever their size.

    Args:
        signals: Shape (cases, signals). One that never varies gets no weight.
        truth: 0 or 1 for each case, both of them there, shape (cases,).
        shares: How much each case counts, 1 in the mean, shape (cases,); None for all the same.

    Returns:
        The model for signals as they are. Its mean probability over the cases, as they count, is their share of ones.
    """
    mean, spread = signals.mean(axis=0), signals.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    rows = np.column_stack([np.ones(len(signals)), (signals - mean) / scale])
    ridges = np.array([0.0, *np.full(signals.shape[1], STANDARD_RIDGE)])
    fitted = fit_logistic(rows, truth, shares=np.ones(len(rows)) if shares is None else shares, ridges=ridges)
    weights = fitted[1:] / scale
    return LogisticModel(intercept=float(fitted[0] - weights @ mean), weights=weights)
