"""The conversations that come with the starter corpus, as written."""

import json
from collections import Counter
from pathlib import Path

import pytest

GOLD = Path(__file__).resolve().parents[2] / "evals" / "gold"
KINDS = {"pronoun", "ellipsis", "ordinal", "correction", "topic-change"}


def read(name):
    return [json.loads(line) for line in (GOLD / name).read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def rows():
    return read("dialogues.jsonl")


def test_there_are_enough_of_two_to_four_turns(rows):
    assert len(rows) >= 80
    assert {len(row["history"]) + 1 for row in rows} == {2, 3, 4}


def test_the_halves_are_balanced_by_kind_and_by_having_an_answer(rows):
    counts = Counter((row["tags"][0], row["split"]) for row in rows)
    assert {kind for kind, _ in counts} == KINDS
    for kind in KINDS:
        assert abs(counts[kind, "dev"] - counts[kind, "test"]) <= 2, kind
    unanswerable = Counter(row["split"] for row in rows if not row["answerable"])
    assert unanswerable["dev"] == unanswerable["test"] > 0


def test_each_has_a_self_contained_wording_with_the_same_gold(rows):
    for row, alone in zip(rows, read("dialogues-standalone.jsonl"), strict=True):
        assert alone["history"] == []
        assert alone | {"question": row["question"], "history": row["history"]} == row


def test_no_conversation_is_in_both_halves(rows):
    asked = {split: {row["question"].casefold() + row["history"][-1]["question"].casefold()
                     for row in rows if row["split"] == split} for split in ("dev", "test")}  # fmt: skip
    assert asked["dev"].isdisjoint(asked["test"])
