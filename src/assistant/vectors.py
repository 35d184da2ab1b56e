"""Vector indexes: Chroma, and an exact scan in memory that shows what it should return."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from assistant.errors import DiskFull, IndexDamaged
from assistant.ranking import Hit, Ranking

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

SCORE_DECIMALS = 6
"""Dense scores are rounded to this many decimals, so that arithmetic in another order ranks the same."""
_COLLECTION = "chunks"
_BATCH = 1000
"""Chroma refuses more than 5461 at once; its log grows with the batch, its speed hardly."""
_EF = 256
"""Width of Chroma's graph search: above the candidates that retrieval asks for by default."""
_LITTLE_SPACE = 32 * 2**20
"""Chroma does not say that the disk is full: an error with less space left than this is taken for it."""
_TIE_BAND = 1e-5
"""Wider than the error of a float32 dot product of unit vectors of any usual dimension."""


class Vectors(Protocol):
    """An index from chunk ids to unit vectors."""

    def upsert(self, ids: Sequence[str], matrix: NDArray[np.float32]) -> None:
        """Store vectors, one row per id, in place of those stored before."""

    def delete(self, ids: Sequence[str]) -> None:
        """Remove vectors; unknown ids are no fault."""

    def query(self, vector: NDArray[np.float32], *, k: int) -> Ranking:
        """Return at most `k` hits by cosine similarity, best first, ties by id."""

    def ids(self) -> frozenset[str]:
        """List what is stored."""

    def count(self) -> int:
        """Count what is stored."""

    def close(self) -> None:
        """Give back what it holds, everything written."""


def rank_by_dot(vector: NDArray[np.float32], ids: Sequence[str], matrix: NDArray[np.float32], *, k: int) -> Ranking:
    """Rank unit vectors by their dot product with another.

    A fast product in float32 finds who can be among the best; only those are computed again in float64, so that a
    score does not depend on what else was in the matrix.

    Args:
        vector: Shape (dimension,).
        ids: One per row.
        matrix: Shape (rows, dimension).
        k: How many hits to return at most.

    Returns:
        Best first, scores rounded to 6 decimals, ties by id.
    """
    if not len(ids):
        return Ranking()
    rough = matrix @ vector
    rows = np.arange(len(ids))
    if k < len(ids):
        bar = np.partition(rough, len(ids) - k)[len(ids) - k]
        rows = np.flatnonzero(rough >= bar - _TIE_BAND)
    exact = (matrix[rows].astype(np.float64) * vector.astype(np.float64)).sum(axis=1).round(SCORE_DECIMALS)
    return _best_first(exact.tolist(), [ids[row] for row in rows.tolist()], k=k)


def _best_first(scores: Sequence[float], ids: Sequence[str], *, k: int) -> Ranking:
    best = sorted(zip(scores, ids, strict=True), key=lambda hit: (-hit[0], hit[1]))
    return Ranking(hits=tuple(Hit(chunk_id=name, score=score) for score, name in best[:k]))


class ExactVectors:
    """Vectors in memory, every one compared."""

    def __init__(self) -> None:
        self._rows: dict[str, NDArray[np.float32]] = {}

    def upsert(self, ids: Sequence[str], matrix: NDArray[np.float32]) -> None:
        """Store vectors, one row per id, in place of those stored before."""
        self._rows.update(zip(ids, np.array(matrix, dtype=np.float32), strict=True))

    def delete(self, ids: Sequence[str]) -> None:
        """Remove vectors; unknown ids are no fault."""
        for name in ids:
            self._rows.pop(name, None)

    def query(self, vector: NDArray[np.float32], *, k: int) -> Ranking:
        """Return at most `k` hits by cosine similarity, best first, ties by id."""
        if not self._rows:
            return Ranking()
        return rank_by_dot(vector, list(self._rows), np.stack(list(self._rows.values())), k=k)

    def ids(self) -> frozenset[str]:
        """List what is stored."""
        return frozenset(self._rows)

    def count(self) -> int:
        """Count what is stored."""
        return len(self._rows)

    def close(self) -> None:
        """Nothing is held."""


class ChromaVectors:
    """A persistent Chroma collection of unit vectors under cosine distance.

    Chroma keeps one system per path in a process and does not see what another process wrote: whoever reads must
    close and open again when the catalog's generation moved. Two writers damage it; the writer's lock is the
    caller's to hold.
    """

    def __init__(self, path: Path) -> None:
        """Open or make the collection.

        Args:
            path: Its folder.

        Raises:
            IndexDamaged: If Chroma says that it can't open it. It may also end the process: see `assistant.probing`.
        """
        import chromadb
        from chromadb.config import Settings as ChromaSettings

        self._path = path
        with named_damage(path):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            settings = ChromaSettings(anonymized_telemetry=False)
            try:
                self._client = cast("Client", chromadb.PersistentClient(str(path), settings=settings))
            except AttributeError:
                # Chroma keeps a system that failed to start, and lets go of it when it fails to be used.
                self._client = cast("Client", chromadb.PersistentClient(str(path), settings=settings))
            try:
                self._collection: Collection = self._client.get_or_create_collection(
                    _COLLECTION,
                    embedding_function=None,
                    configuration={"hnsw": {"space": "cosine", "ef_search": _EF, "ef_construction": 128}},
                )
            except BaseException:
                self._client.close()
                raise

    def upsert(self, ids: Sequence[str], matrix: NDArray[np.float32]) -> None:
        """Store vectors, one row per id, in place of those stored before."""
        with named_damage(self._path):
            for start in range(0, len(ids), _BATCH):
                batch = slice(start, start + _BATCH)
                self._collection.upsert(ids=list(ids[batch]), embeddings=matrix[batch])

    def delete(self, ids: Sequence[str]) -> None:
        """Remove vectors; unknown ids are no fault."""
        with named_damage(self._path):
            for start in range(0, len(ids), _BATCH):
                self._collection.delete(ids=list(ids[start : start + _BATCH]))

    def query(self, vector: NDArray[np.float32], *, k: int) -> Ranking:
        """Return at most `k` hits by cosine similarity, best first, ties by id; approximate."""
        with named_damage(self._path):
            if not self._collection.count():
                return Ranking()
            found = self._collection.query(query_embeddings=vector[None, :], n_results=k, include=["distances"])
        # Chroma's cosine distance is 1 - similarity.
        scores = [round(1.0 - distance, SCORE_DECIMALS) for distance in (found["distances"] or [[]])[0]]
        return _best_first(scores, found["ids"][0], k=k)

    def ids(self) -> frozenset[str]:
        """List what is stored."""
        with named_damage(self._path):
            return frozenset(self._collection.get(include=[])["ids"])

    def read(self, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Read back vectors by id, without those that are not stored."""
        found: dict[str, NDArray[np.float32]] = {}
        with named_damage(self._path):
            for start in range(0, len(ids), _BATCH):
                part = self._collection.get(ids=list(ids[start : start + _BATCH]), include=["embeddings"])
                rows = np.asarray(part["embeddings"], dtype=np.float32)
                found.update(zip(part["ids"], rows, strict=True))
        return found

    def count(self) -> int:
        """Count what is stored."""
        with named_damage(self._path):
            return self._collection.count()

    def close(self) -> None:
        """Close the client, with its system if it is the last one on it, and make the files private."""
        self._client.close()
        for path in self._path.rglob("*"):
            path.chmod(0o700 if path.is_dir() else 0o600)


@contextmanager
def named_damage(path: Path) -> Iterator[None]:
    """Turn what Chroma raises into one error; its bindings raise many kinds for a damaged folder."""
    from chromadb.errors import ChromaError

    try:
        yield
    except (ChromaError, RuntimeError, ValueError, TypeError, KeyError, OSError) as error:
        there = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
        if shutil.disk_usage(there).free < _LITTLE_SPACE:
            raise DiskFull(path) from error
        raise IndexDamaged(path, detail=f"{type(error).__name__}: {error}") from error
