"""`assistant eval run` on a small ingested corpus, from end to end."""

import json

import pytest

from assistant.catalog import Catalog

RESULTS = ("records.jsonl", "passages.jsonl", "scores.json")


@pytest.fixture
def eval_run(assistant, bridge_gold):
    def call(*options, path=bridge_gold, data_dir=None):
        return assistant("eval", "run", path, *options, data_dir=data_dir)

    return call


def test_the_json_scores_every_question_follow_ups_included(eval_run, capsys):
    assert eval_run("--json", "--timed") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == 1
    whole = document["groups"][0]
    scores = {score["name"]: score for score in whole["scores"]}
    assert (whole["group"], whole["questions"], whole["not_scored"]) == ("all", 4, 0)
    assert (scores["recall@5 of quotes"]["value"], scores["recall@5 of quotes"]["n"]) == (1.0, 3)
    assert scores["citations valid"]["value"] == 1.0
    assert document["latencies"][0]["n"] == 4
    assert len(document["manifest"]["fingerprints"]) == 1


def test_the_table_goes_to_stdout_and_progress_to_stderr(eval_run, capsys):
    assert eval_run() == 0
    printed = capsys.readouterr()
    assert "citations valid" in printed.out
    assert "test outside" in printed.out
    assert "asked 4 of 4" in printed.err


def test_what_was_looked_up_is_said_not_to_be_timed(eval_run, capsys):
    assert eval_run() == 0
    capsys.readouterr()
    assert eval_run() == 0
    printed = capsys.readouterr()
    assert "4 questions were not timed: the reader has read passages of theirs in an earlier run" in printed.err
    assert "--timed reads them anew" in printed.err
    assert "latency" not in printed.out


def test_one_split_or_tag_can_be_asked_alone(eval_run, capsys):
    assert eval_run("--split", "dev", "--json") == 0
    groups = json.loads(capsys.readouterr().out)["groups"]
    assert [group["group"] for group in groups if group["group"].startswith("split")] == ["split dev"]
    assert eval_run("--tag", "outside", "--json") == 0
    assert json.loads(capsys.readouterr().out)["groups"][0]["questions"] == 1


def test_two_runs_write_the_same_records_passages_and_scores(eval_run, tmp_path):
    for name in ("one", "two"):
        assert eval_run("--out", tmp_path / name) == 0
    for name in RESULTS:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    manifest = json.loads((tmp_path / "one" / "manifest.json").read_text())
    assert manifest["questions"] == 4


def test_a_setting_can_be_changed_for_the_run(eval_run, tmp_path):
    assert eval_run("--set", "top_k=1", "--out", tmp_path / "one") == 0
    manifest = json.loads((tmp_path / "one" / "manifest.json").read_text())
    assert manifest["settings"]["top_k"] == 1
    assert eval_run("--set", "top_k") == 1


def test_a_run_is_held_against_its_baseline(eval_run, tmp_path, capsys):
    baseline = tmp_path / "baseline"
    assert eval_run("--out", baseline) == 0
    (baseline / "gate.toml").write_text('[tolerance]\n"answered right" = 0\n[floor]\n"citations valid" = 1.0\n')
    capsys.readouterr()
    assert eval_run("--baseline", baseline, "--gate") == 0
    assert "The gate passes." in capsys.readouterr().err


def test_a_gate_that_fails_ends_with_three_and_names_the_stage(eval_run, tmp_path, capsys):
    baseline = tmp_path / "baseline"
    assert eval_run("--out", baseline) == 0
    (baseline / "gate.toml").write_text('[floor]\n"abstention recall" = 0.5\n')
    capsys.readouterr()
    assert eval_run("--set", "abstain_below=0", "--baseline", baseline, "--gate", "--json") == 3
    printed = capsys.readouterr()
    assert "The gate fails. Look at abstention first." in printed.err
    document = json.loads(printed.out)
    assert document["gate"]["passed"] is False
    assert document["gate"]["trips"][0]["stage"] == "abstention"
    assert document["comparison"]["flips"]


def test_a_gate_without_a_baseline_and_rules_without_a_gate_are_usage_errors(eval_run, tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text("")
    assert eval_run("--gate") == 2
    assert eval_run("--rules", rules) == 2


def test_faults_of_the_gate_are_found_before_anything_is_asked(eval_run, tmp_path, capsys):
    baseline = tmp_path / "baseline"
    assert eval_run("--out", baseline) == 0
    capsys.readouterr()
    assert eval_run("--baseline", baseline, "--gate") == 1
    assert "error[GateInvalid]" in (message := capsys.readouterr().err)
    assert "asked" not in message


def test_an_empty_data_directory_is_a_named_error_that_says_what_to_do(eval_run, tmp_path, capsys):
    assert eval_run(data_dir=tmp_path / "nothing") == 1
    assert "error[EmptyCorpus]" in (message := capsys.readouterr().err)
    assert "assistant ingest" in message


def test_a_catalog_without_a_document_is_an_empty_corpus_too(eval_run, tmp_path, capsys):
    Catalog.open(tmp_path / "bare", write=True).close()
    assert eval_run(data_dir=tmp_path / "bare") == 1
    assert "error[EmptyCorpus]" in capsys.readouterr().err


def test_faults_of_the_gold_set_are_a_named_error(eval_run, tmp_path, bridge_rows, capsys):
    path = tmp_path / "bad.jsonl"
    path.write_text(json.dumps(bridge_rows[0] | {"evidence": [{"document": "bridge.md", "quote": "not in there"}]}))
    assert eval_run(path=path) == 1
    assert "error[GoldSetInvalid]" in (message := capsys.readouterr().err)
    assert "line 1, evidence.0.quote: does not occur in 'bridge.md'" in message


def test_no_question_of_the_selection_is_a_named_error(eval_run, capsys):
    assert eval_run("--tag", "nothing") == 1
    assert "no question of tag nothing" in capsys.readouterr().err


def test_a_missing_gold_file_and_an_unknown_split_are_usage_errors(eval_run, tmp_path):
    assert eval_run(path=tmp_path / "none.jsonl") == 2
    assert eval_run("--split", "train") == 2
