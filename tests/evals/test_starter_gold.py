"""What the starter gold set promises."""

import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest

from assistant.errors import DocumentNotFound
from assistant.types import Document
from evals.gold import load_gold
from evals.overlap import measure_file
from ingest.reading import read_any

GOLD = Path(__file__).resolve().parents[2] / "evals" / "gold" / "starter.jsonl"
ANSWERABLE_KINDS = {"fact", "list", "definition", "comparison", "changed", "follow-up", "other-words"}
UNANSWERABLE_KINDS = {"false-premise", "near-miss", "outside"}


class CorpusAsRead:
    """The documents of a folder as the readers give them, without an index."""

    def __init__(self, folder):
        self._folder = folder

    def document(self, document_id):
        path = self._folder / document_id
        if not path.is_file():
            raise DocumentNotFound(document_id)
        data = path.read_bytes()
        text = read_any(data, name=path.name).text
        return Document(id=document_id, digest=hashlib.sha256(data).hexdigest(), text=text, title=document_id)

    def present_name(self, former):
        return None


@pytest.fixture(scope="module")
def rows():
    return [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()]


def test_it_is_valid_and_every_quote_occurs_in_its_document(starter_corpus, rows):
    questions = load_gold(GOLD, documents=CorpusAsRead(starter_corpus))
    assert [question.id for question in questions] == [row["id"] for row in rows]


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
