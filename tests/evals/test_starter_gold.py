"""What the starter gold set promises."""

import json
from collections import Counter
from pathlib import Path

import pytest

from evals.overlap import measure_file

GOLD = Path(__file__).resolve().parents[2] / "evals" / "gold" / "starter.jsonl"
ANSWERABLE_KINDS = {"fact", "list", "definition", "comparison", "changed", "follow-up", "other-words"}
UNANSWERABLE_KINDS = {"false-premise", "near-miss", "outside"}


@pytest.fixture(scope="module")
def rows():
    return [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()]


def test_there_are_at_least_240_questions_of_which_a_third_have_no_answer(rows):
    unanswerable = [row for row in rows if not row["answerable"]]
    assert len(rows) >= 240
    assert len(unanswerable) >= max(80, len(rows) / 3)


def test_half_of_the_unanswerable_are_near_misses_or_rest_on_a_false_premise(rows):
    kinds = Counter(row["tags"][0] for row in rows if not row["answerable"])
    assert kinds["near-miss"] + kinds["false-premise"] >= kinds.total() / 2


def test_every_kind_that_the_domain_asks_for_is_there_on_its_side(rows):
    assert {row["tags"][0] for row in rows if row["answerable"]} == ANSWERABLE_KINDS
    assert {row["tags"][0] for row in rows if not row["answerable"]} == UNANSWERABLE_KINDS


def test_the_halves_are_balanced_by_kind(rows):
    counts = Counter((row["tags"][0], row["split"]) for row in rows)
    for kind in ANSWERABLE_KINDS | UNANSWERABLE_KINDS:
        assert abs(counts[kind, "dev"] - counts[kind, "test"]) <= 2, kind


def test_follow_ups_and_only_they_have_a_history(rows):
    assert {row["id"] for row in rows if row["history"]} == {row["id"] for row in rows if row["tags"][0] == "follow-up"}


def test_no_question_is_asked_twice(rows):
    asked = Counter((row["question"].casefold(), json.dumps(row["history"])) for row in rows)
    assert [question for question, times in asked.items() if times > 1] == []


def test_every_answerable_question_has_evidence(rows):
    assert [row["id"] for row in rows if row["answerable"] and not row["evidence"]] == []


def test_two_fifths_of_the_answerable_share_no_content_word_but_names_with_their_evidence(rows):
    measured = measure_file(GOLD)
    assert len(measured) == sum(row["answerable"] for row in rows)
    assert sum(not overlap.shared for overlap in measured) >= 0.4 * len(measured)
