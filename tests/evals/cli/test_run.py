"""`assistant eval run` on a small ingested corpus, from end to end."""

import json

import pytest

from assistant.catalog import Catalog
from assistant.cli import own_entry_points, run
from assistant.settings import Settings
from ingest import sync

DOCUMENTS = {
    "bridge.md": "# The bridge at Kelm\n\nThe bridge at Kelm was opened on 3 May 1987. It is 412 metres long.\n",
    "ferry.md": "# The ferry\n\nBefore the bridge, a ferry called Annegret crossed the river every hour.\n",
}


def question(number, text, quote, document="bridge.md", **changes):
    row = {
        "id": f"q{number}", "question": text, "answers": [], "answerable": True,
        "evidence": [{"document": document, "quote": quote}], "tags": ["fact"], "split": "dev",
    }  # fmt: skip
    return row | changes


ROWS = [
    question(1, "When was the bridge at Kelm opened?", "opened on 3 May 1987", answers=["3 May 1987"]),
    question(2, "What was the ferry called?", "called Annegret", "ferry.md", answers=["Annegret"], split="test"),
    question(3, "Who won the chess final in Oslo?", "", answerable=False, evidence=[], tags=["outside"], split="test"),
    question(
        4, "And how long is it?", "412 metres", answers=["412"], tags=["follow-up"],
        history=[{"question": "When was the bridge opened?", "answer": "On 3 May 1987."}],
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def ingested(tmp_path_factory, models_dir):
    root = tmp_path_factory.mktemp("eval-cli")
    corpus = root / "corpus"
    corpus.mkdir()
    for name, text in DOCUMENTS.items():
        (corpus / name).write_text(text, encoding="utf-8")
    sync([], settings=Settings(data_dir=root / "data", corpus=corpus, models_dir=models_dir))
    return root / "data"


@pytest.fixture
def gold(tmp_path):
    path = tmp_path / "gold.jsonl"
    path.write_text("\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    return path


@pytest.fixture
def eval_run(ingested, gold):
    def call(*options, path=gold, data_dir=ingested):
        return run(["eval", "run", str(path), *options, "--data-dir", str(data_dir)], entry_points=own_entry_points())

    return call


def test_the_json_scores_every_question_without_a_history(eval_run, capsys):
    assert eval_run("--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == 1
    whole = document["groups"][0]
    scores = {score["name"]: score for score in whole["scores"]}
    assert (whole["group"], whole["questions"], whole["not_scored"]) == ("all", 4, 1)
    assert (scores["recall@5 of quotes"]["value"], scores["recall@5 of quotes"]["n"]) == (1.0, 2)
    assert scores["citations valid"]["value"] == 1.0
    assert document["latencies"][0]["n"] == 3
    assert len(document["manifest"]["fingerprints"]) == 1


def test_the_table_goes_to_stdout_and_progress_to_stderr(eval_run, capsys):
    assert eval_run() == 0
    printed = capsys.readouterr()
    assert "citations valid" in printed.out
    assert "test outside" in printed.out
    assert "asked 4 of 4" in printed.err


def test_one_split_can_be_asked_alone(eval_run, capsys):
    assert eval_run("--split", "dev", "--json") == 0
    groups = json.loads(capsys.readouterr().out)["groups"]
    assert [group["group"] for group in groups if group["group"].startswith("split")] == ["split dev"]


def test_two_runs_write_the_same_records_and_scores(eval_run, tmp_path):
    for name in ("one", "two"):
        assert eval_run("--out", str(tmp_path / name)) == 0
    for name in ("records.jsonl", "scores.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    manifest = json.loads((tmp_path / "one" / "manifest.json").read_text())
    assert manifest["questions"] == 4


def test_an_empty_data_directory_is_a_named_error_that_says_what_to_do(eval_run, tmp_path, capsys):
    assert eval_run(data_dir=tmp_path / "nothing") == 1
    assert "error[EmptyCorpus]" in (message := capsys.readouterr().err)
    assert "assistant ingest" in message


def test_a_catalog_without_a_document_is_an_empty_corpus_too(eval_run, tmp_path, capsys):
    Catalog.open(tmp_path / "bare", write=True).close()
    assert eval_run(data_dir=tmp_path / "bare") == 1
    assert "error[EmptyCorpus]" in capsys.readouterr().err


def test_faults_of_the_gold_set_are_a_named_error(eval_run, tmp_path, capsys):
    path = tmp_path / "bad.jsonl"
    path.write_text(json.dumps(question(1, "Who?", "not in there", answers=["x"])))
    assert eval_run(path=path) == 1
    assert "error[GoldSetInvalid]" in (message := capsys.readouterr().err)
    assert "line 1, evidence.0.quote: does not occur in 'bridge.md'" in message


def test_a_missing_gold_file_and_an_unknown_split_are_usage_errors(eval_run, tmp_path):
    assert eval_run(path=tmp_path / "none.jsonl") == 2
    assert eval_run("--split", "train") == 2
