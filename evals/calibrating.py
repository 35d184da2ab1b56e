"""Fits the confidence of answers on gold questions, and estimates its worth on questions that were kept from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.calibration import DECIMALS, SIGNALS, Calibration, Configuration, OperatingPoint
from assistant.catalog import Catalog
from assistant.errors import EmptyCorpus
from assistant.settings import Settings
from evals.errors import TooFewToCalibrate
from evals.facts import Interval
from evals.gold import Documents, GoldQuestion, Selection
from evals.intervals import interval_of
from evals.judging import judge
from evals.logistic import LogisticModel, Matrix, fit_standardised
from evals.manifest import describe_gold
from evals.readings import open_remembering
from evals.run import Asker, Progress
from evals.session import choose_questions
from evals.statistics import Points, auroc, calibration_error

FEWEST_QUESTIONS = 30
FEWEST_OF_A_KIND = 5
"""Right answers, and wrong ones."""
FOLDS = 10
SEED = 20261124
DRAWS = 1000
"""Sets of made truths that tell the calibration error of a perfect calibration."""
MOST_POINTS = 100
"""Of the stored curve."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Examples:
    """Answers that were given to gold questions with abstention off."""

    signals: Matrix
    """Shape (questions, signals), columns as `SIGNALS`."""
    right: Matrix
    """1 for a right answer, 0 for a wrong one and for any answer to a question without one; shape (questions,)."""
    shares: Matrix | None = None
    """How much each counts, 1 in the mean, shape (questions,); None for all the same."""

    @classmethod
    def of_collections(cls, collections: Sequence[Examples]) -> Examples:
        """Put collections together so that each of them weighs the same, however many questions it has."""
        sizes = np.array([len(one.right) for one in collections], dtype=np.float64)
        return cls(
            signals=np.concatenate([one.signals for one in collections]),
            right=np.concatenate([one.right for one in collections]),
            shares=np.repeat(sizes.sum() / len(sizes) / sizes, sizes.astype(np.int64)),
        )

    def some(self, chosen: NDArray[np.bool_]) -> Examples:
        """Keep some of them."""
        shares = None if self.shares is None else self.shares[chosen]
        return Examples(signals=self.signals[chosen], right=self.right[chosen], shares=shares)


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedCalibration:
    """A calibration with what it is worth on questions that were kept from it."""

    calibration: Calibration
    right: int
    """Of its n questions, those with a right answer."""
    left_out: int
    """Questions without an answer that could be judged."""
    error: float
    """Calibration error in ten bins. It has no interval: the bootstrap of it does not cover."""
    perfect_error: float
    """What a perfect calibration would show with as many questions, by chance alone."""
    auroc: float
    """Of the confidence for right against wrong answers."""
    auroc_interval: Interval | None

    def to_json(self) -> dict[str, Any]:
        """Write it down for programs."""
        interval = self.auroc_interval
        return {
            "schema": 1,
            "n": self.calibration.n,
            "right": self.right,
            "left_out": self.left_out,
            "folds": FOLDS,
            "seed": SEED,
            "calibration_error": self.error,
            "perfect_calibration_error": self.perfect_error,
            "auroc": self.auroc,
            "auroc_interval95": [interval.low, interval.high] if interval else None,
            "fitted_on": self.calibration.fitted_on,
            "intercept": self.calibration.intercept,
            "weights": dict(self.calibration.weights),
            "curve": [asdict(point) for point in self.calibration.curve],
        }


def calibrate_gold(gold: Path, *, settings: Settings, selection: Selection, progress: Progress) -> FittedCalibration:
    """Ask gold questions with abstention off and fit the confidence of the answers.

    Args:
        gold: A gold file.
        settings: Of the assistant. What they say of abstaining is left aside.
        selection: Which of the questions to ask.
        progress: Told after every question.

    Raises:
        EmptyCorpus: If there is no document.
        GoldSetInvalid: If the file has faults, or holds no question of the selection.
        TooFewToCalibrate: If too few answers could be judged, or nearly all are right or wrong.
    """
    talkative = settings.model_copy(update={"abstain_below": 0.0, "max_wrong": None})
    with open_remembering(talkative) as (assistant, _), Catalog.open(settings.data_dir) as catalog:
        if not catalog.chunk_count():
            raise EmptyCorpus(settings.data_dir)
        configuration = assistant.configuration
        questions = choose_questions(gold, selection, documents=catalog).questions
        examples = collect_examples(questions, asker=assistant, documents=catalog, progress=progress)
    named = describe_gold(gold, selection)
    fitted_on = f"{gold.name} ({selection.describe()}), SHA-256 {named['sha256']}"
    return fit_calibration(
        examples,
        configuration=configuration,
        fitted_on=fitted_on,
        left_out=len(questions) - len(examples.right),
    )


def collect_examples(
    questions: Sequence[GoldQuestion], *, asker: Asker, documents: Documents, progress: Progress
) -> Examples:
    """Ask every question with its history and judge what is answered.

    Args:
        questions: Of a gold set.
        asker: The assistant, with abstention off.
        documents: The same corpus.
        progress: Told after every question.

    Returns:
        The answers that could be judged; replies about the corpus itself and questions without any evidence are none.
    """
    signals, right = [], []
    progress(0, len(questions))
    for number, question in enumerate(questions, start=1):
        answer = asker.ask(question.question, history=question.history)
        judged = judge(question, answer, ranking=(), documents=documents).answer
        if answer.signals is not None and judged is not None and judged.right is not None:
            signals.append([answer.signals[name] for name in SIGNALS])
            right.append(float(judged.right))
        progress(number, len(questions))
    return Examples(signals=np.array(signals).reshape(-1, len(SIGNALS)), right=np.array(right))


def fit_calibration(
    examples: Examples, *, configuration: Configuration, fitted_on: str, left_out: int = 0
) -> FittedCalibration:
    """Fit a calibration, and estimate in seeded folds what it is worth.

    Args:
        examples: Judged answers.
        configuration: What their signals were made with.
        fitted_on: Which questions, for a person.
        left_out: Questions without a judged answer.

    Returns:
        The calibration fitted on all of them; error, AUROC and curve are of confidences for which the question's own
        fold was left out.

    Raises:
        TooFewToCalibrate: If there are fewer than `FEWEST_QUESTIONS`, or fewer than `FEWEST_OF_A_KIND` right or wrong.
    """
    n, right = len(examples.right), int(examples.right.sum())
    if n < FEWEST_QUESTIONS or min(right, n - right) < FEWEST_OF_A_KIND:
        raise TooFewToCalibrate(n=n, right=right, fewest=FEWEST_QUESTIONS, of_a_kind=FEWEST_OF_A_KIND)
    held_out = _held_out_confidences(examples)
    points = np.column_stack([held_out, examples.right])
    whole = _fit(examples)
    weights = {name: round(float(weight), DECIMALS) for name, weight in zip(SIGNALS, whole.weights, strict=True)}
    return FittedCalibration(
        calibration=Calibration(
            configuration=configuration,
            intercept=round(whole.intercept, DECIMALS),
            weights=weights,
            n=n,
            fitted_on=fitted_on,
            curve=trace_curve(points),
        ),
        right=right,
        left_out=left_out,
        error=float(calibration_error(points, np.ones((1, n)))[0]),
        perfect_error=perfect_calibration_error(held_out),
        auroc=float(auroc(points, np.ones((1, n)))[0]),
        auroc_interval=interval_of(auroc, points),
    )


def trace_curve(points: Points) -> tuple[OperatingPoint, ...]:
    """Tell for falling thresholds how many answers would be given and how many of them are wrong.

    Args:
        points: Confidence, and 1 for a right answer, 0 for a wrong one; shape (questions, 2).

    Returns:
        At most about `MOST_POINTS`, from few answers to all of them. Answers of equal confidence come together.
    """
    ordered = points[np.argsort(-points[:, 0], kind="stable")]
    wrong = np.cumsum(1 - ordered[:, 1])
    last_of_confidence = np.flatnonzero(np.append(np.diff(ordered[:, 0]) != 0, True))
    step = -(-len(last_of_confidence) // MOST_POINTS)
    kept = last_of_confidence[::-1][::step][::-1]
    return tuple(
        OperatingPoint(threshold=float(ordered[at, 0]), answers=int(at) + 1, wrong=int(wrong[at])) for at in kept
    )


def perfect_calibration_error(confidences: NDArray[np.float64]) -> float:
    """Compute the calibration error that chance alone makes: the mean over truths drawn by the confidences themselves.

    Args:
        confidences: Shape (questions,).
    """
    rng, once = np.random.default_rng(SEED), np.ones((1, len(confidences)))
    truths = rng.random((DRAWS, len(confidences))) < confidences
    errors = [calibration_error(np.column_stack([confidences, truth]), once)[0] for truth in truths]
    return float(np.mean(errors))


def _held_out_confidences(examples: Examples) -> NDArray[np.float64]:
    """Estimate each answer's confidence by a model that was fitted without its fold."""
    rng, right = np.random.default_rng(SEED), examples.right
    order = np.concatenate([rng.permutation(np.flatnonzero(right == kind)) for kind in (1, 0)])
    fold = np.empty(len(right), dtype=np.int64)
    fold[order] = np.arange(len(right)) % FOLDS
    confidences = np.empty(len(right))
    for number in range(FOLDS):
        held = fold == number
        confidences[held] = _fit(examples.some(~held)).chances(examples.signals[held])
    return np.round(confidences, DECIMALS)


def _fit(examples: Examples) -> LogisticModel:
    return fit_standardised(examples.signals, examples.right, shares=examples.shares)
