"""A gate trips when a metric falls beyond its tolerance or under its floor."""

import pytest

from evals.comparison import compare_runs
from evals.errors import GateInvalid
from evals.gate import check_gate, load_gate
from evals.metrics import Stage


@pytest.fixture
def gate(tmp_path):
    def make(text):
        path = tmp_path / "gate.toml"
        path.write_text(text, encoding="utf-8")
        return load_gate(path)

    return make


@pytest.fixture
def runs(facts):
    """A hundred questions of which so many are right; the rest is abstained from."""

    def make(right):
        return facts.run(*[facts.judgement(n, answer=facts.answer() if n < right else None) for n in range(100)])

    return make


def names(trips):
    return [(trip.stage, trip.metric.name) for trip in trips]


def test_a_run_passes_against_itself(gate, runs):
    rules = gate('[tolerance]\n"answered right" = 0\n"wrongly abstained" = 0.0\n[floor]\n"answered right" = 0.5\n')
    assert check_gate(rules, compare_runs(runs(60), runs(60))) == ()


def test_it_trips_when_the_whole_interval_lies_beyond_the_tolerance(gate, runs):
    comparison = compare_runs(runs(80), runs(60))  # twenty points worse, give or take eight
    (trip,) = check_gate(gate('[tolerance]\n"answered right" = 0.1\n'), comparison)
    assert trip.reason.startswith("answered right: 80.0% → 60.0%, -20.0 points (")
    assert trip.reason.endswith("tolerated 10.0%")
    assert check_gate(gate('[tolerance]\n"answered right" = 0.15\n'), comparison) == ()


def test_less_is_better_for_some_metrics(gate, runs):
    rules = gate('[tolerance]\n"wrongly abstained" = 0.01\n')
    assert names(check_gate(rules, compare_runs(runs(80), runs(60)))) == [(Stage.ABSTENTION, "wrongly abstained")]
    assert check_gate(rules, compare_runs(runs(60), runs(80))) == ()


def test_a_floor_holds_whatever_the_baseline_was(gate, runs):
    comparison = compare_runs(runs(40), runs(40))
    (trip,) = check_gate(gate('[floor]\n"answered right" = 0.5\n'), comparison)
    assert trip.reason == "answered right: 40.0% is under its floor of 50.0%"
    assert check_gate(gate('[floor]\n"answered right" = 0.4\n'), comparison) == ()


def test_a_floor_is_a_ceiling_where_less_is_better(gate, runs):
    comparison = compare_runs(runs(40), runs(40))
    (trip,) = check_gate(gate('[floor]\n"wrongly abstained" = 0.5\n'), comparison)
    assert trip.reason == "wrongly abstained: 60.0% is over its ceiling of 50.0%"
    assert check_gate(gate('[floor]\n"wrongly abstained" = 0.6\n'), comparison) == ()


def test_a_metric_that_lost_its_value_trips_both_rules(gate, runs):
    rules = gate('[tolerance]\n"citations valid" = 0.5\n[floor]\n"citations valid" = 1.0\n')
    trips = check_gate(rules, compare_runs(runs(50), runs(0)))
    assert [trip.reason for trip in trips] == [
        "citations valid has no value in one of the runs", "citations valid has no value, its floor is 100.0%",
    ]  # fmt: skip


def test_a_difference_that_no_interval_can_be_given_for_trips_and_says_why(gate, facts):
    """Of two questions, half of the resamples hold only one kind, and no area under the curve exists for those."""
    run = facts.run(
        facts.judgement(1, signal=0.9, answer=facts.answer()), facts.judgement(2, answerable=False, signal=0.1)
    )
    (trip,) = check_gate(gate('[tolerance]\n"AUROC of answerable" = 0.5\n'), compare_runs(run, run))
    assert trip.reason.startswith("AUROC of answerable: too few questions have a value for an interval")


def test_a_metric_without_a_trustworthy_interval_can_have_a_ceiling_and_no_tolerance(gate, facts):
    run = facts.run(*[facts.judgement(n, confidence=0.9, answer=facts.answer(right=n > 3)) for n in range(40)])
    rules = gate('[tolerance]\n"calibration error" = 0.5\n[floor]\n"calibration error" = 0.06\n')
    (trip,) = check_gate(rules, compare_runs(run, run))
    assert trip.reason.startswith("calibration error: there is no trustworthy interval of the difference")


def test_trips_come_in_the_order_of_the_stages(gate, facts):
    good = facts.run(*[facts.judgement(n, retrieval=facts.retrieval(1), answer=facts.answer()) for n in range(50)])
    bad = facts.run(*[facts.judgement(n, retrieval=facts.retrieval(None)) for n in range(50)])
    rules = gate('[tolerance]\n"wrongly abstained" = 0\n"answered right" = 0\n"MRR@10" = 0\n')
    assert names(check_gate(rules, compare_runs(good, bad))) == [
        (Stage.RETRIEVAL, "MRR@10"), (Stage.ANSWERING, "answered right"), (Stage.ABSTENTION, "wrongly abstained"),
    ]  # fmt: skip


def test_only_the_whole_is_judged_and_not_each_split(gate, facts):
    before = facts.run(
        *[facts.judgement(n, split="dev" if n % 2 else "test", answer=facts.answer()) for n in range(20)]
    )
    after = facts.run(
        *[facts.judgement(n, split="dev" if n % 2 else "test", answer=facts.answer() if n else None) for n in range(20)]
    )
    assert check_gate(gate('[tolerance]\n"answered right" = 0.06\n'), compare_runs(before, after)) == ()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[tolerance]\nx = 0.1\n", "there is no metric 'x'; there are recall@5"),
        ('[floor]\n"words per answer" = 10\n', "'words per answer' has no better direction"),
        ('[tolerance]\n"MRR@10" = -0.1\n', "tolerance.MRR@10: Input should be greater than or equal to 0"),
        ('[tolerance]\n"MRR@10" = nan\n', "tolerance.MRR@10: Input should be greater than or equal to 0"),
        ('[floor]\n"MRR@10" = nan\n', "finite"),
        ('[tolerance]\n"MRR@10" = "little"\n', "valid number"),
        ("[ceiling]\n", "Extra inputs"),
        ("not toml", "Expected"),
    ],
)
def test_faults_of_the_file_are_a_named_error(gate, text, fault):
    with pytest.raises(GateInvalid, match=fault):
        gate(text)


def test_a_file_that_is_not_there_is_a_named_error(tmp_path):
    with pytest.raises(GateInvalid, match="can't be used"):
        load_gate(tmp_path / "gate.toml")
