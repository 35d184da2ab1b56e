"""Two runs side by side: paired intervals, a paired test, flips, and what can't be compared."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evals.comparison import SWAPS, Verdict, compare_metric, compare_runs
from evals.errors import RunsNotComparable
from evals.facts import Interval
from evals.metrics import EVERY, METRICS

METRIC = {metric.name: metric for metric in EVERY}
F1 = METRIC["token F1"]


@pytest.fixture(scope="module")
def graded(facts):
    """Make questions with the given token F1s."""

    def make(values):
        return facts.scored(
            [facts.judgement(number, answer=facts.answer(token_f1=value)) for number, value in enumerate(values)]
        )

    return make


def varied(pairs):
    return len({new - baseline for baseline, new in pairs}) > 1


def test_a_run_compared_with_itself_differs_in_nothing(facts):
    run = facts.run(facts.judgement(1, answer=facts.answer()), facts.judgement(2, answerable=False), facts.judgement(3))
    comparison = compare_runs(run, run)
    assert comparison.flips == ()
    assert {one.change for one in comparison.differences} == {0.0}
    assert {one.verdict for one in comparison.differences} == {Verdict.NOISE}
    assert {one.p_value for one in comparison.differences} == {1.0}


def test_differences_are_of_all_questions_and_of_each_split_in_the_registrys_order(facts):
    run = facts.run(facts.judgement(1, answer=facts.answer()), facts.judgement(2, split="test", answer=facts.answer()))
    differences = compare_runs(run, run).differences
    assert list(dict.fromkeys(one.group for one in differences)) == ["all", "split dev", "split test"]
    names = [one.metric.name for one in differences if one.group == "all"]
    assert names == [metric.name for metric in METRICS if metric.name in names]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 64), st.integers(0, 64)), min_size=2, max_size=30).filter(varied))
def test_the_paired_interval_is_that_of_the_mean_of_differences(graded, pairs):
    baseline, new = (np.array(side) / 64 for side in zip(*pairs, strict=True))
    found = compare_metric(F1, graded(baseline), graded(new))
    expected = stats.bootstrap(
        (np.subtract(new, baseline),), np.mean, n_resamples=2000, batch=2000, method="BCa",
        rng=np.random.default_rng(20251123),
    ).confidence_interval  # fmt: skip
    assert found.change == pytest.approx(np.mean(new) - np.mean(baseline), abs=1e-9)
    assert (found.interval.low, found.interval.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=10))
def test_the_paired_test_equals_scipys_exact_one_within_its_sampling_error(graded, pairs):
    baseline, new = (np.array(side) / 4 for side in zip(*pairs, strict=True))
    exact = stats.permutation_test(
        (baseline, new), lambda old, newer: np.mean(newer) - np.mean(old), permutation_type="samples",
        n_resamples=np.inf,
    ).pvalue  # fmt: skip
    error = 5 * np.sqrt(exact * (1 - exact) / SWAPS) + 2 / SWAPS
    assert compare_metric(F1, graded(baseline), graded(new)).p_value == pytest.approx(exact, abs=error)


@pytest.mark.parametrize(
    "name", ["AUROC of answerable", "risk-coverage area", "abstention F1", "right of those answered"]
)
def test_turning_the_runs_round_turns_the_difference_round(facts, name):
    rng = np.random.default_rng(3)

    def judgement(number):
        answer = facts.answer(right=number % 3 > 0 and bool(rng.random() < 0.6))
        answered, signal = rng.random() < 0.7, float(rng.random())
        return facts.judgement(number, answerable=number % 3 > 0, signal=signal, answer=answer if answered else None)

    one, other = (facts.scored(map(judgement, range(60))) for _ in range(2))
    there, back = compare_metric(METRIC[name], one, other), compare_metric(METRIC[name], other, one)
    assert there.change == pytest.approx(-back.change)
    assert (there.interval.low, there.interval.high) == pytest.approx((-back.interval.high, -back.interval.low))
    assert there.p_value == back.p_value
    assert there.interval.low <= there.change <= there.interval.high


def test_a_question_counts_where_the_metric_applies_to_it_in_one_run_alone(facts):
    answered = facts.scored([facts.judgement(number, answer=facts.answer()) for number in range(3)])
    some = [*facts.scored([facts.judgement(0)]), *answered[1:]]
    found = compare_metric(METRIC["token F1"], answered, some)
    assert (found.n, found.change) == (3, 0.0)


def test_a_metric_without_a_value_in_one_run_is_left_out(facts):
    answered, abstained = (facts.scored([facts.judgement(answer=answer)]) for answer in (facts.answer(), None))
    assert compare_metric(F1, answered, abstained) is None
    assert compare_metric(F1, abstained, abstained) is None
    one_class = facts.scored([facts.judgement(number, signal=0.5) for number in range(3)])
    assert compare_metric(METRIC["AUROC of answerable"], one_class, one_class) is None


@pytest.mark.parametrize(
    ("name", "low", "high", "verdict"),
    [
        ("token F1", 0.1, 0.2, Verdict.BETTER),
        ("token F1", -0.2, -0.1, Verdict.WORSE),
        ("wrongly abstained", 0.1, 0.2, Verdict.WORSE),
        ("wrongly abstained", -0.2, -0.1, Verdict.BETTER),
        ("words per answer", 0.1, 0.2, Verdict.DIFFERENT),
        ("token F1", -0.1, 0.2, Verdict.NOISE),
        ("token F1", 0.0, 0.2, Verdict.NOISE),
        ("latency p50", 5.0, 6.0, Verdict.UNJUDGED),
    ],
)
def test_the_verdict_is_where_zero_lies(graded, name, low, high, verdict):
    found = compare_metric(F1, graded([0.5, 0.5]), graded([0.5, 0.5]))
    found = replace(found, metric=METRIC[name], interval=Interval(low=low, high=high), p_value=0.01)
    assert found.verdict is verdict


def test_three_flips_in_one_direction_are_inside_the_noise(facts):
    before = facts.scored([facts.judgement(n, answer=facts.answer()) for n in range(100)])
    after = facts.scored([facts.judgement(n, answer=facts.answer(right=n >= 3)) for n in range(100)])
    found = compare_metric(METRIC["answered right"], before, after)
    assert found.interval.high < 0 < 0.2 < found.p_value
    assert found.verdict is Verdict.NOISE


def test_without_an_interval_nothing_is_said_to_differ(graded):
    found = compare_metric(F1, graded([0.0]), graded([1.0]))
    assert replace(found, interval=None).verdict is Verdict.NOISE


def test_flips_go_both_ways_and_what_was_not_scored_is_none(facts):
    right, wrong = facts.answer(), facts.answer(right=False)
    before = facts.run(
        facts.judgement(1, answer=right), facts.judgement(2, answer=wrong), facts.judgement(3),
        facts.judgement(4, answer=right), facts.judgement(5, answer=facts.answer(right=None)),
    )  # fmt: skip
    after = facts.run(
        facts.judgement(1, answer=wrong), facts.judgement(2, answer=right), facts.judgement(3, answer=wrong),
        facts.judgement(4, answer=right), facts.judgement(5, answer=wrong),
    )  # fmt: skip
    flips = [(flip.new.id, flip.mended, flip.broken) for flip in compare_runs(before, after).flips]
    assert flips == [("q2", True, False), ("q1", False, True), ("q3", False, False)]


def test_runs_over_other_documents_are_refused_unless_asked_for_what_they_share(facts):
    baseline, new = facts.run(facts.judgement()), facts.run(facts.judgement(), documents="d2")
    with pytest.raises(RunsNotComparable, match="over different documents"):
        compare_runs(baseline, new)
    assert compare_runs(baseline, new, intersection=True).left_out == 0


def test_a_question_that_only_one_run_has_scored_is_left_out(facts):
    baseline = facts.run(facts.judgement(1), facts.judgement(2, not_scored="a follow-up"))
    new = facts.run(facts.judgement(1), facts.judgement(2))
    comparison = compare_runs(baseline, new)
    assert (comparison.left_out, comparison.differences[0].n) == (1, 1)


def test_runs_over_other_questions_are_refused_by_name_unless_asked_for_what_they_share(facts):
    baseline = facts.run(facts.judgement(1), facts.judgement(2))
    new = facts.run(facts.judgement(2), facts.judgement(3))
    with pytest.raises(RunsNotComparable, match=r"2 and 2 questions, 1 of them the same \(q1, q3\)"):
        compare_runs(baseline, new)
    comparison = compare_runs(baseline, new, intersection=True)
    assert (comparison.left_out, {one.n for one in comparison.differences}) == (2, {1})


def test_a_question_with_other_gold_is_another_question(facts):
    baseline, new = facts.run(facts.judgement(1), facts.judgement(2)), facts.run(facts.judgement(1), facts.judgement(2))
    changed = replace(new.records[1], gold=dict(new.records[1].gold) | {"answers": ["Eve"]})
    new = replace(new, records=(new.records[0], changed))
    with pytest.raises(RunsNotComparable, match="2 and 2 questions, 1 of them the same"):
        compare_runs(baseline, new)
    assert compare_runs(baseline, new, intersection=True).left_out == 2


def test_runs_that_share_nothing_are_refused_even_then(facts):
    with pytest.raises(RunsNotComparable, match="share no question"):
        compare_runs(facts.run(facts.judgement(1)), facts.run(facts.judgement(2)), intersection=True)


def test_the_order_of_questions_does_not_matter(facts):
    answers = [facts.answer(), facts.answer(right=False), None]
    judgements = [facts.judgement(number, answer=answer) for number, answer in enumerate(answers)]
    there = compare_runs(facts.run(*judgements), facts.run(*reversed(judgements)))
    assert (there.flips, {one.change for one in there.differences}) == ((), {0.0})
