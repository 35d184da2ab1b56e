"""A question written down and read back."""

import json
from dataclasses import replace

import pytest
from pydantic import ValidationError

from evals.records import read_record, record_json, timing_json

ADA = "Ada wrote the first program."
QUOTE = {"document": "a.md", "quote": "Ada", "grade": 1, "spans": []}


def test_a_record_read_back_is_the_same(run):
    for record in run.records:
        row, timing = json.loads(json.dumps(record_json(record))), timing_json(record)["timing"]
        again = read_record(row, json.loads(json.dumps(timing)))
        assert (again.judgement, again.timing) == (record.judgement, record.timing)
        assert json.loads(json.dumps(record_json(again))) == row


def test_a_record_holds_the_answer_and_what_came_of_it(run):
    row = record_json(run.records[0])
    assert (row["id"], row["split"], row["kind"], row["outcome"], row["diagnosis"]) == (
        "q1", "dev", "facts", "right", None,
    )  # fmt: skip
    assert row["answer"]["citations"][0]["quote"] == ADA
    assert row["answer"]["passages"][0]["signals"]["dense"] == 0.5
    assert row["answer"]["ranking"] == [{"chunk": "a.md:0", "document": "a.md"}]
    assert row["gold"]["evidence"][0]["spans"] == [[0, 9]]


def test_an_abstention_keeps_its_reason_and_a_follow_up_its_history(run):
    rows = [record_json(record) for record in run.records]
    assert rows[2]["answer"]["abstention"]["reason"] == "No."
    assert rows[1]["gold"]["history"] == [{"question": "Who?", "answer": "Ada."}]


def test_wall_times_stand_apart_from_the_record(run):
    assert "timing" not in record_json(run.records[0])
    assert timing_json(run.records[0]) == {
        "id": "q1",
        "timing": {"total": 1000.0, "stages": {"retrieval": 0.0, "evidence": 0.0, "generation": 0.0}},
    }
    assert timing_json(replace(run.records[1], timing=None)) == {"id": "q2", "timing": None}


def test_the_texts_of_passages_are_kept_once_beside_the_record(run):
    texts = [[passage["text"] for passage in asked.passages] for asked in run.asked]
    assert texts[0] == ["Ada wrote the first program. It ran year"]
    assert texts[1] == []


def test_the_gold_digest_changes_with_what_is_known_to_be_right(facts):
    judgement = facts.judgement()
    digest = facts.record(judgement).gold_digest
    assert facts.record(replace(judgement, abstained=False, answer=facts.answer())).gold_digest == digest
    assert facts.record(judgement, question="Whose?").gold_digest != digest
    assert facts.record(judgement, answers=["Eve"]).gold_digest != digest
    assert facts.record(judgement, evidence=[QUOTE]).gold_digest != digest


def test_the_gold_digest_knows_nothing_of_tags_and_of_where_a_reader_put_the_quotes(facts):
    here, there = QUOTE | {"spans": [[0, 3]]}, QUOTE | {"spans": [[7, 10]]}
    one = facts.record(facts.judgement(), evidence=[here])
    assert facts.record(facts.judgement(), evidence=[there]).gold_digest == one.gold_digest
    assert facts.record(facts.judgement(tags=("lists",)), evidence=[here]).gold_digest == one.gold_digest
    assert facts.record(facts.judgement(), evidence=[here | {"grade": 2}]).gold_digest != one.gold_digest


def test_a_row_of_another_form_is_refused(run):
    row = record_json(run.records[0])
    with pytest.raises(ValidationError, match="question_id"):
        read_record(row | {"judgement": {"split": "dev"}}, None)
    with pytest.raises(KeyError, match="gold"):
        read_record({"judgement": row["judgement"], "answer": None}, None)
