"""Stores on disk for the tests of the index, and what a whole one looks like."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

from assistant.catalog import IndexState
from assistant.indexing import open_index
from assistant.vectors import ChromaVectors, rank_by_dot

spec = importlib.util.spec_from_file_location("corpora", Path(__file__).with_name("corpora.py"))
corpora = importlib.util.module_from_spec(spec)
spec.loader.exec_module(corpora)

KILLED_WRITER = Path(__file__).with_name("killed_writer.py")
BEFORE = {"a.md": corpora.paragraphs(4), "b.md": corpora.paragraphs(3, prefix="second")}
AFTER = {"a.md": corpora.paragraphs(4, prefix="edited"), "c.md": corpora.paragraphs(5, prefix="new")}


def fill(settings, texts=BEFORE, **options):
    with open_index(settings, write=True, **options) as index:
        index.catalog.set_source(corpora.SOURCE)
        index.catalog.set_source(corpora.UPLOADS)
        index.apply(corpora.change_of(texts))


def texts_of(catalog):
    return {record.document_id: catalog.text(record.document_id) for record in catalog.documents() if record.chunks}


def chroma_folder(settings):
    (folder,) = (settings.data_dir / "index").iterdir()
    return folder


def ids_in_chroma(settings):
    vectors = ChromaVectors(chroma_folder(settings))
    ids = vectors.ids()
    vectors.close()
    return ids


def assert_whole(settings):
    """The store opens without a manual step, and catalog, Chroma and a scan agree."""
    with open_index(settings, write=True) as index:
        assert index.catalog.check() == []
        ids = index.catalog.chunk_ids()
    with open_index(settings) as index:
        assert index.catalog.index_state() is IndexState.CLEAN
        table = index.catalog.vectors()
        for name in ("q1", "q2", "q3"):
            question = corpora.vector_of(name)
            assert index.candidates(question, k=5) == rank_by_dot(question, table.ids, table.matrix, k=5)
        assert index.notices() == ()
    assert ids_in_chroma(settings) == ids


def run_killed_writer(settings, point):
    return subprocess.run(
        [sys.executable, KILLED_WRITER, settings.data_dir, point], capture_output=True, timeout=150, check=False
    )


def overwrite_database(folder):
    (folder / "chroma.sqlite3").write_bytes(b"no database" * 1000)
