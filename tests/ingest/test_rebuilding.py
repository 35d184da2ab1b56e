"""A rebuild takes the old corpus's place in one moment; until then, and after a kill, the old one answers."""

import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.catalog import CATALOG_FILE, DAMAGED_CODE, Catalog
from assistant.embedding.runtime import Manifest
from assistant.errors import CatalogDamaged, StaleIndex
from assistant.indexing import build_fingerprint, open_index
from assistant.wiring import open_assistant
from ingest import Code, rebuild, sync
from ingest.uploads import add_uploads

QUESTION = "Who designed the lighthouse of Vell?"
TEXTS = {
    "vell.md": "---\ntags: [sea]\n---\n# Vell\n\nAda Brandt designed the lighthouse of Vell. It was lit in 1931.\n",
    "bees.txt": "The queen lays up to 2,000 eggs a day. Honey is harvested in late July.\n",
    "copy.txt": "The queen lays up to 2,000 eggs a day. Honey is harvested in late July.\n",
    "empty.txt": "",
}
KILLED = """
import os, signal, sys
from pathlib import Path
from assistant.catalog import Catalog
from assistant.settings import Settings
from ingest.rebuilding import rebuild

def dying(function, before):
    def wrapped(*arguments, **options):
        if not before:
            function(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)
    return wrapped

name, when = sys.argv[3].split()
setattr(Catalog, name, dying(getattr(Catalog, name), when == "before"))
rebuild(Settings(data_dir=Path(sys.argv[1]), chunk_tokens=int(sys.argv[2])))
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory, models_dir):
    """A data directory with a few short documents, a tag, and an upload."""
    from assistant.settings import Settings

    root = tmp_path_factory.mktemp("rebuilding")
    (root / "corpus").mkdir()
    for name, text in TEXTS.items():
        (root / "corpus" / name).write_text(text, encoding="utf-8")
    settings = Settings(data_dir=root / "data", corpus=root / "corpus", models_dir=models_dir)
    sync([], settings=settings)
    (root / "note.txt").write_text("The dough of rye bread rests for sixteen hours.\n")
    add_uploads([("note.txt", root / "note.txt")], settings=settings)
    return settings


@pytest.fixture
def stored(made, tmp_path):
    """A copy of it, to be changed."""
    shutil.copytree(made.data_dir, tmp_path / "store")
    shutil.copytree(made.corpus, tmp_path / "docs")
    with closing(sqlite3.connect(tmp_path / "store" / CATALOG_FILE)) as connection, connection:
        connection.execute("UPDATE paths SET tags = '[\"coast\"]' WHERE document_id = 'vell.md'")
        connection.execute("UPDATE sources SET root = ? WHERE name = 'corpus'", (str(tmp_path / "docs"),))
    (tmp_path / "store" / f"{CATALOG_FILE}.seal").unlink()
    return made.model_copy(update={"data_dir": tmp_path / "store", "corpus": tmp_path / "docs"})


def everything(settings):
    with Catalog.open(settings.data_dir) as catalog:
        assert catalog.check() == []
        table, records = catalog.vectors(), catalog.documents()
        files = [catalog.files(source.name) for source in catalog.sources()]
        indexed = [record.document_id for record in records if record.chunks]
        texts = [(catalog.text(name), catalog.sealed_content(name).tags) for name in indexed]
        return table.ids, records, files, texts, catalog.runs(), catalog.build_fingerprint()


def build_of(settings):
    with Catalog.open(settings.data_dir) as catalog:
        return catalog.build_fingerprint()


def execute(settings, statement):
    with closing(sqlite3.connect(settings.data_dir / CATALOG_FILE)) as connection, connection:
        connection.execute(statement)


def test_a_rebuild_with_the_same_settings_changes_nothing_that_can_be_seen(stored):
    before = everything(stored)
    with open_assistant(stored) as asking:
        answer = asking.ask(QUESTION)
        generation = Catalog.open(stored.data_dir).generation()
        assert rebuild(stored).documents == 4
        with Catalog.open(stored.data_dir) as catalog:
            assert catalog.generation() > generation
        again = asking.ask(QUESTION)
    assert everything(stored) == before
    assert (again.citations, again.sentences) == (answer.citations, answer.sentences)
    assert not (stored.data_dir / "staging").exists()
    assert len(list((stored.data_dir / "index").iterdir())) == 1
    assert sync([], settings=stored).nothing_done


def test_another_chunk_size_is_refused_until_it_is_rebuilt(stored):
    other = stored.model_copy(update={"chunk_tokens": 32})
    for refused in (lambda: sync([], settings=other), lambda: open_assistant(other)):
        with pytest.raises(StaleIndex, match=r"chunks of 256 tokens.*chunks of 32.*assistant ingest --rebuild"):
            refused()
    with open_assistant(stored) as asking:
        assert rebuild(other).documents == 4
        with pytest.raises(StaleIndex, match="chunks of 32"):
            asking.ask(QUESTION)
    with open_assistant(other) as asking:
        assert "Ada Brandt" in asking.ask(QUESTION).citations[0].quote
    with Catalog.open(other.data_dir) as catalog:
        assert {record.tags for record in catalog.documents()} == {("coast", "sea"), ()}
    assert sync([], settings=other).nothing_done


def test_another_build_is_refused_before_a_model_is_loaded(stored, monkeypatch):
    monkeypatch.setattr("assistant.wiring.open_embedder", lambda settings: pytest.fail("a model was loaded"))
    with pytest.raises(StaleIndex):
        open_assistant(stored.model_copy(update={"chunk_tokens": 32}))


def test_an_index_of_another_build_is_refused_although_no_file_changed(stored, monkeypatch):
    """As after an update whose export of the model is still to be made: only the open model tells what it is."""
    with Catalog.open(stored.data_dir, write=True) as catalog:
        catalog.set_build_fingerprint("of before")
    monkeypatch.setattr("ingest.run.known_build", lambda settings: None)
    with pytest.raises(StaleIndex, match="--rebuild"):
        sync([], settings=stored)


MANIFEST = Manifest(
    name="model", digest="a" * 64, stamp="s", runtime="openvino", dimension=384, max_tokens=256, query_prefix="",
    document_prefix="", inputs=("input_ids",), pools_tokens=True, pad_id=0, versions="1",
)  # fmt: skip
CHANGES = {
    "name": "other", "digest": "b" * 64, "dimension": 383, "max_tokens": 255, "query_prefix": "q:",
    "document_prefix": "d:", "pools_tokens": False,
}  # fmt: skip


@pytest.mark.parametrize("changed", [*CHANGES, "chunk_tokens", "chunking"])
def test_each_field_of_the_build_is_told_apart(settings, changed, monkeypatch):
    stored = build_fingerprint(settings, embedder=MANIFEST.fingerprint)
    with open_index(settings, write=True, build=stored) as index:
        execute(settings, "INSERT INTO chunks VALUES (1, 'a', '', 'text')")
        assert index.catalog.chunk_count()
    embedder = replace(MANIFEST, **{changed: CHANGES[changed]}) if changed in CHANGES else MANIFEST
    other = settings.model_copy(update={"chunk_tokens": 255} if changed == "chunk_tokens" else {})
    if changed == "chunking":
        monkeypatch.setattr("assistant.indexing.opening.CHUNKING", "another")
    for write in (False, True):
        with pytest.raises(StaleIndex, match="--rebuild"):
            open_index(other, write=write, build=build_fingerprint(other, embedder=embedder.fingerprint))


@pytest.mark.slow
@pytest.mark.parametrize(
    "point", ["apply after", "set_index_folder after", "replace_with before", "replace_with after"]
)
def test_a_rebuild_killed_at_any_point_leaves_the_old_or_the_new(stored, point):
    other = stored.model_copy(update={"chunk_tokens": 32})
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, stored.data_dir, "32", point], capture_output=True, timeout=150, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    now, then = (other, stored) if point == "replace_with after" else (stored, other)
    with open_assistant(now) as asking:
        assert "Ada Brandt" in asking.ask(QUESTION).citations[0].quote
    with pytest.raises(StaleIndex):
        open_assistant(then)
    assert sync([], settings=now).nothing_done
    assert not (stored.data_dir / "staging").exists()
    assert len(list((stored.data_dir / "index").iterdir())) == 1
    everything(stored)


def test_a_cancelled_rebuild_changes_nothing(stored):
    before, cancel = everything(stored), threading.Event()
    cancel.set()
    assert rebuild(stored, cancel=cancel).interrupted
    assert everything(stored) == before


def test_questions_of_another_process_are_answered_throughout(stored, tmp_path):
    process = subprocess.Popen(
        [Path(sys.executable).with_name("assistant"), "ingest", "--rebuild", "--corpus", stored.corpus,
         "--data-dir", stored.data_dir],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    asked = 0
    with open_assistant(stored) as asking:
        while process.poll() is None or not asked:
            assert "Ada Brandt" in asking.ask(QUESTION).citations[0].quote
            asked += 1
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.1)
    assert process.communicate()[0].splitlines()[0] == "Rebuilt: 4 documents"
    assert process.returncode == 0


def test_an_altered_text_is_not_taken_over_and_its_file_is_read_again(stored):
    assert Code.STORE_DAMAGED.value == DAMAGED_CODE
    before = everything(stored)
    execute(stored, "UPDATE contents SET text = replace(text, 'Ada Brandt', 'Eva Brandt')")
    assert rebuild(stored).damaged == ("vell.md",)
    with Catalog.open(stored.data_dir) as catalog:
        record = next(one for one in catalog.documents() if one.document_id == "vell.md")
        assert (record.code, record.tags) == ("store_damaged", ("coast",))  # its own tags come with its text
    assert sync([], settings=stored).added == ("vell.md",)
    assert everything(stored)[:4] == before[:4]


FAULTS = (
    "DELETE FROM chunk_vectors WHERE chunk = 1",
    "DELETE FROM lexical WHERE rowid = 2",
    "UPDATE occurrences SET start_at = start_at + 1",
    "UPDATE sentences SET end_at = end_at - 1",
    "UPDATE contents SET chunk_count = 9",
    "INSERT INTO chunks VALUES (999, 'x', '', 'text')",
    "UPDATE paths SET content = 77 WHERE document_id = 'copy.txt'",
)


def test_whatever_was_altered_in_what_is_derived_is_mended(stored):
    before = everything(stored)
    for statement in FAULTS:
        execute(stored, statement)
    with Catalog.open(stored.data_dir) as catalog:
        assert len(catalog.check()) >= len(FAULTS)
    rebuild(stored)
    sync([], settings=stored)
    after = everything(stored)
    assert (after[0], after[1], after[3], after[5]) == (before[0], before[1], before[3], before[5])


def test_altered_vectors_are_made_anew_where_a_writer_refuses_the_file(stored):
    sync([], settings=stored)  # seals the file
    before = everything(stored)
    execute(stored, "UPDATE chunk_vectors SET vector = randomblob(length(vector))")
    with pytest.raises(CatalogDamaged, match="ingest --rebuild"):
        (stored.corpus / "new.txt").write_text("A new document.\n")
        sync([], settings=stored)
    (stored.corpus / "new.txt").unlink()
    rebuild(stored)
    with Catalog.open(stored.data_dir) as catalog:
        assert catalog.file_fault() is None
    assert everything(stored) == before
    with open_assistant(stored) as asking:
        assert "Ada Brandt" in asking.ask(QUESTION).citations[0].quote


def test_nothing_to_rebuild_is_no_fault(settings):
    assert rebuild(settings).documents == 0
    assert not settings.data_dir.exists()
