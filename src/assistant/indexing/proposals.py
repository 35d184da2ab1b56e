"""The vector index as a reader of questions sees it: proposals of chunks, or none while it can't be trusted."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.catalog import Catalog, IndexMark, IndexState
from assistant.errors import DiskFull, IndexDamaged
from assistant.indexing.store import CANARIES, OpenVectors, is_sealed
from assistant.probing import probe
from assistant.vectors import Vectors

logger = logging.getLogger(__name__)


class Proposals:
    """Proposes chunks near a vector. Opens the index late, and again when another process has written."""

    def __init__(self, catalog: Catalog, root: Path, *, open_vectors: OpenVectors) -> None:
        self._catalog = catalog
        self._root = root
        self._open_vectors = open_vectors
        self._lock = threading.Lock()
        self._mark: IndexMark | None = None
        self._vectors: Vectors | None = None

    def nearest(self, vector: NDArray[np.float32], *, k: int) -> list[str] | None:
        """Propose chunk ids.

        Args:
            vector: Unit length.
            k: How many at most.

        Returns:
            Ids, best first, some perhaps gone from the catalog; None while the index can't be trusted.
        """
        with self._lock:
            mark = self._catalog.index_mark()
            if mark != self._mark:
                self._reopen(mark)
            if self._vectors is None:
                return None
            try:
                return [hit.chunk_id for hit in self._vectors.query(vector, k=k).hits]
            except (IndexDamaged, DiskFull) as error:  # Chroma writes to its files when it reads
                logger.warning("the vector index is not used: %s", error)
                self._let_go()
                return None

    @property
    def usable(self) -> bool:
        """Whether the index could be opened as the catalog last described it; true before the first question."""
        return self._mark is None or self._vectors is not None

    def close(self) -> None:
        """Close the index."""
        with self._lock:
            self._let_go()

    def _reopen(self, mark: IndexMark) -> None:
        self._let_go()
        self._mark = mark
        if mark.state is IndexState.DIRTY or mark.folder is None:
            return
        folder = self._root / mark.folder
        if not is_sealed(mark, self._root) and not self._is_sound(folder):
            return
        try:
            self._vectors = self._open_vectors(folder)
        except (IndexDamaged, DiskFull) as error:
            logger.warning("the vector index is not used: %s", error)

    def _is_sound(self, folder: Path) -> bool:
        if not folder.is_dir():
            return False
        result = probe(folder, canaries=self._catalog.sample_vectors(at_most=CANARIES))
        return result.usable and result.count >= self._catalog.chunk_count()

    def _let_go(self) -> None:
        vectors, self._vectors = self._vectors, None
        if vectors is not None:
            vectors.close()
