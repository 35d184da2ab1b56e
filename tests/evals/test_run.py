"""A run asks every question once and writes it all down."""

import json
from datetime import UTC, datetime

import pytest

from assistant.settings import Settings
from assistant.types import ConversationTurn
from evals.manifest import build_manifest, find_commit
from evals.run import outcome, run_questions, write_run

ADA = "Ada wrote the first program."


@pytest.fixture
def questions(maker):
    evidence = [maker.evidence("a.md", "Ada wrote")]
    return [
        maker.question("Who?", id="q1", evidence=evidence),
        maker.question("And she?", id="q2", history=(ConversationTurn(question="Who?", answer="Ada."),)),
        maker.unanswerable("Why?", id="q3", split="test"),
        maker.question("Where?", id="q4", answers=("London",), split="test"),
        maker.unanswerable("When not?", id="q5"),
        maker.question("Which?", id="q6"),
    ]


@pytest.fixture
def asker(maker):
    ada = maker.citation("a.md", ADA)
    passages = [maker.passage("a.md", 0, 40)]
    return maker.asker(
        {
            "Who?": maker.answer("Who?", ada, passages=passages),
            "Why?": maker.abstention("Why?", passages=passages),
            "Where?": maker.answer("Where?", ada),
            "When not?": maker.answer("When not?", ada),
            "Which?": maker.abstention("Which?"),
        }
    )


@pytest.fixture
def run(maker, questions, asker):
    ticks = iter(range(100))
    return run_questions(
        questions, asker=asker, documents=maker.documents, progress=lambda done, total: None, clock=lambda: next(ticks)
    )


def test_every_question_without_a_history_is_asked_after_a_warm_up(run, asker):
    assert asker.asked == ["Who?", "Why?", "Where?", "Who?", "Why?", "Where?", "When not?", "Which?"]
    assert [item.latency_ms for item in run.asked] == [1000.0, None, 1000.0, 1000.0, 1000.0, 1000.0]


def test_each_outcome_has_a_name(run):
    assert [outcome(item.judgement) for item in run.asked] == [
        "right", "not scored", "rightly abstained", "wrong", "wrongly answered", "wrongly abstained",
    ]  # fmt: skip


def test_progress_counts_to_the_end(maker, questions, asker):
    seen = []
    run_questions(questions, asker=asker, documents=maker.documents, progress=lambda *state: seen.append(state))
    assert seen == [(done, 6) for done in range(7)]


def test_records_and_scores_are_the_same_bytes_whatever_the_time(maker, questions, asker, tmp_path):
    for name in ("one", "two"):
        run = run_questions(questions, asker=asker, documents=maker.documents, progress=lambda *state: None)
        write_run(run, tmp_path / name, manifest={"schema": 1})
    for name in ("records.jsonl", "scores.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_record_holds_the_answer_and_what_came_of_it(run, tmp_path):
    write_run(run, tmp_path / "out", manifest={"schema": 1})
    records = [json.loads(line) for line in (tmp_path / "out" / "records.jsonl").read_text().splitlines()]
    assert [record["id"] for record in records] == ["q1", "q2", "q3", "q4", "q5", "q6"]
    assert records[0]["answer"]["citations"][0]["quote"] == ADA
    assert records[0]["answer"]["passages"][0]["signals"]["dense"] == 0.5
    assert records[1]["answer"] is None
    assert records[2]["answer"]["abstention"]["reason"] == "No."
    timings = [json.loads(line) for line in (tmp_path / "out" / "timings.jsonl").read_text().splitlines()]
    assert timings[0] == {
        "id": "q1",
        "latency_ms": 1000.0,
        "stages_ms": {"retrieval": 0.0, "evidence": 0.0, "generation": 0.0, "total": 2.0},
    }


def test_writing_into_the_folder_of_an_earlier_run_replaces_it(run, tmp_path):
    (tmp_path / "records.jsonl").write_text("old")
    write_run(run, tmp_path, manifest={"schema": 1})
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "manifest.json", "records.jsonl", "scores.json", "timings.jsonl",
    ]  # fmt: skip
    assert "old" not in (tmp_path / "records.jsonl").read_text()


def test_the_manifest_says_what_was_run_with_what(run, tmp_path):
    gold = tmp_path / "gold.jsonl"
    gold.write_text("{}")
    manifest = build_manifest(
        run, gold=gold, split="dev", settings=Settings(), started=datetime.now(UTC), load_before=[0.1, 0.2, 0.3]
    )
    assert (manifest["questions"], manifest["not_scored"]) == (6, 1)
    assert manifest["fingerprints"] == [{"corpus": "c1", "config": "k1"}]
    assert manifest["settings"]["top_k"] == Settings().top_k
    assert manifest["versions"]["numpy"]
    assert manifest["load_average"]["before"] == [0.1, 0.2, 0.3]
    assert json.loads(json.dumps(manifest)) == manifest


def test_outside_a_checkout_there_is_no_commit(tmp_path):
    assert find_commit(tmp_path) is None
