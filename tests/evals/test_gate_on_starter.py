"""The committed gate trips on each fault that is planted into the starter corpus, names its stage, and else passes.

The faults are planted here alone: into a copy of the store, or by a setting that anybody could choose.
"""

import random
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.catalog.catalog import CATALOG_FILE
from assistant.settings import Settings
from evals.benches.variants import Varying, draw_variants
from evals.comparison import compare_runs
from evals.gate import check_gate, load_gate
from evals.gold import Selection
from evals.metrics import Stage
from evals.session import run_gold
from ingest import sync

REPOSITORY = Path(__file__).resolve().parents[2]
BASELINE = REPOSITORY / "evals" / "baselines" / "starter"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def starter_settings(tmp_path_factory, models_dir, starter_corpus):
    """Settings of a data directory into which the starter corpus was ingested with the real model.

    The reader is off: it would take most of the time, and `.ci/run` holds answers with it against the baseline.
    """
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("starter"), corpus=starter_corpus, models_dir=models_dir, read_passages=0
    )
    sync([], settings=settings)
    return settings


@pytest.fixture(scope="module")
def ask_starter():
    """Ask the starter questions with some settings; a run as it would be read back comes out."""
    gold = REPOSITORY / "evals" / "gold" / "starter.jsonl"

    def ask(settings):
        finished = run_gold(gold, settings=settings, selection=Selection(), out=None, progress=lambda *state: None)
        return finished.stored(settings.data_dir)

    return ask


@pytest.fixture(scope="module")
def starter_run(starter_settings, ask_starter):
    """The starter questions, asked with settings as they come."""
    return ask_starter(starter_settings)


@pytest.fixture(scope="module")
def gate():
    """The committed tolerances; the floors are those of answers that the reader had a part in."""
    return replace(load_gate(BASELINE / "gate.toml"), floors={})


def altered(settings, folder, change):
    """Copy a store and change its database."""
    copy = settings.model_copy(update={"data_dir": folder / "copy"})
    shutil.copytree(settings.data_dir, copy.data_dir)
    with closing(sqlite3.connect(copy.data_dir / CATALOG_FILE)) as connection, connection:
        change(connection)
    return copy


def shuffle_vectors(settings, folder):
    def change(connection):
        chunks, vectors = zip(
            *connection.execute("SELECT chunk, vector FROM chunk_vectors ORDER BY chunk"), strict=True
        )
        shuffled = random.Random(1).sample(vectors, len(vectors))
        pairs = zip(shuffled, chunks, strict=True)
        connection.executemany("UPDATE chunk_vectors SET vector = ? WHERE chunk = ?", pairs)

    return altered(settings, folder, change)


def drop_half_of_the_sentences(settings, folder):
    def change(connection):
        found = connection.execute(
            "SELECT sentence FROM sentences WHERE kind != 'heading' ORDER BY sentence"
        ).fetchall()
        dropped = random.Random(1).sample(found, len(found) // 2)
        connection.executemany("DELETE FROM sentences WHERE sentence = ?", dropped)

    return altered(settings, folder, change)


def read_one_passage(settings, folder):
    return settings.model_copy(update={"top_k": 1})


def never_abstain(settings, folder):
    return settings.model_copy(update={"abstain_below": 0.0})


FAULTS = {
    shuffle_vectors: Stage.RETRIEVAL,
    read_one_passage: Stage.RETRIEVAL,
    drop_half_of_the_sentences: Stage.ANSWERING,
    never_abstain: Stage.ABSTENTION,
}


@pytest.mark.parametrize("plant", FAULTS, ids=lambda plant: plant.__name__)
def test_the_gate_trips_and_names_the_stage(plant, starter_settings, ask_starter, starter_run, gate, tmp_path):
    trips = check_gate(gate, compare_runs(starter_run, ask_starter(plant(starter_settings, tmp_path))))
    assert trips
    assert trips[0].stage is FAULTS[plant], [trip.reason for trip in trips]


def test_the_gate_passes_whatever_the_order_batch_and_threads(starter_settings, starter_run, gate, tmp_path):
    gold = REPOSITORY / "evals/gold/starter.jsonl"
    varying = Varying(starter_settings, gold=gold, gate=gate, folder=tmp_path / "variants")
    (varied,) = varying.run(draw_variants(varying.files(), 1), plain=starter_run)
    assert (varied.differing, varied.trips) == (0, ()), varied.line()
