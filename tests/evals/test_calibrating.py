"""Fitting the confidence on judged answers."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.calibration import SIGNALS, Configuration
from evals.calibrating import (
    MOST_POINTS,
    Examples,
    collect_examples,
    fit_calibration,
    perfect_calibration_error,
    trace_curve,
)
from evals.errors import TooFewToCalibrate

PRESENT = Configuration(embedder="e", reader=None, evidence="1", signals=SIGNALS)


def examples(n, *, seed=0, slope=3.0):
    """Signals of which the first tells how likely an answer is right."""
    rng = np.random.default_rng(seed)
    signals = rng.normal(size=(n, len(SIGNALS)))
    right = (rng.random(n) < 1 / (1 + np.exp(-slope * signals[:, 0]))).astype(float)
    return Examples(signals=signals, right=right)


def fit(made):
    return fit_calibration(made, configuration=PRESENT, fitted_on="made up")


def test_confidence_that_was_kept_from_a_question_is_calibrated_and_tells_right_from_wrong():
    fitted = fit(examples(2000))
    assert fitted.error < 0.05
    assert fitted.error == pytest.approx(fitted.perfect_error, abs=0.02)
    assert fitted.auroc_interval.low < fitted.auroc < fitted.auroc_interval.high
    assert fitted.auroc > 0.85
    assert max(fitted.calibration.weights, key=fitted.calibration.weights.get) == SIGNALS[0]


def test_signals_that_say_nothing_give_everything_about_the_same_confidence():
    fitted = fit(examples(400, slope=0.0))
    assert fitted.auroc == pytest.approx(0.5, abs=0.1)
    middle = [fitted.calibration.confidence(dict.fromkeys(SIGNALS, value)) for value in (-1.0, 0.0, 1.0)]
    assert middle == pytest.approx([fitted.right / 400] * 3, abs=0.25)


def test_the_same_answers_give_the_same_calibration():
    assert fit(examples(60)).to_json() == fit(examples(60)).to_json()


def test_the_last_operating_point_gives_every_answer():
    fitted = fit(examples(60))
    last = fitted.calibration.curve[-1]
    assert (last.answers, last.wrong) == (60, 60 - fitted.right)


@pytest.mark.parametrize("right", [[1.0] * 15 + [0.0] * 14, [1.0] * 96 + [0.0] * 4, [0.0] * 100, []])
def test_too_few_answers_of_a_kind_are_a_named_error_that_says_what_to_do(right):
    made = Examples(signals=np.zeros((len(right), len(SIGNALS))), right=np.array(right))
    with pytest.raises(TooFewToCalibrate, match=f"^{len(right)} answers could be judged.*assistant eval new"):
        fit(made)


@given(st.lists(st.tuples(st.integers(0, 12).map(lambda at: at / 12), st.integers(0, 1)), min_size=1, max_size=60))
def test_the_curve_counts_what_each_threshold_would_give(pairs):
    curve = trace_curve(np.array(pairs, dtype=float))
    assert [point.threshold for point in curve] == sorted({confidence for confidence, _ in pairs}, reverse=True)
    for point in curve:
        given_answers = [right for confidence, right in pairs if confidence >= point.threshold]
        assert (point.answers, point.wrong) == (len(given_answers), given_answers.count(0))


def test_a_long_curve_is_thinned_and_keeps_its_end():
    curve = trace_curve(np.column_stack([np.linspace(0, 1, 1234), np.ones(1234)]))
    assert len(curve) <= MOST_POINTS
    assert curve[-1].answers == 1234


def test_a_perfect_calibration_errs_by_chance_and_the_less_the_more_questions_there_are():
    assert perfect_calibration_error(np.array([0.0, 1.0] * 10)) == 0
    few, many = (perfect_calibration_error(np.random.default_rng(1).random(n)) for n in (50, 5000))
    assert 0.08 < few < 0.2
    assert many < 0.03


def test_answers_to_questions_without_one_are_wrong_and_what_cannot_be_judged_is_left_out(maker, questions, asker):
    """Right, without accepted answers, abstained, wrong, wrongly answered, abstained."""
    signals = dict.fromkeys(SIGNALS, 0.5)
    asker.answers = {
        text: answer if answer.abstention else replace(answer, signals=signals)
        for text, answer in asker.answers.items()
    }
    asker.answers["Which?"] = maker.catalog_reply("Which?", "Two documents.")
    seen = []
    found = collect_examples(
        questions, asker=asker, documents=maker.documents, progress=lambda *state: seen.append(state)
    )
    assert list(found.right) == [1.0, 0.0, 0.0]
    assert found.signals.shape == (3, len(SIGNALS))
    assert asker.histories[1] == questions[1].history
    assert seen[-1] == (6, 6)
