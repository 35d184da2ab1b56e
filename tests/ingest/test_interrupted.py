"""A real `assistant ingest` that is interrupted or killed leaves nothing half done, and the next one goes on."""

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from assistant.catalog import Catalog
from assistant.catalog.database import CATALOG_FILE
from assistant.types import Filters
from ingest import sync

COMMAND = (
    sys.executable,
    "-c",
    "import ingest.storing as a; a.BATCH_TEXTS = 40; from assistant.cli import main; main()",
)
"""The command with small batches, so that a small corpus takes many writes."""
KILLS = 6
DOCUMENTS = 12
SEED = 20251123
SENTENCE = "The probe {0} of note {1} was launched in {2} and reached its orbit after {3} days."


def write_corpus(folder, *, documents, sentences):
    for number in range(documents):
        lines = [SENTENCE.format(n, number, 1990 + n, number + n) for n in range(sentences)]
        half = sentences // 2
        text = f"# Note {number}\n\n{' '.join(lines[:half])}\n\n## More\n\n{' '.join(lines[half:])}\n"
        (folder / f"note{number:02d}.md").write_text(text)


def start(settings, *more):
    arguments = ["ingest", "--corpus", str(settings.corpus), "--data-dir", str(settings.data_dir), *more]
    return subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def stored(settings):
    """Count the documents that were committed, without disturbing the writer."""
    path = settings.data_dir / CATALOG_FILE
    if not path.exists():
        return 0
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=1)
        try:
            return connection.execute("SELECT count(*) FROM paths").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.Error:
        return 0


def visible(settings):
    """Everything that a question can see, and the faults that the catalog finds in itself."""
    with Catalog.open(settings.data_dir) as catalog:
        ids = catalog.vectors().ids
        placed = catalog.place(ids, filters=Filters())
        places = sorted((p.document_id, p.chunk.id, p.chunk.text) for found in placed.values() for p in found)
        documents = [(r.document_id, r.state.value, r.digest, r.chunks) for r in catalog.documents()]
        return documents, places, catalog.check()


@pytest.mark.slow
def test_ctrl_c_ends_cleanly_and_the_next_run_goes_on(settings):
    write_corpus(settings.corpus, documents=30, sentences=20)
    process = start(settings)
    deadline = time.monotonic() + 90
    while stored(settings) == 0 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "Interrupted" in output and "Traceback" not in errors
    documents, _, faults = visible(settings)
    assert 0 < len(documents) < 30 and faults == []
    assert len(sync([], settings=settings).added) == 30 - len(documents)


def test_ctrl_c_while_the_model_is_exported_ends_soon_and_leaves_nothing_of_it(settings, tmp_path, monkeypatch):
    write_corpus(settings.corpus, documents=1, sentences=4)
    models = tmp_path / "models of this test"
    monkeypatch.setenv("ASSISTANT_MODELS_DIR", str(models))
    process = start(settings)
    deadline = time.monotonic() + 90
    while not list(models.glob(".export-*")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    output, errors = process.communicate(timeout=60)
    assert time.monotonic() - began < 30
    assert process.returncode == 130, errors
    assert "Interrupted" in output and "Traceback" not in errors
    assert list(models.iterdir()) == []


class Forking:
    """Starts the command quickly, in a process of its own each time."""

    def __init__(self):
        self._process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("forking.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, settings):
        """Start an ingest and give its process id."""
        arguments = ["ingest", "--corpus", str(settings.corpus), "--data-dir", str(settings.data_dir)]
        self._process.stdin.write(json.dumps(arguments) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def status(self):
        """Wait for it to end."""
        return int(self._process.stdout.readline())

    def close(self):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def killed(pid, forking):
    """Kill it; whether it was still running."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return os.WIFSIGNALED(forking.status())


@pytest.fixture
def forking():
    forking = Forking()
    yield forking
    forking.close()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_kill_9_at_any_moment_loses_doubles_and_halves_nothing(settings, tmp_path, forking, capsys):
    write_corpus(settings.corpus, documents=DOCUMENTS, sentences=16)
    sync([], settings=settings.model_copy(update={"data_dir": tmp_path / "export"}))
    whole = settings.model_copy(update={"data_dir": tmp_path / "whole"})
    forking.start(whole)
    first = last = None
    while last is None:
        count = stored(whole)
        first = time.monotonic() if count and first is None else first
        last = time.monotonic() if count == DOCUMENTS else None
        time.sleep(0.002)
    assert forking.status() == 0
    expected = visible(whole)
    assert expected[2] == []

    dice = random.Random(SEED)
    survived = Counter()
    late = 0
    while survived.total() < KILLS:
        victim = settings.model_copy(update={"data_dir": tmp_path / f"victim{survived.total() + late}"})
        moment = dice.uniform(0, last - first)
        pid = forking.start(victim)
        while stored(victim) == 0:
            time.sleep(0.002)
        time.sleep(moment)
        if not killed(pid, forking):
            late += 1  # It was quicker than the undisturbed run and had ended: another moment is drawn.
            assert late <= KILLS
            continue
        documents, places, faults = visible(victim)
        survived[len(documents)] += 1
        assert faults == [] and set(documents) <= set(expected[0]) and set(places) <= set(expected[1])
        sync([], settings=victim)
        assert visible(victim) == expected
    histogram = "".join(f"  {count:3d} {'#' * survived[count]}\n" for count in range(DOCUMENTS + 1))
    with capsys.disabled():
        sys.stdout.write(
            f"\n{KILLS} kills (seed {SEED}) uniform over the {last - first:.2f} s from the first write to the last;"
            f" documents stored when the kill came:\n{histogram}"
        )
    assert len(survived) >= 2
