"""Scores as tables."""

import pytest

from evals.facts import Interval
from evals.metrics import Stage, Unit
from evals.scoring import Score, score_groups, score_latencies
from evals.tables import Table, format_score, format_value, render_markdown, render_plain, tabulate_run


def score(**changes):
    fields = {"name": "x", "value": 0.8, "n": 10, "unit": Unit.SHARE, "stage": Stage.ANSWERING}
    return Score(**({"interval": Interval(low=0.49, high=0.9433)} | fields | changes))


@pytest.mark.parametrize(
    ("changes", "written"),
    [
        ({}, "80.0% (49.0–94.3) n=10"),
        ({"interval": None}, "80.0% n=10"),
        ({"value": None}, "-"),
        ({"value": 12.34, "unit": Unit.MILLISECONDS, "interval": Interval(low=1, high=20)}, "12.3 ms (1.0–20.0) n=10"),
        ({"value": 4.0, "unit": Unit.WORDS, "interval": Interval(low=3, high=5)}, "4.0 (3.0–5.0) n=10"),
    ],
)
def test_a_score_is_written_with_its_interval_and_n(changes, written):
    assert format_score(score(**changes)) == written


def test_values_are_written_in_their_unit():
    assert [format_value(0.5, unit) for unit in (Unit.SHARE, Unit.MILLISECONDS, Unit.TOKENS)] == [
        "50.0%", "0.5 ms", "0.5",
    ]  # fmt: skip


def test_metrics_stand_beside_each_other_by_split_and_below_by_kind(run):
    scores, kinds = tabulate_run(score_groups(run.scored), score_latencies(run.scored))
    assert scores.header == ("metric (95 % interval)", "all", "dev", "test")
    assert scores.rows[0] == ("questions, not scored", "6, 0", "4, 0", "2, 0")
    cells = {row[0]: row[1:] for row in scores.rows}
    assert cells["answered right"][2].startswith("0.0%")
    assert cells["abstention recall"][0].startswith("50.0%")
    assert cells["latency p95"][0].endswith("n=6")
    assert [row[0] for row in kinds.rows] == ["dev facts", "dev lists", "test facts"]
    assert all(len(row) == len(table.header) for table in (scores, kinds) for row in table.rows)


def test_metrics_without_a_value_anywhere_are_left_out(run):
    scores, _ = tabulate_run(score_groups(run.scored), score_latencies(run.scored))
    assert "calibration error" not in {row[0] for row in scores.rows}


def test_plain_tables_are_aligned():
    table = Table(title="T", header=("a", "bb"), rows=(("ccc", "d"), ("e", "")))
    assert render_plain(table) == "T\na    bb\nccc  d\ne"


def test_markdown_tables_have_a_heading_and_escaped_bars():
    table = Table(title="T", header=("a", "b"), rows=(("x|y", ""),))
    assert render_markdown(table) == "## T\n\n| a | b |\n| --- | --- |\n| x\\|y |  |\n"
