import importlib.util
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from assistant.catalog import CatalogChange, IndexState
from assistant.errors import DataDirLocked, DiskFull, DocumentNotFound, EmptyCorpus, IndexDamaged, StaleIndex
from assistant.indexing import Repair, build_fingerprint, open_index, remove_document
from assistant.settings import Settings
from assistant.types import Filters
from assistant.vectors import ChromaVectors, ExactVectors, rank_by_dot

spec = importlib.util.spec_from_file_location("corpora", Path(__file__).with_name("corpora.py"))
corpora = importlib.util.module_from_spec(spec)
spec.loader.exec_module(corpora)

KILLED_WRITER = Path(__file__).with_name("killed_writer.py")
BEFORE = {"a.md": corpora.paragraphs(4), "b.md": corpora.paragraphs(3, prefix="second")}
AFTER = {"a.md": corpora.paragraphs(4, prefix="edited"), "c.md": corpora.paragraphs(5, prefix="new")}


@pytest.fixture
def small(tmp_path):
    """Settings under which every corpus is scanned."""
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture
def large(tmp_path):
    """Settings under which every corpus is too large to be scanned."""
    return Settings(data_dir=tmp_path / "data", exact_scan_limit=0)


def fill(settings, texts=BEFORE, **options):
    with open_index(settings, write=True, **options) as index:
        index.catalog.set_source(corpora.SOURCE)
        index.catalog.set_source(corpora.UPLOADS)
        index.apply(corpora.change_of(texts))


def texts_of(catalog):
    return {record.document_id: catalog.text(record.document_id) for record in catalog.documents()}


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


# Crashes


@pytest.mark.parametrize(
    ("point", "visible"),
    [
        ("before upsert", BEFORE),
        ("within upsert", BEFORE),
        ("before commit", BEFORE),
        ("after commit", AFTER),
        ("after delete", AFTER),
        ("before close", AFTER),
        ("after close", AFTER),
    ],
)
def test_a_writer_killed_at_any_point_leaves_all_of_a_change_or_nothing(large, point, visible):
    fill(large)
    killed = run_killed_writer(large, point)
    assert killed.returncode == -9, killed.stderr
    with open_index(large) as index:
        assert texts_of(index.catalog) == visible
        assert index.catalog.index_state() is IndexState.DIRTY
        found = index.candidates(corpora.vector_of("q"), k=50)
        assert set(found.scores()) == index.catalog.chunk_ids()
        assert "every vector was compared" in index.notices()[0]
    assert_whole(large)


def test_what_was_acknowledged_survives_kills_at_any_time(large):
    fill(large, {})
    moments = random.Random(20261123)
    acknowledged = 0
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, KILLED_WRITER, large.data_dir, "loop"], stdout=subprocess.PIPE, text=True
        )
        lines = [process.stdout.readline() for _ in range(moments.randint(1, 15))]
        process.kill()
        lines += process.stdout.readlines()
        process.stdout.close()
        process.wait()
        acknowledged = max([acknowledged, *(int(line[1:5]) for line in lines if line.endswith(".md\n"))])
        with open_index(large) as index:
            texts = texts_of(index.catalog)
            newest = max(int(name[1:5]) for name in texts)
            assert newest in (acknowledged, acknowledged + 1)
            assert texts == {name: corpora.paragraphs(8, prefix=name) for name in texts}
            assert index.catalog.check() == []
    assert_whole(large)


@pytest.mark.parametrize("point", ["within upsert", "before commit"])
def test_a_repair_that_is_killed_is_done_again(large, point):
    fill(large)
    overwrite_database(chroma_folder(large))
    assert run_killed_writer(large, point).returncode == -9
    assert run_killed_writer(large, point).returncode == -9
    with open_index(large) as index:
        assert texts_of(index.catalog) == BEFORE
    assert_whole(large)


# Damage


def remove_folder(folder):
    shutil.rmtree(folder)


def remove_graph(folder):
    for path in [path for path in folder.iterdir() if path.is_dir()]:
        shutil.rmtree(path)


def truncate_files(folder):
    for path in folder.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def overwrite_database(folder):
    (folder / "chroma.sqlite3").write_bytes(b"no database" * 1000)


def lose_a_vector(folder):
    vectors = ChromaVectors(folder)
    vectors.delete([min(vectors.ids())])
    vectors.upsert(["orphan"], corpora.vectors_of(["orphan"]))
    vectors.upsert([f"orphan {number}" for number in range(1200)], corpora.vectors_of(map(str, range(1200))))
    vectors.close()


@pytest.mark.parametrize("damage", [remove_folder, remove_graph, truncate_files, overwrite_database, lose_a_vector])
def test_a_damaged_vector_index_costs_no_document_and_no_answer(large, damage):
    texts = {f"d{number}.md": corpora.paragraphs(60, prefix=f"d{number}") for number in range(20)}
    fill(large, texts)
    damage(chroma_folder(large))
    with open_index(large) as index:
        table, question = index.catalog.vectors(), corpora.vector_of("q")
        exact = rank_by_dot(question, table.ids, table.matrix, k=5)
        assert index.candidates(question, k=5) == exact
    with open_index(large, write=True) as index:
        assert texts_of(index.catalog) == texts
    assert_whole(large)


def test_a_sound_index_is_completed_and_a_broken_one_rebuilt(small):
    fill(small)
    first = chroma_folder(small)
    with open_index(small, write=True) as index:
        assert index.repair() is Repair.COMPLETED
    assert chroma_folder(small) == first
    with open_index(small, write=True) as index:
        overwrite_database(first)
        assert index.repair() is Repair.REBUILT
    assert chroma_folder(small) != first
    assert_whole(small)


def test_a_rebuild_takes_the_old_folders_place(large):
    fill(large)
    before = chroma_folder(large)
    with open_index(large) as reader:
        ranked = reader.candidates(corpora.vector_of("q"), k=3)
        with open_index(large, write=True) as index:
            index.rebuild()
        assert reader.candidates(corpora.vector_of("q"), k=3) == ranked
        assert reader.notices() == ()
    assert chroma_folder(large) != before
    assert_whole(large)


def test_a_full_disk_is_named_and_the_next_run_goes_on(small):
    class FullVectors(ExactVectors):
        def upsert(self, ids, matrix):
            raise DiskFull(small.data_dir)

    fill(small)
    with (
        pytest.raises(DiskFull, match="is safe"),
        open_index(small, write=True, open_vectors=lambda _: FullVectors()) as index,
    ):
        index.apply(corpora.change_of(AFTER))
    with open_index(small) as index:
        assert texts_of(index.catalog) == BEFORE
    assert_whole(small)


def test_an_index_that_fails_while_it_is_written_to_is_repaired_at_once(small):
    failing = ["once"]

    class FailingVectors(ChromaVectors):
        def upsert(self, ids, matrix):
            if failing:
                raise IndexDamaged(small.data_dir, detail=failing.pop())
            super().upsert(ids, matrix)

    fill(small)
    with open_index(small, write=True, open_vectors=FailingVectors) as index:
        index.apply(corpora.change_of(AFTER, removed=["b.md"]))
    assert not failing
    with open_index(small) as index:
        assert texts_of(index.catalog) == AFTER
    assert_whole(small)


def test_an_index_that_fails_while_it_is_asked_is_replaced_by_a_scan(large):
    class FailingVectors(ExactVectors):
        def query(self, vector, *, k):
            raise IndexDamaged(large.data_dir, detail="torn")

    fill(large)
    with open_index(large, open_vectors=lambda _: FailingVectors()) as index:
        assert len(index.candidates(corpora.vector_of("q"), k=3).hits) == 3
        assert len(index.notices()) == 1


# Questions


def test_proposals_and_scan_give_the_same_answer(large, small):
    fill(large, {f"d{number}.md": corpora.paragraphs(40, prefix=f"d{number}") for number in range(10)})
    with open_index(large) as proposed, open_index(small) as scanned:
        for number in range(20):
            question = corpora.vector_of(f"question {number}")
            assert proposed.candidates(question, k=10) == scanned.candidates(question, k=10)


def test_only_allowed_chunks_are_candidates(large, small):
    fill(large)
    for settings in (large, small):
        with open_index(settings) as index:
            allowed = index.catalog.allowed_chunks(Filters(documents=("b.md",)))
            found = index.candidates(corpora.vector_of("q"), k=50, allowed=allowed | {"unknown"})
            assert set(found.scores()) == allowed
            assert index.candidates(corpora.vector_of("q"), k=5, allowed=frozenset()).hits == ()


def test_an_orphan_in_the_vector_index_is_never_a_candidate(large):
    fill(large)
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
    fill(large, {})
    with open_index(large) as index:
        assert index.candidates(corpora.vector_of("q"), k=3).hits == ()


def test_a_reader_follows_a_writer_of_another_process(large):
    fill(large)
    with open_index(large) as index:
        index.candidates(corpora.vector_of("q"), k=3)
        assert run_killed_writer(large, "never").returncode == 0
        found = index.candidates(corpora.vector_of("q"), k=50)
        assert set(found.scores()) == index.catalog.chunk_ids()
        assert texts_of(index.catalog) == AFTER
        assert index.notices() == ()


def test_chroma_is_not_imported_for_a_scan(small):
    fill(small)
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
    fill(small)
    with open_index(small, write=True):
        with pytest.raises(DataDirLocked), open_index(small, write=True):
            pass
        with open_index(small) as reader:
            assert len(reader.candidates(corpora.vector_of("q"), k=3).hits) == 3


def test_nothing_to_read_is_an_empty_corpus(small):
    with pytest.raises(EmptyCorpus):
        open_index(small)


def test_another_build_is_refused_with_both_names(small):
    fill(small, build=build_fingerprint(small, embedder="old"))
    wanted = build_fingerprint(small, embedder="new")
    for write in (False, True):
        with pytest.raises(StaleIndex, match="embedder old") as refused:
            open_index(small, write=write, build=wanted)
        assert refused.value.wanted == wanted
    open_index(small, build=build_fingerprint(small, embedder="old")).close()


def test_an_emptied_corpus_may_be_built_otherwise(small):
    fill(small, build="old")
    with open_index(small, write=True, build="old") as index:
        index.apply(CatalogChange(removed=list(BEFORE)))
    with open_index(small, write=True, build="new") as index:
        content = corpora.content_of("Other dimension.", dimension=8)
        entry = corpora.change_of({"d.md": content.document.text}).paths
        index.apply(CatalogChange(contents=[content], paths=entry))
    with open_index(small, build="new") as index:
        assert index.catalog.vectors().matrix.shape == (1, 8)


def test_a_run_that_changes_nothing_leaves_the_vector_index_alone(small):
    fill(small)
    with open_index(small) as index:
        before = index.catalog.index_mark()
    with open_index(small, write=True) as index:
        index.apply(corpora.change_of(BEFORE))
        assert index.catalog.index_mark() == before


def test_a_reader_may_not_change_anything(small):
    fill(small)
    with open_index(small) as index, pytest.raises(ValueError, match="opened for reading"):
        index.apply(CatalogChange(removed=["a.md"]))


# Removing


def test_a_removed_document_is_gone_everywhere(small):
    fill(small)
    remove_document("a.md", settings=small)
    with open_index(small) as index:
        assert set(texts_of(index.catalog)) == {"b.md"}
    assert_whole(small)
    with pytest.raises(DocumentNotFound):
        remove_document("a.md", settings=small)


def test_an_uploads_file_goes_with_the_last_upload_that_shares_it(small):
    fill(small, {"same.md": "Shared."})
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
