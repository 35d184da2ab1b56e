"""Statistics of weighted points, over many weightings at once, so that one resampling serves every metric.

Every statistic takes `points`, shape (questions, columns), and `weights`, shape (samples, questions): how often each
question was drawn. It returns shape (samples,), NaN where nothing can be computed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Weights = NDArray[np.float64]
Values = NDArray[np.float64]
Statistic = Callable[[Points, Weights], Values]

CALIBRATION_BINS = 10


def ratio(points: Points, weights: Weights) -> Values:
    """Divide the weighted sum of the first column by that of the second."""
    return _divide(weights @ points[:, 0], weights @ points[:, 1])


@dataclass(frozen=True, slots=True)
class Quantile:
    """The least value of the only column at or below which a share of the weight lies."""

    share: float
    """In 0..1."""

    def __call__(self, points: Points, weights: Weights) -> Values:
        """Invert the distribution function."""
        order = np.argsort(points[:, 0], kind="stable")
        reached = np.cumsum(weights[:, order], axis=1)
        total = reached[:, -1:]
        at = np.argmax(reached >= self.share * total, axis=1)
        return np.where(total[:, 0] > 0, points[order, 0][at], np.nan)


def auroc(points: Points, weights: Weights) -> Values:
    """Compute the area under the ROC curve of a score (first column) for a label of 0 or 1 (second); ties count half.

    Source: Hanley and McNeil, "The meaning and use of the area under a receiver operating characteristic curve",
    Radiology 1982.
    """
    positive, negative = _by_score(points, weights)
    below = np.cumsum(negative, axis=1) - negative
    wins = (positive * (below + negative / 2)).sum(axis=1)
    return _divide(wins, positive.sum(axis=1) * negative.sum(axis=1))


def risk_coverage_area(points: Points, weights: Weights) -> Values:
    """Compute the mean, over coverage, of the share of wrong answers among those with the highest scores.

    Columns: score, and 1 for a wrong answer, 0 for a right one. Answers of equal score come together.

    Source: Geifman and El-Yaniv, "Selective Classification for Deep Neural Networks", NeurIPS 2017 (AURC).
    """
    wrong, right = (side[:, ::-1] for side in _by_score(points, weights))
    answered = np.cumsum(wrong + right, axis=1)
    risk = _divide(np.cumsum(wrong, axis=1), answered)
    return _divide((np.nan_to_num(risk) * (wrong + right)).sum(axis=1), answered[:, -1])


def calibration_error(points: Points, weights: Weights) -> Values:
    """Compute the expected calibration error over ten equally wide bins of confidence.

    Columns: confidence in 0..1, and 1 for a right answer, 0 for a wrong one.

    Source: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
    """
    bins = calibration_bins(points[:, 0])
    gaps = [np.abs(weights[:, bins == at] @ (points[bins == at, 1] - points[bins == at, 0])) for at in np.unique(bins)]
    return _divide(np.sum(gaps, axis=0), weights.sum(axis=1)) if gaps else np.full(len(weights), np.nan)


def calibration_bins(confidence: NDArray[np.float64]) -> NDArray[np.int64]:
    """Tell the bin of each confidence, from 0; the last one is closed on both sides."""
    return np.minimum((confidence * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)


def _by_score(points: Points, weights: Weights) -> tuple[Values, Values]:
    """Sum the weights of labels 1 and 0 for each distinct score, in ascending order of score."""
    order = np.argsort(points[:, 0], kind="stable")
    first_of_score = np.unique(points[order, 0], return_index=True)[1]
    label, drawn = points[order, 1], weights[:, order]
    sums = [np.add.reduceat(drawn * side, first_of_score, axis=1) for side in (label, 1 - label)]
    return sums[0], sums[1]


def _divide(numerator: Values, denominator: Values) -> Values:
    empty = np.full(numerator.shape, np.nan)
    return np.asarray(np.divide(numerator, denominator, out=empty, where=denominator > 0))
