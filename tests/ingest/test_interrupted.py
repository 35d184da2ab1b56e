"""A real `assistant ingest` that is interrupted or killed leaves nothing half done, and the next one goes on."""

import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter

import pytest

from assistant.catalog import Catalog
from assistant.catalog.database import CATALOG_FILE
from assistant.types import Filters
from ingest import sync

COMMAND = (
    sys.executable,
    "-c",
    "import ingest.applying as a; a.BATCH_TEXTS = 40; from assistant.cli import main; main()",
)
"""The command with small batches, so that a small corpus takes many writes."""
KILLS = 25
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


def generation(settings):
    """Count what was committed, without disturbing the writer."""
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


def test_ctrl_c_ends_cleanly_and_the_next_run_goes_on(settings):
    write_corpus(settings.corpus, documents=30, sentences=20)
    process = start(settings)
    deadline = time.monotonic() + 90
    while generation(settings) == 0 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "Interrupted" in output and "Traceback" not in errors
    documents, _, faults = visible(settings)
    assert 0 < len(documents) < 30 and faults == []
    assert len(sync([], settings=settings).added) == 30 - len(documents)


@pytest.mark.slow
def test_kill_9_at_any_moment_loses_doubles_and_halves_nothing(settings, tmp_path, embedder, capsys):
    write_corpus(settings.corpus, documents=12, sentences=16)
    whole = settings.model_copy(update={"data_dir": tmp_path / "whole"})
    began, first, last = time.monotonic(), None, None
    process = start(whole)
    while process.poll() is None:
        count = generation(whole)
        if count and first is None:
            first = time.monotonic() - began
        if count == 12 and last is None:
            last = time.monotonic() - began
        time.sleep(0.005)
    process.communicate()
    assert process.returncode == 0 and first is not None and last is not None
    expected = visible(whole)
    assert expected[2] == []

    dice = random.Random(SEED)
    survived = Counter()
    for number in range(KILLS):
        victim = settings.model_copy(update={"data_dir": tmp_path / f"victim{number}"})
        share = dice.random()
        process = start(victim)
        while generation(victim) == 0 and process.poll() is None:
            time.sleep(0.002)
        time.sleep(share * (last - first))
        process.kill()
        process.communicate()
        documents, places, faults = visible(victim)
        survived[len(documents)] += 1
        assert faults == [] and set(documents) <= set(expected[0]) and set(places) <= set(expected[1])
        sync([], settings=victim)
        assert visible(victim) == expected
    with capsys.disabled():
        sys.stdout.write(
            f"\n{KILLS} kills, seed {SEED}, uniform between the first write at {first:.2f} s and the last at {last:.2f} s;"
            " documents stored when the kill came:\n"
        )
        sys.stdout.writelines(f"  {stored:3d} {'#' * survived[stored]}\n" for stored in range(13))
    assert len(survived) >= 3
