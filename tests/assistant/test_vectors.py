import importlib.util
import shutil
import stat
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import IndexDamaged
from assistant.probing import probe
from assistant.ranking import Hit
from assistant.vectors import ChromaVectors, ExactVectors, rank_by_dot

spec = importlib.util.spec_from_file_location("corpora", Path(__file__).with_name("corpora.py"))
corpora = importlib.util.module_from_spec(spec)
spec.loader.exec_module(corpora)

NAMES = [f"chunk {number:03d}" for number in range(60)]


@pytest.fixture(params=["exact", "chroma"])
def vectors(request, tmp_path):
    """Every implementation keeps the same contract."""
    opened = ExactVectors() if request.param == "exact" else ChromaVectors(tmp_path / "index")
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path):
    """A closed Chroma folder that was written to its graph files."""
    names = [f"chunk {number:04d}" for number in range(1500)]
    opened = ChromaVectors(tmp_path / "index")
    opened.upsert(names, corpora.vectors_of(names))
    opened.close()
    return tmp_path / "index"


def canaries(count=1500):
    return {f"chunk {n:04d}": corpora.vector_of(f"chunk {n:04d}") for n in range(0, count, 10)}


def test_the_nearest_come_first_with_their_cosines(vectors):
    matrix = corpora.vectors_of(NAMES)
    vectors.upsert(NAMES, matrix)
    question = corpora.vector_of("question")
    hits = vectors.query(question, k=10).hits
    cosines = dict(zip(NAMES, (matrix @ question).tolist(), strict=True))
    assert [hit.chunk_id for hit in hits] == sorted(NAMES, key=lambda name: -cosines[name])[:10]
    assert [hit.score for hit in hits] == pytest.approx([cosines[hit.chunk_id] for hit in hits], abs=2e-6)


def test_an_empty_index_finds_nothing(vectors):
    assert vectors.query(corpora.vector_of("q"), k=3).hits == ()
    assert (vectors.count(), vectors.ids()) == (0, frozenset())


def test_fewer_than_k_are_all_returned(vectors):
    vectors.upsert(NAMES[:2], corpora.vectors_of(NAMES[:2]))
    assert len(vectors.query(corpora.vector_of("q"), k=50).hits) == 2


def test_upsert_replaces(vectors):
    vectors.upsert(NAMES[:3], corpora.vectors_of(NAMES[:3]))
    vectors.upsert(NAMES[:1], corpora.vectors_of(["other"]))
    assert vectors.count() == 3
    assert vectors.query(corpora.vector_of("other"), k=1).hits == (Hit(chunk_id=NAMES[0], score=pytest.approx(1)),)


def test_deleted_vectors_are_gone_and_unknown_ones_no_fault(vectors):
    vectors.upsert(NAMES, corpora.vectors_of(NAMES))
    vectors.delete([*NAMES[:30], "unknown"])
    assert vectors.ids() == frozenset(NAMES[30:])
    assert NAMES[0] not in vectors.query(corpora.vector_of(NAMES[0]), k=60).scores()


def test_ties_are_ordered_by_id(vectors):
    vectors.upsert(["c", "a", "b"], np.stack([corpora.vector_of("same")] * 3))
    assert [hit.chunk_id for hit in vectors.query(corpora.vector_of("same"), k=3).hits] == ["a", "b", "c"]


def test_nothing_is_a_change_of_nothing(vectors):
    vectors.upsert([], np.zeros((0, corpora.DIMENSION), dtype=np.float32))
    vectors.delete([])
    assert vectors.count() == 0


def test_more_than_a_batch_goes_in_and_out(tmp_path):
    names = [f"chunk {number:05d}" for number in range(6000)]
    opened = ChromaVectors(tmp_path)
    opened.upsert(names, corpora.vectors_of(names))
    assert opened.count() == 6000
    opened.delete(names[1:])
    assert opened.ids() == {names[0]}
    opened.close()


def test_chroma_keeps_what_was_closed_and_its_files_are_private(tmp_path):
    for _ in range(2):
        opened = ChromaVectors(tmp_path / "index")
        opened.upsert(NAMES, corpora.vectors_of(NAMES))
        opened.close()
    opened = ChromaVectors(tmp_path / "index")
    assert opened.ids() == frozenset(NAMES)
    opened.close()
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "index").rglob("*") if path.is_file()}
    assert modes == {0o600}


@given(st.integers(0, 2**32), st.integers(1, 40), st.integers(1, 45))
def test_the_exact_ranking_is_that_of_a_plain_sort(seed, rows, k):
    generator = np.random.default_rng(seed)
    matrix = generator.integers(-2, 3, (rows, 4)).astype(np.float32) / 4
    vector = generator.integers(-2, 3, 4).astype(np.float32) / 4
    ids = [f"{number:02d}" for number in generator.permutation(rows)]
    plain = sorted(zip(ids, (matrix.astype(float) @ vector).round(6), strict=True), key=lambda hit: (-hit[1], hit[0]))
    ranked = rank_by_dot(vector, ids, matrix, k=k)
    assert [(hit.chunk_id, hit.score) for hit in ranked.hits] == plain[:k]


@given(st.integers(0, 2**32))
def test_a_score_does_not_depend_on_what_else_is_ranked(seed):
    generator = np.random.default_rng(seed)
    names = [str(number) for number in range(50)]
    matrix, question = corpora.vectors_of(names), corpora.vector_of(str(seed))
    whole = rank_by_dot(question, names, matrix, k=50).scores()
    part = sorted(generator.choice(50, 7, replace=False).tolist())
    assert rank_by_dot(question, [names[n] for n in part], matrix[part], k=7).scores() == {
        names[n]: whole[names[n]] for n in part
    }


def test_a_sound_folder_passes_the_probe(folder):
    result = probe(folder, canaries=canaries() | {"missing": corpora.vector_of("missing")})
    assert (result.usable, result.count) == (True, 1500)
    assert result.detail == "150 of 150 known vectors found"


def test_a_folder_without_its_graph_fails_the_probe(folder):
    (segment,) = (path for path in folder.iterdir() if path.is_dir())
    shutil.rmtree(segment)
    result = probe(folder, canaries=canaries())
    assert not result.usable


@pytest.mark.parametrize("name", ["data_level0.bin", "index_metadata.pickle"])
def test_a_torn_file_ends_at_most_the_probe(folder, name):
    (path,) = folder.rglob(name)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    result = probe(folder, canaries=canaries())
    assert isinstance(result.usable, bool)


def test_a_database_that_is_none_fails_the_probe_and_is_named(folder):
    (folder / "chroma.sqlite3").write_bytes(b"no database" * 1000)
    assert not probe(folder, canaries={}).usable
    with pytest.raises(IndexDamaged, match="no document is lost"):
        ChromaVectors(folder)


def test_a_probe_that_takes_too_long_counts_as_damage(folder):
    result = probe(folder, canaries={}, timeout_seconds=0.01)
    assert (result.usable, result.detail) == (False, "no answer within 0.01 s")
