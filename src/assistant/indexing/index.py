"""Catalog and vector index as one: written in the order that survives a crash, searched by the catalog's scores."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from assistant.catalog import Catalog, CatalogChange, IndexState
from assistant.errors import StaleIndex
from assistant.indexing.proposals import Proposals
from assistant.indexing.store import IndexStore, OpenVectors, Repair
from assistant.lock import WriterLock
from assistant.ranking import Ranking
from assistant.vectors import ChromaVectors, rank_by_dot

_OVER_PROPOSAL = 2
"""How many times `k` chunks the approximate index proposes: it misses some, and some may be gone from the catalog."""
_SCANNED = (
    "The vector index is being written to or can't be trusted, so every vector was compared instead, which is "
    "slower. If no ingest is running, the next `assistant ingest` repairs it."
)


class Index:
    """The stored corpus, open for questions or, with the lock, for changes."""

    def __init__(
        self,
        catalog: Catalog,
        root: Path,
        *,
        exact_scan_limit: int,
        build: str | None = None,
        lock: WriterLock | None = None,
        open_vectors: OpenVectors = ChromaVectors,
    ) -> None:
        """Put the parts together; `open_index` makes them.

        Args:
            catalog: The truth. Closed with the index.
            root: The folder of the vector index's folders.
            exact_scan_limit: Up to this many chunks every vector is compared.
            build: What questions were embedded for; None where it does not matter.
            lock: The writer's lock, already held, given back by `close`; None to read only.
            open_vectors: How the approximate index is opened.
        """
        self.catalog = catalog
        self._limit = exact_scan_limit
        self._build = build
        self._lock = lock
        self._store = None if lock is None else IndexStore(catalog, root, open_vectors=open_vectors)
        self._proposals = Proposals(catalog, root, open_vectors=open_vectors)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # Changes

    def apply(self, change: CatalogChange) -> None:
        """Make a change visible, all of it or nothing, and bring the vector index along.

        Raises:
            ValueError: If the index was opened for reading, or the change contradicts the catalog.
            DiskFull: If there is no space; what was stored before is safe.
        """
        self._writer().apply(change)

    def repair(self) -> Repair:
        """Check the vector index in a child process, then complete or rebuild it; no document is lost."""
        return self._writer().repair()

    def is_trusted(self) -> bool:
        """Tell whether the vector index was closed cleanly and looks as it did then."""
        return self._writer().is_trusted()

    def rebuild(self) -> None:
        """Make the vector index anew from the stored vectors."""
        self._writer().rebuild()

    def replace_with(self, staged: Catalog, file: Path) -> None:
        """Put another catalog in the place of this one, all of it or nothing; questions are answered meanwhile.

        Args:
            staged: The other one, open for writing; closed here.
            file: Its file.

        Raises:
            DiskFull: If there is no space; nothing was changed then.
        """
        self._writer().replace_with(staged, file)

    def remove_leftovers(self) -> None:
        """Delete what a killed writer left beside the index."""
        self._writer().remove_leftovers()

    def _writer(self) -> IndexStore:
        if self._store is None:
            raise ValueError("this index was opened for reading")
        return self._store

    # Questions

    def candidates(self, vector: NDArray[np.float32], *, k: int, allowed: frozenset[str] | None = None) -> Ranking:
        """Rank chunks by cosine similarity with a question.

        Small corpora, filtered questions, and all while the vector index can't be trusted are compared exactly.
        Otherwise the vector index proposes; the score is computed from the stored vectors either way.

        Args:
            vector: Unit length, shape (dimension,).
            k: How many hits to return at most.
            allowed: Chunk ids that may be returned; None for all.

        Returns:
            Visible chunks, best first, scores in -1..1 rounded to 6 decimals, ties by chunk id.

        Raises:
            StaleIndex: If another process has built the index anew with another embedder since it was opened.
        """
        with self.catalog.snapshot():
            self._refuse_other_build()
            count = self.catalog.chunk_count()
            if allowed is not None:
                return self._scan_allowed(vector, k=k, allowed=allowed, count=count)
            if count > self._limit and (proposed := self._propose(vector, k=min(k, count))) is not None:
                return proposed
            table = self.catalog.vectors()
            return rank_by_dot(vector, table.ids, table.matrix, k=k)

    def _refuse_other_build(self) -> None:
        built = self.catalog.build_fingerprint()
        if self._build is not None and built is not None and built != self._build:
            raise StaleIndex(built_with=built, wanted=self._build)

    def notices(self) -> tuple[str, ...]:
        """Say what a person should know of how questions are searched now."""
        with self.catalog.snapshot():
            if self.catalog.chunk_count() <= self._limit:
                return ()
            trusted = self.catalog.index_state() is IndexState.CLEAN and self._proposals.usable
            return () if trusted else (_SCANNED,)

    def _propose(self, vector: NDArray[np.float32], *, k: int) -> Ranking | None:
        names = self._proposals.nearest(vector, k=k * _OVER_PROPOSAL)
        if names is None:
            return None
        stored = self.catalog.known_vectors(names)
        if len(stored) < k:
            return None
        return rank_by_dot(vector, list(stored), np.stack(list(stored.values())), k=k)

    def _scan_allowed(self, vector: NDArray[np.float32], *, k: int, allowed: frozenset[str], count: int) -> Ranking:
        if count > self._limit and len(allowed) <= self._limit:
            stored = self.catalog.known_vectors(sorted(allowed))
            matrix = np.stack(list(stored.values())) if stored else np.zeros((0, len(vector)), dtype=np.float32)
            return rank_by_dot(vector, list(stored), matrix, k=k)
        table = self.catalog.vectors()
        rows = sorted(table.rows[name] for name in allowed if name in table.rows)
        return rank_by_dot(vector, [table.ids[row] for row in rows], table.matrix[rows], k=k)

    def close(self) -> None:
        """Close everything and give the lock back; a vector index that is whole is noted as such."""
        try:
            self._proposals.close()
            if self._store is not None:
                self._store.close()
        finally:
            self.catalog.close()
            lock, self._lock = self._lock, None
            if lock is not None:
                lock.__exit__()
