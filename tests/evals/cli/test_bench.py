"""`assistant eval bench`: tables on stdout, a run's folder and one JSON document for programs."""

import json

import pytest
from typer.testing import CliRunner

from evals.cli import app
from evals.errors import BenchmarkUnknown
from evals.folder import load_run


@pytest.fixture
def house(tmp_path):
    path = tmp_path / "house"
    path.mkdir()
    text = "The harbour of Vell was opened in 1931. Ada Brandt designed the lighthouse."
    docs = [{"id": "vell", "title": "Vell", "text": text}, {"id": "bees", "title": "", "text": "Bees make honey."}]
    fields = {"answerable": True, "type": "factoid", "meta": {}}
    questions = [
        {"id": "q1", "question": "Who designed the lighthouse?", "answers": ["Ada Brandt"], "gold_docs": ["vell"]},
        {"id": "q2", "question": "What do bees make?", "answers": ["honey"], "gold_docs": ["bees"]},
    ]
    (path / "docs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in docs))
    (path / "questions.jsonl").write_text("".join(json.dumps(row | fields) + "\n" for row in questions))
    return path


def bench(*arguments):
    return CliRunner().invoke(app, ["bench", *map(str, arguments)], catch_exceptions=False)


def test_sets_are_measured_written_and_told_apart(house, tmp_path):
    result = bench(house, house, "--out", tmp_path / "out", "--sample", 1, "--seed", 3, "--set", "top_k=4")
    assert result.exit_code == 0
    assert "house (docs.jsonl and questions.jsonl): 1 questions drawn from 2 with seed 3, 2 documents" in result.stdout
    assert "nDCG@10" in result.stdout and "answered right" in result.stdout
    assert "abstention recall" not in result.stdout and "all evidence@5" not in result.stdout
    for folder in ("house", "house-2"):
        run = load_run(tmp_path / "out" / folder)
        assert run.manifest["gold"]["sample"] == {"questions": 1, "of": 2, "seed": 3}
        assert run.manifest["settings"]["top_k"] == 4
    assert [row["ingest"]["added"] for row in json.loads((tmp_path / "out" / "bench.json").read_text())["sets"]] == [
        2,
        0,
    ]


def test_json_is_one_document_on_stdout(house):
    result = bench(house, "--json", "--retrieval-only")
    document = json.loads(result.stdout)
    assert document["schema"] == 1
    (row,) = document["sets"]
    assert row["set"] == "house" and row["documents"] == 2
    assert row["manifest"]["gold"]["answers"] is False


def test_every_path_is_checked_before_anything_is_indexed(house, tmp_path):
    with pytest.raises(BenchmarkUnknown):
        bench(house, tmp_path / "nothing", "--work", tmp_path / "work")
    assert not (tmp_path / "work").exists()
