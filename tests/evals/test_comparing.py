"""A comparison for people and for programs."""

import json
from dataclasses import replace

import pytest

from evals.comparing import LONGEST_QUESTION, comparison_json, format_change, tabulate_comparison
from evals.comparison import compare_runs
from evals.errors import RunsNotComparable
from evals.facts import Interval
from evals.metrics import EVERY

METRIC = {metric.name: metric for metric in EVERY}


@pytest.fixture
def comparison(facts):
    """Of twenty questions fifteen became right and one wrong."""
    right, wrong = facts.answer(), facts.answer(right=False)
    before = [facts.judgement(number, answer=wrong if number else right) for number in range(20)]
    after = [facts.judgement(number, answer=right if 0 < number < 16 else wrong) for number in range(20)]
    return compare_runs(facts.run(*before), facts.run(*after))


def test_the_differences_of_all_questions_come_first_and_the_flips_last(comparison):
    whole, flips = tabulate_comparison(comparison)
    assert (whole.title, flips.title) == (
        "Differences, all", "Questions that flipped: 15 mended, 1 broken, 0 otherwise",
    )  # fmt: skip
    row = next(row for row in whole.rows if row[0] == "answered right")
    assert (row[1], row[2], row[3][:12], row[5], row[6]) == ("5.0%", "75.0%", "+70.0 points", "20", "better")
    assert all(len(row) == len(table.header) for table in (whole, flips) for row in table.rows)


def test_each_split_is_shown_when_asked_for(comparison):
    titles = [table.title for table in tabulate_comparison(comparison, splits=True)]
    assert titles[:2] == ["Differences, all", "Differences, split dev"]


def test_a_flip_says_what_became_what(comparison):
    rows = tabulate_comparison(comparison)[-1].rows
    assert rows[0] == ("mended", "q1", "Who?", "wrong; its evidence is not known → right")
    assert rows[-1] == ("broken", "q0", "Who?", "right → wrong; its evidence is not known")


def test_a_long_question_is_shortened(facts):
    before, after = facts.judgement(answer=facts.answer()), facts.judgement(answer=facts.answer(right=False))
    runs = [facts.run(one) for one in (before, after)]
    runs = [replace(run, records=(facts.record(run.records[0].judgement, question="w" * 200),)) for run in runs]
    shown = tabulate_comparison(compare_runs(*runs))[-1].rows[0][2]
    assert (len(shown), shown[-1]) == (LONGEST_QUESTION, "…")


@pytest.mark.parametrize(
    ("name", "new", "low", "high", "written"),
    [
        ("token F1", 0.625, 0.01, 0.2, "+12.5 points (+1.0 to +20.0)"),
        ("token F1", 0.375, -0.2, 0.0, "-12.5 points (-20.0 to 0.0)"),
        ("words per answer", 2.5, 1.0, 3.0, "+2.0 (+1.0 to +3.0)"),
        ("token F1", 0.4999, -0.0001, 0.0001, "0.0 points (0.0 to 0.0)"),
    ],
)
def test_changes_carry_their_sign_and_shares_are_in_points(comparison, name, new, low, high, written):
    interval = Interval(low=low, high=high)
    one = replace(comparison.differences[0], metric=METRIC[name], baseline=0.5, new=new, interval=interval)
    assert format_change(one) == written


def test_a_change_without_an_interval_stands_alone(comparison):
    one = replace(comparison.differences[0], metric=METRIC["token F1"], baseline=0.5, new=0.625, interval=None)
    assert format_change(one) == "+12.5 points"


def test_the_json_holds_every_difference_and_flip(comparison):
    document = comparison_json(comparison)
    assert json.loads(json.dumps(document)) == document
    first = document["differences"][0]
    assert (first["metric"], first["stage"], first["group"], first["verdict"]) == (
        "answered right", "answering", "all", "better",
    )  # fmt: skip
    assert first["change"] == pytest.approx(first["new"] - first["baseline"])
    assert first["interval95"][0] <= first["change"] <= first["interval95"][1]
    assert document["flips"][0] == {
        "id": "q1", "direction": "mended", "outcomes": "wrong; its evidence is not known → right",
    }  # fmt: skip


def test_the_error_says_how_to_compare_all_the_same(facts):
    with pytest.raises(RunsNotComparable, match="--intersection"):
        compare_runs(facts.run(facts.judgement(1)), facts.run(facts.judgement(2)))
