"""Scores of groups of questions."""

import numpy as np
import pytest

from evals.comparison import Verdict, compare_metric
from evals.intervals import wilson_interval
from evals.metrics import EVERY, METRICS, Unit
from evals.scoring import group_questions, quantile_score, score_all, score_groups, score_latencies, score_metric

METRIC = {metric.name: metric for metric in EVERY}


@pytest.fixture
def mixed(facts):
    """Facts and lists in both splits, one from outside, one follow-up."""
    right, wrong = facts.answer(), facts.answer(right=False)
    return facts.scored(
        [
            facts.judgement(1, answer=right, quotes=1, retrieval=facts.retrieval(1)),
            facts.judgement(2, answer=wrong, quotes=1, retrieval=facts.retrieval(3)),
            facts.judgement(3, split="test", tags=("lists",)),
            facts.judgement(4, split="test", answer=right),
            facts.judgement(5, answerable=False, tags=("outside",)),
            facts.judgement(6, not_scored="a follow-up", tags=("follow-up",)),
        ]
    )


def test_groups_are_everything_then_splits_kinds_and_kinds_of_splits(mixed):
    assert list(group_questions(mixed)) == [
        "all", "split dev", "split test", "kind facts", "kind follow-up", "kind lists", "kind outside",
        "dev facts", "dev follow-up", "dev outside", "test facts", "test lists",
    ]  # fmt: skip


def test_every_group_has_every_metric_in_the_same_order(mixed):
    for group in score_groups(mixed):
        assert [score.name for score in group.scores] == [metric.name for metric in METRICS]


def test_what_was_not_asked_is_counted_apart(mixed):
    groups = {group.group: group for group in score_groups(mixed)}
    assert (groups["all"].questions, groups["all"].not_scored) == (6, 1)
    assert (groups["split test"].questions, groups["split test"].not_scored) == (2, 0)
    assert all(score.value is None for score in groups["dev follow-up"].scores)


def test_the_calibration_error_is_shown_without_an_interval_and_not_judged(facts):
    sure, unsure = (
        facts.run(*[facts.judgement(n, confidence=confidence, answer=facts.answer()) for n in range(40)])
        for confidence in (0.9, 0.1)
    )
    score = score_metric(METRIC["calibration error"], sure.scored)
    assert (score.value, score.n, score.interval) == (pytest.approx(0.1), 40, None)
    difference = compare_metric(METRIC["calibration error"], sure.scored, unsure.scored)
    assert (difference.interval, difference.verdict) == (None, Verdict.UNJUDGED)


def test_nothing_to_count_has_no_value_no_interval_and_no_n(facts):
    follow_up = facts.scored([facts.judgement(not_scored="a follow-up")])
    for scored in ([], follow_up):
        for score in (*score_all(scored), *score_latencies(scored)):
            assert (score.value, score.interval, score.n) == (None, None, 0)


def test_a_share_that_never_varies_claims_no_more_than_its_questions_show(facts):
    judgements = [facts.judgement(number, answer=facts.answer(citations=3, citations_valid=3)) for number in range(10)]
    score = score_metric(METRIC["citations valid"], facts.scored(judgements))
    assert (score.value, score.n, score.interval) == (1.0, 30, wilson_interval(10, 10))


def test_a_share_of_questions_has_wilsons_interval(facts):
    judgements = [facts.judgement(number, answer=facts.answer(right=number < 8)) for number in range(10)]
    score = score_metric(METRIC["answered right"], facts.scored(judgements))
    assert (score.value, score.interval) == (0.8, wilson_interval(8, 10))


def test_a_mean_of_graded_values_is_bootstrapped(facts):
    judgements = [
        facts.judgement(number, answer=facts.answer(token_f1=number / 39)) for number in range(40)
    ]  # fmt: skip
    score = score_metric(METRIC["token F1"], facts.scored(judgements))
    half = 1.96 * np.std(np.arange(40) / 39) / np.sqrt(40)
    assert (score.interval.low, score.interval.high) == pytest.approx((0.5 - half, 0.5 + half), abs=0.02)


def test_lengths_are_no_shares_even_where_each_is_one(facts):
    judgements = [facts.judgement(number, answer=facts.answer(sentences=1)) for number in range(10)]
    score = score_metric(METRIC["sentences per answer"], facts.scored(judgements))
    assert (score.value, score.interval.low, score.interval.high) == (1.0, 1.0, 1.0)


def test_one_class_alone_has_no_auroc(facts):
    judgements = [facts.judgement(number, signal=number / 10) for number in range(5)]
    score = score_metric(METRIC["AUROC of answerable"], facts.scored(judgements))
    assert (score.value, score.interval) == (None, None)


def test_one_question_is_its_own_interval_where_no_share_is_counted(facts):
    (scored,) = facts.scored([facts.judgement(answer=facts.answer(token_f1=0.3))])
    score = score_metric(METRIC["token F1"], [scored])
    assert (score.value, score.interval.low, score.interval.high, score.n) == (0.3, 0.3, 0.3, 1)


def test_scores_lie_within_their_intervals(mixed):
    for group in score_groups(mixed):
        for score in group.scores:
            assert score.interval is None or score.interval.low <= score.value <= score.interval.high


def test_the_same_questions_have_the_same_scores(mixed):
    assert score_groups(mixed) == score_groups(list(mixed))


def test_quantiles_of_other_durations_come_with_an_interval():
    score = quantile_score("ask p50", [float(number) for number in range(1, 102)], quantile=0.5)
    assert (score.value, score.n, score.unit) == (51.0, 101, Unit.MILLISECONDS)
    assert score.interval.low < 51 < score.interval.high
    assert quantile_score("ask p50", [], quantile=0.5).value is None
