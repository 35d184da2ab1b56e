"""`assistant eval calibrate` on a small ingested corpus, from end to end."""

import json

import pytest

from assistant.calibration import CALIBRATION_FILE, load_calibration
from assistant.cli import own_entry_points, run
from assistant.wiring import open_assistant


@pytest.fixture
def large_gold(tmp_path, bridge_rows):
    """Thirty-two questions of the dev half, twelve of them without an answer; two of the test half."""
    right, outside = bridge_rows[0], bridge_rows[2] | {"split": "dev"}
    rows = [right] * 20 + [outside] * 12 + [bridge_rows[1]] * 2
    path = tmp_path / "large.jsonl"
    path.write_text("\n".join(json.dumps(row | {"id": f"q{number}"}) for number, row in enumerate(rows)))
    return path


@pytest.fixture
def calibrate(bridge_settings):
    """Call the command line on the two documents; the exit code comes back."""

    def call(gold, *options):
        words = ["eval", "calibrate", gold, *options, "--data-dir", bridge_settings.data_dir]
        return run(list(map(str, words)), entry_points=own_entry_points())

    return call


def test_it_writes_a_calibration_that_answers_then_use(calibrate, large_gold, bridge_settings, capsys):
    path = bridge_settings.data_dir / CALIBRATION_FILE
    assert calibrate(large_gold, "--json") == 0
    try:
        printed = json.loads(capsys.readouterr().out)
        assert (printed["schema"], printed["n"], printed["right"], printed["left_out"]) == (1, 32, 20, 0)
        assert printed["auroc"] == 1.0
        assert printed["weights"] == load_calibration(path).weights
        assert "split dev" in printed["fitted_on"]
        with open_assistant(bridge_settings.model_copy(update={"max_wrong": 0.05})) as assistant:
            assert assistant.ask("When was the bridge at Kelm opened?").confidence > 0.8
            refused = assistant.ask("Who won the chess final in Oslo?")
            assert refused.abstention is not None
            assert refused.confidence < 0.3
    finally:
        path.unlink()


def test_tables_go_to_stdout_and_where_it_was_written_to_stderr(
    calibrate, large_gold, bridge_settings, tmp_path, capsys
):
    out = tmp_path / "mine.json"
    assert calibrate(large_gold, "--out", out) == 0
    printed = capsys.readouterr()
    assert "Operating points" in printed.out
    assert "answered right                       62.5% n=32" in printed.out
    assert f"Written to {out}. To use it, copy it to {bridge_settings.data_dir / CALIBRATION_FILE}." in printed.err
    assert load_calibration(out).n == 32
    assert not (bridge_settings.data_dir / CALIBRATION_FILE).exists()


def test_too_few_questions_are_a_named_error_and_write_nothing(calibrate, bridge_gold, bridge_settings, capsys):
    assert calibrate(bridge_gold) == 1
    assert "error[TooFewToCalibrate]: 2 answers could be judged" in capsys.readouterr().err
    assert not (bridge_settings.data_dir / CALIBRATION_FILE).exists()


def test_a_damaged_calibration_is_replaced(calibrate, large_gold, bridge_settings):
    path = bridge_settings.data_dir / CALIBRATION_FILE
    path.write_bytes(b"no json")
    try:
        assert calibrate(large_gold, "--set", "max_wrong=0.2") == 0
        assert load_calibration(path).n == 32
    finally:
        path.unlink()
