"""`assistant eval compare` on two runs of a small corpus."""

import json

import pytest


@pytest.fixture
def runs(assistant, bridge_gold, tmp_path):
    """A run, and one that never abstains."""
    assert assistant("eval", "run", bridge_gold, "--out", tmp_path / "before") == 0
    assert assistant("eval", "run", bridge_gold, "--out", tmp_path / "after", "--set", "abstain_below=0") == 0
    return tmp_path / "before", tmp_path / "after"


def test_differences_and_flips_are_printed(assistant, runs, capsys):
    capsys.readouterr()
    assert assistant("eval", "compare", *runs) == 0
    printed = capsys.readouterr().out
    assert "abstention recall" in printed
    assert "broken  q3  Who won the chess final in Oslo?  rightly abstained → wrongly answered" in printed
    assert "Differences, split dev" not in printed


def test_the_json_says_the_same(assistant, runs, capsys):
    capsys.readouterr()
    assert assistant("eval", "compare", *runs, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["gate"]) == (1, None)
    assert [flip["id"] for flip in document["comparison"]["flips"]] == ["q3"]


def test_the_gate_reads_the_rules_beside_the_baseline_or_those_it_is_given(assistant, runs, tmp_path, capsys):
    (runs[0] / "gate.toml").write_text('[floor]\n"citations valid" = 1.0\n')
    assert assistant("eval", "compare", *runs, "--gate") == 0
    (tmp_path / "strict.toml").write_text('[floor]\n"abstention recall" = 1.0\n')
    assert assistant("eval", "compare", *runs, "--gate", "--rules", tmp_path / "strict.toml") == 3
    assert "abstention recall: 0.0% is under its floor of 100.0%" in capsys.readouterr().err


def test_other_questions_are_refused_by_name_and_compared_where_they_are_shared(
    assistant, runs, bridge_gold, tmp_path, capsys
):
    assert assistant("eval", "run", bridge_gold, "--split", "dev", "--out", tmp_path / "dev") == 0
    assert assistant("eval", "compare", runs[0], tmp_path / "dev") == 1
    assert "error[RunsNotComparable]" in capsys.readouterr().err
    assert assistant("eval", "compare", runs[0], tmp_path / "dev", "--intersection") == 0


def test_a_folder_without_a_run_is_a_named_error(assistant, runs, tmp_path, capsys):
    assert assistant("eval", "compare", runs[0], tmp_path) == 1
    assert "error[RunInvalid]" in capsys.readouterr().err
