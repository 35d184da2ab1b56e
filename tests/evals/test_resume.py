"""`assistant eval run --out`, killed in the middle, goes on where it stopped and leaves the same bytes."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from evals.folder import JOURNAL

ASSISTANT = str(Path(sys.executable).with_name("assistant"))
RESULTS = ("records.jsonl", "passages.jsonl", "scores.json")
QUESTIONS = 80
KILLED_AFTER = 20
ATTEMPTS = 5

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def gold(tmp_path, bridge_rows):
    """The three questions that are asked, over and over under other ids."""
    rows = [bridge_rows[number % 3] | {"id": f"q{number}"} for number in range(QUESTIONS)]
    path = tmp_path / "many.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


@pytest.fixture
def command(gold, bridge_settings):
    def make(out, *options):
        return [ASSISTANT, "eval", "run", gold, "--out", out, "--data-dir", bridge_settings.data_dir, *options]

    return make


def finish(command):
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stderr


def kill_in_the_middle(command, out):
    """Kill a run once some questions are in its journal; returns how many lines the journal has."""
    journal = out / JOURNAL
    for _ in range(ATTEMPTS):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and (not journal.exists() or journal.read_bytes().count(b"\n") <= KILLED_AFTER):
            time.sleep(0.01)
        process.kill()
        process.wait()
        if journal.exists():
            return journal.read_bytes().count(b"\n")
        shutil.rmtree(out)  # It ended before it could be killed.
    raise AssertionError(f"{ATTEMPTS} runs ended before they could be killed")


def test_a_killed_run_goes_on_and_leaves_the_bytes_of_an_undisturbed_one(command, tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    finish(command(whole))
    kept = kill_in_the_middle(command(killed), killed) - 1
    assert KILLED_AFTER <= kept < QUESTIONS
    with (killed / JOURNAL).open("ab") as journal:
        journal.write('{"record": {"id": "q79", "gold": {"question": "W\u00e9'.encode()[:-1])  # torn inside a character
    assert f"Went on after {kept} questions" in finish(command(killed))
    for name in RESULTS:
        assert (killed / name).read_bytes() == (whole / name).read_bytes()
    assert not (killed / JOURNAL).exists()


def test_a_killed_run_with_another_setting_starts_anew(command, tmp_path):
    kill_in_the_middle(command(tmp_path / "out"), tmp_path / "out")
    assert "Went on" not in finish(command(tmp_path / "out", "--set", "top_k=2"))
