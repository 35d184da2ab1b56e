"""`assistant eval accept` makes a run the baseline."""

import pytest


@pytest.fixture
def out(assistant, bridge_gold, tmp_path):
    assert assistant("eval", "run", bridge_gold, "--out", tmp_path / "run") == 0
    return tmp_path / "run"


def test_the_first_baseline_has_nothing_to_be_compared_with(assistant, out, tmp_path, capsys):
    capsys.readouterr()
    assert assistant("eval", "accept", out, tmp_path / "baseline") == 0
    printed = capsys.readouterr()
    assert (printed.out, "holds this run now" in printed.err) == ("", True)
    assert sorted(path.name for path in (tmp_path / "baseline").iterdir()) == ["manifest.json", "records.jsonl"]


def test_the_comparison_with_the_old_baseline_is_printed_for_the_decision_record(
    assistant, out, bridge_gold, tmp_path, capsys
):
    baseline = tmp_path / "baseline"
    assert assistant("eval", "accept", out, baseline) == 0
    assert assistant("eval", "run", bridge_gold, "--out", out, "--set", "abstain_below=0") == 0
    capsys.readouterr()
    assert assistant("eval", "accept", out, baseline) == 0
    printed = capsys.readouterr().out
    assert "## Differences, all" in printed
    assert "| broken | q3 |" in printed


def test_the_gate_stays_and_what_was_accepted_passes_it(assistant, out, bridge_gold, tmp_path):
    baseline = tmp_path / "baseline"
    baseline.mkdir()
    (baseline / "gate.toml").write_text('[tolerance]\n"answered right" = 0\n"abstention recall" = 0\n')
    assert assistant("eval", "accept", out, baseline) == 0
    assert assistant("eval", "run", bridge_gold, "--baseline", baseline, "--gate") == 0


def test_a_folder_without_a_run_can_not_be_accepted(assistant, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert assistant("eval", "accept", tmp_path / "empty", tmp_path / "baseline") == 1
    assert "error[RunInvalid]" in capsys.readouterr().err
    assert not (tmp_path / "baseline").exists()
