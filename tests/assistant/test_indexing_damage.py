"""What a kill, a torn file or a full disk leaves behind."""

import importlib.util
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.catalog import IndexState
from assistant.errors import DiskFull, IndexDamaged
from assistant.indexing import Repair, open_index
from assistant.indexing.store import seal_of
from assistant.settings import Settings
from assistant.vectors import ChromaVectors, ExactVectors, rank_by_dot

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


# Crashes


@pytest.mark.parametrize(
    ("point", "visible"),
    [
        ("before upsert", stores.BEFORE),
        ("within upsert", stores.BEFORE),
        ("before commit", stores.BEFORE),
        ("after commit", stores.AFTER),
        ("after delete", stores.AFTER),
        ("before close", stores.AFTER),
        ("after close", stores.AFTER),
    ],
)
def test_a_writer_killed_at_any_point_leaves_all_of_a_change_or_nothing(large, point, visible):
    stores.fill(large)
    killed = stores.run_killed_writer(large, point)
    assert killed.returncode == -9, killed.stderr
    with open_index(large) as index:
        assert stores.texts_of(index.catalog) == visible
        assert index.catalog.index_state() is IndexState.DIRTY
        found = index.candidates(corpora.vector_of("q"), k=50)
        assert set(found.scores()) == index.catalog.chunk_ids()
        assert "every vector was compared" in index.notices()[0]
    stores.assert_whole(large)


@pytest.mark.slow
def test_what_was_acknowledged_survives_kills_at_any_time(large):
    stores.fill(large, {})
    moments = random.Random(20261123)
    acknowledged = 0
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, stores.KILLED_WRITER, large.data_dir, "loop"], stdout=subprocess.PIPE, text=True
        )
        lines = [process.stdout.readline() for _ in range(moments.randint(1, 15))]
        process.kill()
        lines += process.stdout.readlines()
        process.stdout.close()
        process.wait()
        acknowledged = max([acknowledged, *(int(line[1:5]) for line in lines if line.endswith(".md\n"))])
        with open_index(large) as index:
            texts = stores.texts_of(index.catalog)
            newest = max(int(name[1:5]) for name in texts)
            assert newest in (acknowledged, acknowledged + 1)
            assert texts == {name: corpora.paragraphs(8, prefix=name) for name in texts}
            assert index.catalog.check() == []
    stores.assert_whole(large)


@pytest.mark.slow
@pytest.mark.parametrize("point", ["within upsert", "before commit"])
def test_a_repair_that_is_killed_is_done_again(large, point):
    stores.fill(large)
    stores.overwrite_database(stores.chroma_folder(large))
    assert stores.run_killed_writer(large, point).returncode == -9
    assert stores.run_killed_writer(large, point).returncode == -9
    with open_index(large) as index:
        assert stores.texts_of(index.catalog) == stores.BEFORE
    stores.assert_whole(large)


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


def flip_a_bit(folder):
    (graph,) = folder.rglob("data_level0.bin")
    content = bytearray(graph.read_bytes())
    content[-1] ^= 1
    graph.write_bytes(content)


def lose_a_vector(folder):
    vectors = ChromaVectors(folder)
    vectors.delete([min(vectors.ids())])
    vectors.upsert(["orphan"], corpora.vectors_of(["orphan"]))
    vectors.upsert([f"orphan {number}" for number in range(1200)], corpora.vectors_of(map(str, range(1200))))
    vectors.close()


@pytest.mark.parametrize(
    "damage", [remove_folder, remove_graph, truncate_files, stores.overwrite_database, lose_a_vector]
)
def test_a_damaged_vector_index_costs_no_document_and_no_answer(large, damage):
    texts = {f"d{number}.md": corpora.paragraphs(60, prefix=f"d{number}") for number in range(20)}
    stores.fill(large, texts)
    damage(stores.chroma_folder(large))
    with open_index(large) as index:
        table, question = index.catalog.vectors(), corpora.vector_of("q")
        exact = rank_by_dot(question, table.ids, table.matrix, k=5)
        assert index.candidates(question, k=5) == exact
    with open_index(large, write=True) as index:
        assert stores.texts_of(index.catalog) == texts
    stores.assert_whole(large)


def test_an_index_whose_vectors_read_back_otherwise_is_rebuilt(small):
    stores.fill(small, {"a.md": corpora.paragraphs(1100)})
    (lengths,) = stores.chroma_folder(small).rglob("length.bin")
    lengths.write_bytes(lengths.read_bytes()[: lengths.stat().st_size // 2])
    with open_index(small, write=True, mend=False) as index:
        assert index.repair() is Repair.REBUILT
    stores.assert_whole(small)


def test_a_sound_index_is_completed_and_a_broken_one_rebuilt(small):
    stores.fill(small)
    first = stores.chroma_folder(small)
    with open_index(small, write=True) as index:
        assert index.repair() is Repair.COMPLETED
    assert stores.chroma_folder(small) == first
    with open_index(small, write=True) as index:
        stores.overwrite_database(first)
        assert index.repair() is Repair.REBUILT
    assert stores.chroma_folder(small) != first
    stores.assert_whole(small)


def test_an_index_that_was_altered_since_it_was_closed_is_rebuilt_without_a_probe(large):
    stores.fill(large, {"a.md": corpora.paragraphs(1100)})
    before = stores.chroma_folder(large)
    flip_a_bit(before)
    with open_index(large, write=True):
        assert stores.chroma_folder(large) != before
    stores.assert_whole(large)


def test_an_index_that_looks_whole_and_lacks_a_vector_is_rebuilt_not_completed(large):
    stores.fill(large)
    folder = stores.chroma_folder(large)
    vectors = ChromaVectors(folder)
    vectors.delete([min(vectors.ids())])
    vectors.close()
    with open_index(large, write=True, mend=False) as index:
        index.catalog.seal_index(seal_of(folder))
        assert index.is_trusted() and index.repair() is Repair.REBUILT
    stores.assert_whole(large)


def test_a_rebuild_takes_the_old_folders_place(large):
    stores.fill(large)
    before = stores.chroma_folder(large)
    with open_index(large) as reader:
        ranked = reader.candidates(corpora.vector_of("q"), k=3)
        with open_index(large, write=True) as index:
            index.rebuild()
        assert reader.candidates(corpora.vector_of("q"), k=3) == ranked
        assert reader.notices() == ()
    assert stores.chroma_folder(large) != before
    stores.assert_whole(large)


def test_a_full_disk_is_named_and_the_next_run_goes_on(small):
    class FullVectors(ExactVectors):
        def upsert(self, ids, matrix):
            raise DiskFull(small.data_dir)

    stores.fill(small)
    with (
        pytest.raises(DiskFull, match="is safe"),
        open_index(small, write=True, open_vectors=lambda _: FullVectors()) as index,
    ):
        index.apply(corpora.change_of(stores.AFTER))
    with open_index(small) as index:
        assert stores.texts_of(index.catalog) == stores.BEFORE
    stores.assert_whole(small)


def test_an_index_that_fails_while_it_is_written_to_is_repaired_at_once(small):
    failing = ["once"]

    class FailingVectors(ChromaVectors):
        def upsert(self, ids, matrix):
            if failing:
                raise IndexDamaged(small.data_dir, detail=failing.pop())
            super().upsert(ids, matrix)

    stores.fill(small)
    with open_index(small, write=True, open_vectors=FailingVectors) as index:
        index.apply(corpora.change_of(stores.AFTER, removed=["b.md"]))
    assert not failing
    with open_index(small) as index:
        assert stores.texts_of(index.catalog) == stores.AFTER
    stores.assert_whole(small)


def test_an_index_that_fails_while_it_is_asked_is_replaced_by_a_scan(large):
    class FailingVectors(ExactVectors):
        def query(self, vector, *, k):
            raise IndexDamaged(large.data_dir, detail="torn")

    stores.fill(large)
    with open_index(large, open_vectors=lambda _: FailingVectors()) as index:
        assert len(index.candidates(corpora.vector_of("q"), k=3).hits) == 3
        assert len(index.notices()) == 1
