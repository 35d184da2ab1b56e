"""What a run leaves in its folder, and what is read back."""

import json

import pytest

from evals.errors import RunInvalid
from evals.folder import SCHEMA, FileJournal, load_passages, load_run, write_baseline, write_run
from evals.run import run_questions
from evals.scoring import score_groups, score_latencies

KEY = {"gold": "abc", "depth": 10}
MANIFEST = {"schema": SCHEMA, "documents": "d1"}


def write(run, folder, manifest=MANIFEST):
    write_run(
        run, folder, groups=score_groups(run.scored), latencies=score_latencies(run.scored), manifest=manifest
    )  # fmt: skip
    return folder


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_run_read_back_is_the_same(run, tmp_path):
    stored = load_run(write(run, tmp_path / "out"))
    assert stored.scored == run.scored
    assert [record.gold for record in stored.records] == [record.gold for record in run.records]
    assert stored.manifest["documents"] == "d1"


def test_records_passages_and_scores_are_the_same_bytes_whatever_the_time(maker, questions, asker, tmp_path):
    for name in ("one", "two"):
        again = run_questions(questions, asker=asker, documents=maker.documents, progress=lambda *state: None)
        write(again, tmp_path / name)
    for name in ("records.jsonl", "passages.jsonl", "scores.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_writing_into_the_folder_of_an_earlier_run_replaces_it(run, tmp_path):
    (tmp_path / "records.jsonl").write_text("stale")
    assert names(write(run, tmp_path)) == [
        "manifest.json", "passages.jsonl", "records.jsonl", "scores.json", "timings.jsonl",
    ]  # fmt: skip
    assert "stale" not in (tmp_path / "records.jsonl").read_text()


def test_scores_are_written_by_group_with_stage_n_and_interval(run, tmp_path):
    document = json.loads((write(run, tmp_path) / "scores.json").read_text())
    assert document["schema"] == SCHEMA
    recall = document["groups"][0]["scores"][0]
    assert recall.pop("interval95") == [pytest.approx(0.2065, abs=1e-4), 1.0]
    assert recall == {"name": "recall@5 of quotes", "stage": "retrieval", "value": 1.0, "n": 1, "unit": "share"}
    latencies = json.loads((tmp_path / "manifest.json").read_text())["latencies"]
    assert latencies[0]["name"] == "latency p50"


def test_the_text_of_each_passage_is_stored_once(run, tmp_path):
    passages = load_passages(write(run, tmp_path))
    assert {chunk: row["title"] for chunk, row in passages.items()} == {"a.md:0": "a.md"}
    (tmp_path / "passages.jsonl").unlink()
    assert load_passages(tmp_path) == {}


def test_a_baseline_keeps_what_comparisons_need(run, tmp_path):
    stored = load_run(write(run, tmp_path / "out"))
    write_baseline(stored, tmp_path / "baseline")
    baseline = load_run(tmp_path / "baseline")
    assert names(tmp_path / "baseline") == ["manifest.json", "records.jsonl"]
    assert [record.judgement for record in baseline.records] == [record.judgement for record in run.records]
    assert [record.gold_digest for record in baseline.records] == [record.gold_digest for record in stored.records]
    assert baseline.records[0].timing is None
    assert set(baseline.records[0].answer) == {"text", "method"}


@pytest.mark.parametrize("missing", ["manifest.json", "records.jsonl"])
def test_a_folder_without_a_finished_run_is_a_named_error(run, tmp_path, missing):
    (write(run, tmp_path) / missing).unlink()
    with pytest.raises(RunInvalid, match=f"{missing} is missing"):
        load_run(tmp_path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("manifest.json", "[]"), ("manifest.json", "{"), ("manifest.json", '{"schema": 1}'), ("records.jsonl", "{}\n"),
        ("records.jsonl", "no json\n"), ("timings.jsonl", '{"id": "q1", "timing": {"total": "soon"}}\n'),
    ],
)  # fmt: skip
def test_files_of_another_form_are_a_named_error(run, tmp_path, name, text):
    (write(run, tmp_path) / name).write_text(text)
    with pytest.raises(RunInvalid, match="holds no finished run"):
        load_run(tmp_path)


def journal_of(run, folder, *, key=KEY):
    journal = FileJournal(folder, key=key)
    for asked in run.asked:
        journal.add(asked)
    return folder / "journal.jsonl"


def test_a_journal_gives_back_what_was_asked(run, tmp_path):
    journal_of(run, tmp_path)
    assert FileJournal(tmp_path, key=KEY).done() == {asked.record.id: asked for asked in run.asked}


def test_a_journal_of_another_gold_set_or_setting_is_dropped(run, tmp_path):
    path = journal_of(run, tmp_path)
    assert FileJournal(tmp_path, key=KEY | {"gold": "other"}).done() == {}
    assert len(path.read_text().splitlines()) == 1
    assert FileJournal(tmp_path, key=KEY).done() == {}


def test_a_journal_cut_off_at_any_byte_loses_at_most_the_question_being_written(run, tmp_path):
    path = journal_of(run, tmp_path)
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    for cut in range(len(lines[0]), len(whole), 97):
        path.write_bytes(whole[:cut])
        finished = whole[:cut].count(b"\n") - 1
        assert list(FileJournal(tmp_path, key=KEY).done()) == [asked.record.id for asked in run.asked[:finished]]


def test_what_is_added_after_a_cut_is_read_back(run, tmp_path):
    path = journal_of(run, tmp_path)
    path.write_bytes(path.read_bytes()[:-20])
    FileJournal(tmp_path, key=KEY).add(run.asked[-1])
    assert len(FileJournal(tmp_path, key=KEY).done()) == len(run.asked)


def test_an_empty_or_foreign_journal_is_dropped(tmp_path):
    for text in ("", "\n", "[1]\n", '{"key": 1}\n', "\0\0\0\n"):
        (tmp_path / "journal.jsonl").write_text(text)
        assert FileJournal(tmp_path, key=KEY).done() == {}


def test_a_finished_run_ends_its_journal(run, tmp_path):
    path = journal_of(run, tmp_path)
    write(run, tmp_path)
    assert not path.exists()
