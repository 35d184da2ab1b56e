"""The points behind the plots."""

import pytest

from evals.facts import AnswerFacts, Judgement, Scored
from evals.metrics import METRICS
from evals.report.curves import reliability_bins, risk_coverage_curve, shares_by_tag
from evals.scoring import score_metric

NOTHING = {
    "exact_match": None, "token_f1": None, "words": 1, "sentences": 1, "sentences_cited": 1, "citations": 1,
    "citations_valid": 1, "citations_on_gold": 0, "quotes_cited": 0, "characters_cited": 1, "characters_on_gold": 0,
}  # fmt: skip


def answered(right, *, signal=None, confidence=None, tags=("fact",)):
    judgement = Judgement(
        question_id="q", split="dev", tags=tags, answerable=True, signal=signal, confidence=confidence,
        answer=AnswerFacts(right=right, **NOTHING),
    )  # fmt: skip
    return Scored(judgement=judgement)


def test_the_surest_answers_come_first_and_equal_signals_together():
    scored = [
        answered(True, signal=0.9),
        answered(False, signal=0.5),
        answered(True, signal=0.5),
        answered(False, signal=0.1),
    ]
    points = [(point.coverage, point.wrong.hits, point.wrong.n) for point in risk_coverage_curve(scored)]
    assert points == [(0.25, 0, 1), (0.75, 1, 3), (1.0, 2, 4)]


def test_the_curve_and_the_metric_agree_on_the_area():
    signals = [(0.9, True), (0.8, False), (0.8, True), (0.4, True), (0.3, False), (0.3, False)]
    scored = [answered(right, signal=signal) for signal, right in signals]
    curve = risk_coverage_curve(scored)
    before = [0.0, *(point.coverage for point in curve)]
    area = sum(point.wrong.value * (point.coverage - last) for point, last in zip(curve, before, strict=False))
    metric = next(metric for metric in METRICS if metric.name == "risk-coverage area")
    assert area == pytest.approx(score_metric(metric, scored).value)


def test_confidence_is_compared_with_truth_in_bins():
    scored = [answered(True, confidence=0.91), answered(False, confidence=0.99), answered(True, confidence=0.05)]
    low, high = reliability_bins(scored)
    assert (low.confidence, low.right.hits, low.right.n) == (pytest.approx(0.05), 1, 1)
    assert (high.confidence, high.right.hits, high.right.n) == (pytest.approx(0.95), 1, 2)
    assert reliability_bins([answered(True, signal=0.4)]) == ()


def test_a_question_counts_for_each_of_its_tags():
    scored = [answered(True, tags=("fact", "who")), answered(False, tags=("fact",)), answered(True, tags=())]
    shares = {share.label: (share.hits, share.n) for share in shares_by_tag(scored)}
    assert shares == {"fact": (1, 2), "who": (1, 1), "untagged": (1, 1)}


def test_nothing_answered_gives_no_curve():
    assert risk_coverage_curve([]) == reliability_bins([]) == shares_by_tag([]) == ()
