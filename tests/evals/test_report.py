"""Scores for people and programs."""

import json

from evals.report import Table, format_score, render_plain, report_json, tabulate_run

from evals.metrics import Score, Unit, share_score
from evals.run import run_questions


def make_run(maker):
    questions = [
        maker.question("Who?", id="q1", evidence=[maker.evidence("a.md", "Ada")]),
        maker.unanswerable("Why?", id="q2", split="test", tags=("outside",)),
    ]
    answers = {
        "Who?": maker.answer("Who?", maker.citation("a.md", "Ada"), passages=[maker.passage("a.md", 0, 9)]),
        "Why?": maker.abstention("Why?"),
    }
    return run_questions(questions, asker=maker.asker(answers), documents=maker.documents, progress=lambda *state: None)


def test_a_score_is_written_with_its_interval_and_n():
    assert format_score(share_score("right", [True] * 8 + [False] * 2)) == "80.0% (49.0–94.3) n=10"
    assert format_score(share_score("right", [])) == "-"
    assert format_score(Score(name="x", value=None, n=0, interval=None, unit=Unit.WORDS)) == "-"


def test_metrics_stand_beside_each_other_by_split_and_below_by_kind(maker):
    scores, kinds = tabulate_run(make_run(maker))
    assert scores.header == ("metric (95 % interval)", "all", "dev", "test")
    assert scores.rows[0] == ("questions, not scored", "2, 0", "1, 0", "1, 0")
    cells = {row[0]: row[1:] for row in scores.rows}
    assert cells["answered right"][2] == "-"
    assert cells["abstention recall"][0].startswith("100.0% (20.7–100.0) n=1")
    assert cells["latency p95"][0].endswith("n=2")
    assert [row[0] for row in kinds.rows] == ["dev facts", "test outside"]
    assert all(len(row) == len(kinds.header) for row in kinds.rows)


def test_plain_tables_are_aligned():
    table = Table(title="T", header=("a", "bb"), rows=(("ccc", "d"), ("e", "")))
    assert render_plain(table) == "T\na    bb\nccc  d\ne"


def test_the_json_holds_every_group_and_the_manifest(maker):
    document = report_json(make_run(maker), manifest={"schema": 1, "commit": None})
    assert json.loads(json.dumps(document)) == document
    assert document["schema"] == 1
    assert document["manifest"]["commit"] is None
    recall = document["groups"][0]["scores"][0]
    assert (recall["name"], recall["value"], recall["n"], recall["unit"]) == ("recall@5 of quotes", 1.0, 1, "share")
    assert [score["name"] for score in document["latencies"]] == ["latency p50", "latency p95"]
