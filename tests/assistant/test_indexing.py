import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from assistant.catalog import CatalogChange
from assistant.errors import DataDirLocked, DocumentNotFound, EmptyCorpus, StaleIndex
from assistant.indexing import build_fingerprint, open_index, remove_document
from assistant.settings import Settings
from assistant.types import Filters
from assistant.vectors import ChromaVectors

spec = importlib.util.spec_from_file_location("stores", Path(__file__).with_name("stores.py"))
stores = importlib.util.module_from_spec(spec)
spec.loader.exec_module(stores)
corpora = stores.corpora


@pytest.fixture
def small(tmp_path):
    """Settings under which every corpus is scanned."""
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture
def large(tmp_path):
    """Settings under which every corpus is too large to be scanned."""
    return Settings(data_dir=tmp_path / "data", exact_scan_limit=0)


# Questions


def test_proposals_and_scan_give_the_same_answer(large, small):
    stores.fill(large, {f"d{number}.md": corpora.paragraphs(40, prefix=f"d{number}") for number in range(10)})
    with open_index(large) as proposed, open_index(small) as scanned:
        for number in range(20):
            question = corpora.vector_of(f"question {number}")
            assert proposed.candidates(question, k=10) == scanned.candidates(question, k=10)


def test_only_allowed_chunks_are_candidates(large, small):
    stores.fill(large)
    for settings in (large, small):
        with open_index(settings) as index:
            allowed = index.catalog.allowed_chunks(Filters(documents=("b.md",)))
            found = index.candidates(corpora.vector_of("q"), k=50, allowed=allowed | {"unknown"})
            assert set(found.scores()) == allowed
            assert index.candidates(corpora.vector_of("q"), k=5, allowed=frozenset()).hits == ()


def test_an_orphan_in_the_vector_index_is_never_a_candidate(large):
    stores.fill(large)
    orphan = corpora.vector_of("orphan")

    class OrphanedVectors(ChromaVectors):
        def __init__(self, path):
            super().__init__(path)
            self.upsert(["orphan"], orphan[np.newaxis])

    with open_index(large, open_vectors=OrphanedVectors) as index:
        found = index.candidates(orphan, k=3).scores()
        assert len(found) == 3
        assert "orphan" not in found


def test_an_empty_corpus_has_no_candidates(large):
    stores.fill(large, {})
    with open_index(large) as index:
        assert index.candidates(corpora.vector_of("q"), k=3).hits == ()


def test_a_reader_follows_a_writer_of_another_process(large):
    stores.fill(large)
    with open_index(large) as index:
        index.candidates(corpora.vector_of("q"), k=3)
        assert stores.run_killed_writer(large, "never").returncode == 0
        found = index.candidates(corpora.vector_of("q"), k=50)
        assert set(found.scores()) == index.catalog.chunk_ids()
        assert stores.texts_of(index.catalog) == stores.AFTER
        assert index.notices() == ()


def test_chroma_is_not_imported_for_a_scan(small):
    stores.fill(small)
    script = (
        "import sys; from pathlib import Path; from assistant.indexing import open_index\n"
        "from assistant.settings import Settings\n"
        "with open_index(Settings(data_dir=Path(sys.argv[1]))) as index:\n"
        "    table = index.catalog.vectors()\n"
        "    assert len(index.candidates(table.matrix[0], k=3).hits) == 3\n"
        "assert 'chromadb' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script, small.data_dir], check=True, timeout=150)


# Opening


def test_a_second_writer_is_refused_and_readers_go_on(small):
    stores.fill(small)
    with open_index(small, write=True):
        with pytest.raises(DataDirLocked), open_index(small, write=True):
            pass
        with open_index(small) as reader:
            assert len(reader.candidates(corpora.vector_of("q"), k=3).hits) == 3


def test_nothing_to_read_is_an_empty_corpus(small):
    with pytest.raises(EmptyCorpus):
        open_index(small)


def test_another_build_is_refused_with_both_names(small):
    stores.fill(small, build=build_fingerprint(small, embedder="old"))
    wanted = build_fingerprint(small, embedder="new")
    for write in (False, True):
        with pytest.raises(StaleIndex, match="embedder old") as refused:
            open_index(small, write=write, build=wanted)
        assert refused.value.wanted == wanted
    open_index(small, build=build_fingerprint(small, embedder="old")).close()


def test_an_emptied_corpus_may_be_built_otherwise(small):
    stores.fill(small, build="old")
    with open_index(small, write=True, build="old") as index:
        index.apply(CatalogChange(removed=list(stores.BEFORE)))
    with open_index(small, write=True, build="new") as index:
        content = corpora.content_of("Other dimension.", dimension=8)
        entry = corpora.change_of({"d.md": content.document.text}).paths
        index.apply(CatalogChange(contents=[content], paths=entry))
    with open_index(small, build="new") as index:
        assert index.catalog.vectors().matrix.shape == (1, 8)


def test_a_run_that_changes_nothing_leaves_the_vector_index_alone(small):
    stores.fill(small)
    with open_index(small) as index:
        before = index.catalog.index_mark()
    with open_index(small, write=True) as index:
        index.apply(corpora.change_of(stores.BEFORE))
        assert index.catalog.index_mark() == before


def test_a_reader_may_not_change_anything(small):
    stores.fill(small)
    with open_index(small) as index, pytest.raises(ValueError, match="opened for reading"):
        index.apply(CatalogChange(removed=["a.md"]))


# Removing


def test_a_removed_document_is_gone_everywhere(small):
    stores.fill(small)
    remove_document("a.md", settings=small)
    with open_index(small) as index:
        assert set(stores.texts_of(index.catalog)) == {"b.md"}
    stores.assert_whole(small)
    with pytest.raises(DocumentNotFound):
        remove_document("a.md", settings=small)


def test_an_uploads_file_goes_with_the_last_upload_that_shares_it(small):
    stores.fill(small, {"same.md": "Shared."})
    kept = small.data_dir / "uploads" / f"{corpora.digest_of('Shared.')}.md"
    kept.parent.mkdir()
    kept.write_text("Shared.")
    uploads = {"uploads/x.md": "Shared.", "uploads/y.md": "Shared."}
    with open_index(small, write=True) as index:
        index.apply(corpora.change_of(uploads, source=corpora.UPLOADS))
    remove_document("uploads/x.md", settings=small)
    assert kept.exists()
    remove_document("same.md", settings=small)
    assert kept.exists()
    remove_document("uploads/y.md", settings=small)
    assert not kept.exists()
