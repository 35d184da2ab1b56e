"""A check finds every fault that is put into a store, and says what mends it."""

import importlib.util
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from assistant.catalog import CATALOG_FILE, Catalog
from assistant.indexing import open_index
from assistant.indexing.checking import find_faults
from assistant.settings import Settings
from assistant.vectors import ChromaVectors

spec = importlib.util.spec_from_file_location("stores", Path(__file__).with_name("stores.py"))
stores = importlib.util.module_from_spec(spec)
spec.loader.exec_module(stores)
corpora = stores.corpora

UPLOAD = "An uploaded note."
SEALED = {
    "a lost vector": "DELETE FROM chunk_vectors WHERE chunk = 2",
    "a short vector": "UPDATE chunk_vectors SET vector = substr(vector, 5) WHERE chunk = 3",
    "a lost lexical row": "DELETE FROM lexical WHERE rowid = 2",
    "a lexical row too many": "INSERT INTO lexical (rowid, context, body) VALUES (999, 'a', 'b')",
    "other words in a lexical row": "UPDATE lexical SET body = 'other word' WHERE rowid = 2",
    "a lost occurrence": "DELETE FROM occurrences WHERE content = 1 AND ordinal = 1",
    "a moved occurrence": "UPDATE occurrences SET start_at = start_at + 1 WHERE content = 1 AND ordinal = 1",
    "another chunk's text": "UPDATE chunks SET text = 'other' WHERE chunk = 1",
    "a lost chunk": "DELETE FROM chunks WHERE chunk = 1",
    "a chunk too many": "INSERT INTO chunks VALUES (999, 'x', '', 'text')",
    "another text": "UPDATE contents SET text = text || '.' WHERE content = 1",
    "another number of chunks": "UPDATE contents SET chunk_count = 9 WHERE content = 1",
    "a content too many": "INSERT INTO contents SELECT 99, 'x', text, text_digest, map_digest, title, authors, date,"
    " language, tags, page_count, 0, notices FROM contents WHERE content = 1",
    "another digest": "UPDATE contents SET digest = 'x' WHERE content = 1",
    "a page that is longer": "UPDATE pages SET end_at = end_at + 5",
    "a lost page": "DELETE FROM pages",
    "a section of another name": "UPDATE sections SET path = '[\"Other\"]'",
    "a lost heading": "UPDATE blocks SET kind = 'paragraph' WHERE kind = 'heading'",
    "a moved sentence": "UPDATE sentences SET end_at = end_at - 1 WHERE sentence = 1",
    "a short sentence vector": "UPDATE sentences SET vector = substr(vector, 3) WHERE sentence = 1",
    "a path to no content": "UPDATE paths SET content = 77 WHERE document_id = 'a.md'",
    "a path to another content": "UPDATE paths SET content = 2 WHERE document_id = 'a.md'",
    "a path of no source": "UPDATE paths SET source = 'x' WHERE document_id = 'a.md'",
    "a visible chunk listed as stale": "INSERT INTO stale_vectors SELECT id FROM chunks LIMIT 1",
}
ONLY_IN_THE_FILE = {
    "other values of a vector": "UPDATE chunk_vectors SET vector = zeroblob(length(vector)) WHERE chunk = 2",
    "other values of a sentence's vector": "UPDATE sentences SET vector = zeroblob(length(vector)) WHERE sentence = 1",
    "another title": "UPDATE contents SET title = 'Other' WHERE content = 1",
    "another tag": "UPDATE paths SET tags = '[\"x\"]' WHERE document_id = 'a.md'",
    "another root": "UPDATE sources SET root = '/elsewhere'",
    "a lost entry of the journal": "DELETE FROM runs",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    settings = Settings(data_dir=tmp_path_factory.mktemp("made") / "data", exact_scan_limit=0)
    stores.fill(settings, {"a.md": f"# One\n\n{corpora.paragraphs(4)}", "b.md": corpora.paragraphs(3, prefix="b")})
    with open_index(settings, write=True) as index:
        index.catalog.begin_run("sync")
        index.apply(corpora.change_of({"uploads/n.md": UPLOAD}, source=corpora.UPLOADS))
    kept = settings.data_dir / "uploads" / corpora.digest_of(UPLOAD)
    kept.parent.mkdir()
    kept.write_text(UPLOAD)
    return settings


@pytest.fixture
def stored(made, tmp_path):
    """A copy to be damaged, its times kept."""
    shutil.copytree(made.data_dir, tmp_path / "data")
    return made.model_copy(update={"data_dir": tmp_path / "data"})


def execute(settings, statement):
    with closing(sqlite3.connect(settings.data_dir / CATALOG_FILE)) as connection, connection:
        connection.execute(statement)


def faults_of(settings):
    with Catalog.open(settings.data_dir) as catalog:
        return list(find_faults(catalog, settings.data_dir))


def test_a_whole_store_has_no_fault(stored):
    assert faults_of(stored) == []


@pytest.mark.parametrize("statement", SEALED.values(), ids=SEALED)
def test_an_altered_row_is_found_by_its_own_seals_and_by_the_files(stored, statement):
    execute(stored, statement)
    with Catalog.open(stored.data_dir) as catalog:
        assert catalog.check() != []
        assert catalog.file_fault() is not None


@pytest.mark.parametrize("statement", ONLY_IN_THE_FILE.values(), ids=ONLY_IN_THE_FILE)
def test_whatever_else_is_altered_is_found_by_the_files_seal(stored, statement):
    execute(stored, statement)
    with Catalog.open(stored.data_dir) as catalog:
        assert catalog.file_fault() is not None


def change_index(settings, change):
    """Change a Chroma folder and seal it, as if it had been so when it was closed."""
    vectors = ChromaVectors(stores.chroma_folder(settings))
    change(vectors)
    vectors.close()
    from assistant.indexing.store import seal_of

    with Catalog.open(settings.data_dir, write=True) as catalog:
        catalog.seal_index(seal_of(stores.chroma_folder(settings)))


def swap_a_vector(vectors):
    vectors.delete([min(vectors.ids())])
    vectors.upsert(["orphan"], corpora.vectors_of(["orphan"]))


def alter_a_vector(vectors):
    vectors.upsert([min(vectors.ids())], np.roll(corpora.vectors_of(["other"]), 1))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "found"),
    [
        (swap_a_vector, "chunks without a vector: 1, vectors without a chunk: 1"),
        (alter_a_vector, "vectors that are not those of the catalog: 1"),
    ],
)
def test_each_vector_that_is_not_the_catalogs_is_found_and_mended(stored, change, found):
    change_index(stored, change)
    faults = [fault.removeprefix("vector index: ") for fault in faults_of(stored)]
    assert ", ".join(fault for fault in faults if "known vectors" not in fault) == found
    with open_index(stored, write=True) as index:
        index.rebuild()
    assert faults_of(stored) == []


def test_a_part_of_the_index_that_rots_while_size_and_time_stay_is_found(tmp_path):
    settings = Settings(data_dir=tmp_path / "large")
    stores.fill(settings, {"a.md": corpora.paragraphs(1100)})
    (path,) = stores.chroma_folder(settings).rglob("data_level0.bin")
    status, content = path.stat(), bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 4096] = bytes(4096)
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert any(fault.startswith("vector index: ") for fault in faults_of(settings))


@pytest.mark.parametrize(
    ("damage", "found"),
    [(Path.unlink, "is lost"), (lambda path: path.write_text("other"), "was altered")],
    ids=["lost", "altered"],
)
def test_a_kept_file_of_an_upload_that_is_not_the_one_is_found(stored, damage, found):
    damage(stored.data_dir / "uploads" / corpora.digest_of(UPLOAD))
    with Catalog.open(stored.data_dir) as catalog:
        assert next(find_faults(catalog, stored.data_dir)) == f"upload: the kept file of 'uploads/n.md' {found}"


def test_the_doctor_says_what_mends_each_kind_of_fault(assistant, stored, tmp_path):
    execute(stored, SEALED["another text"])
    shutil.rmtree(stored.data_dir / "index")
    shown = assistant("doctor", "--check", "--data-dir", stored.data_dir, cwd=tmp_path, code=1).stdout.decode()
    assert "catalog: content" in shown and "the text was altered" in shown
    assert "`assistant ingest --rebuild`" in shown and "`assistant doctor --repair`" in shown
