"""What a run was made with."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from assistant.settings import Settings
from assistant.types import DocumentRecord, DocumentState, Fingerprint
from evals.gold import Selection
from evals.manifest import (
    RunInputs,
    describe_gold,
    describe_machine,
    find_commit,
    hash_documents,
    load_average,
    peak_memory_mib,
)


@pytest.fixture
def inputs(tmp_path):
    gold = tmp_path / "gold.jsonl"
    gold.write_text("{}")
    return RunInputs(
        gold=describe_gold(gold, Selection(split="dev")),
        settings=Settings(),
        fingerprint=Fingerprint(corpus="c1", config="k1"),
        documents="d1",
        depth=10,
    )


def document(name, digest="1" * 64, **changes):
    fields = {"source": "corpus", "state": DocumentState.INDEXED, "code": None, "reason": None, "pages": None}
    fields |= {"chunks": 1, "title": name, "date": None, "language": "en", "tags": ()}
    return DocumentRecord(**({"document_id": name, "digest": digest} | fields | changes))


def test_the_manifest_says_what_was_run_with_what(run, inputs):
    manifest = inputs.manifest(run, started=datetime.now(UTC), load_before=[0.1, 0.2, 0.3])
    assert (manifest["questions"], manifest["resumed"], manifest["documents"]) == (6, 0, "d1")
    assert manifest["gold"]["split"] == "dev"
    assert manifest["fingerprints"] == [{"corpus": "c1", "config": "k1"}]
    assert manifest["settings"]["top_k"] == Settings().top_k
    assert manifest["versions"]["numpy"]
    assert manifest["load_average"]["before"] == [0.1, 0.2, 0.3]
    assert json.dumps(manifest)


def test_the_key_of_a_run_is_gold_selection_depth_and_fingerprint(inputs, tmp_path):
    key, gold = inputs.key(), tmp_path / "gold.jsonl"
    others = [
        replace(inputs, gold=describe_gold(gold, Selection(split="test"))),
        replace(inputs, fingerprint=Fingerprint(corpus="c2", config="k1")),
        replace(inputs, fingerprint=Fingerprint(corpus="c1", config="k2")),
        replace(inputs, depth=5),
    ]
    assert inputs.key() == key
    assert all(other.key() != key for other in others)
    gold.write_text("{} ")
    assert replace(inputs, gold=describe_gold(gold, Selection(split="dev"))).key() != key


def test_documents_are_hashed_by_name_and_content_alone():
    one, two = document("a.md"), document("b.md", "2" * 64)
    hashed = hash_documents([one, two])
    assert hash_documents([two, replace(one, chunks=9, title="Other", tags=("x",))]) == hashed
    assert hash_documents([one, document("b.md", "3" * 64)]) != hashed
    assert hash_documents([one, document("c.md", "2" * 64)]) != hashed
    assert hash_documents([one]) != hashed


def test_documents_that_could_not_be_read_have_no_content_to_hash():
    broken = document("b.pdf", None, state=DocumentState.PROBLEM, code="encrypted", reason="It is encrypted.")
    assert hash_documents([document("a.md"), broken]) == hash_documents([document("a.md")])


def test_outside_a_checkout_there_is_no_commit(tmp_path):
    assert find_commit(tmp_path) is None


def test_the_machine_its_load_and_memory_are_described():
    assert describe_machine()["cores"] >= 1
    assert load_average() is None or len(load_average()) == 3
    assert peak_memory_mib() is None or peak_memory_mib() > 10
