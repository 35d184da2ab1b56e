"""The vector index on disk: derived from the catalog, checked before it is trusted, rebuilt when it can't be.

Chroma's files don't survive every kill, and a damaged folder may end the process that opens it. So the catalog notes
when a writer begins and what the files look like when it has closed; whatever looks otherwise is opened in a child
process first.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.catalog import Catalog, CatalogChange, IndexMark, IndexState
from assistant.errors import IndexDamaged
from assistant.probing import compare, probe
from assistant.vectors import Vectors

logger = logging.getLogger(__name__)

OpenVectors = Callable[[Path], Vectors]
"""Opens the index in a folder, or makes it there."""

_BATCH = 2000
CANARIES = 256
"""Known vectors that a probe looks for."""
_BYTES_PER_VALUE = 64
_SPARE_BYTES = 256 * 2**20
"""A torn Chroma folder was seen to claim 4 TB: beyond this much per stored number plus this, it is not opened."""


class Repair(StrEnum):
    """What it took to bring the index in line with the catalog."""

    COMPLETED = "completed"
    """It opened; what it lacked was added and what it had too much was removed."""
    REBUILT = "rebuilt"
    """It was made anew from the stored vectors."""


class IndexStore:
    """The index folder as its one writer sees it. The caller holds the writer's lock."""

    def __init__(self, catalog: Catalog, root: Path, *, open_vectors: OpenVectors) -> None:
        self._catalog = catalog
        self._root = root
        self._open_vectors = open_vectors
        self._vectors: Vectors | None = None
        self._settled = True

    def apply(self, change: CatalogChange) -> None:
        """Make a change in the order that survives a crash at any point: new vectors, catalog, old vectors."""
        chunks = {
            chunk.id: vector
            for content in change.contents
            for chunk, vector in zip(content.chunks, content.vectors, strict=True)
        }
        known = self._catalog.known_vectors(list(chunks))
        fresh = [name for name in chunks if name not in known]
        if fresh:
            self._upsert(fresh, np.stack([chunks[name] for name in fresh]))
        self._catalog.apply(change)
        self._delete_stale()
        self._settled = True

    def is_trusted(self) -> bool:
        """Tell whether the index was closed cleanly and its files look as they did then."""
        return is_sealed(self._catalog.index_mark(), self._root)

    def repair(self) -> Repair:
        """Open the index in a child process first; complete it if it is sound, or rebuild it.

        One that was closed cleanly and looks otherwise now is rebuilt unseen: no probe finds every bit that may be
        flipped in Chroma's graph.

        Returns:
            What was done. No document is lost either way.
        """
        self._let_go()
        folder, closed = self._folder(), self._catalog.index_state() is IndexState.CLEAN
        altered = closed and not self.is_trusted()
        self._catalog.set_index_state(IndexState.DIRTY)
        if folder is not None and folder.is_dir() and not altered and self._is_sound(folder, whole=closed):
            try:
                self._complete(folder)
            except IndexDamaged as error:
                logger.warning("the vector index is rebuilt: %s", error.detail)
                self._let_go()
            else:
                return Repair.COMPLETED
        self.rebuild()
        return Repair.REBUILT

    def rebuild(self) -> None:
        """Make the index anew from the catalog's vectors, in a folder that then takes the old one's place."""
        self._let_go()
        fresh = self._root / f"{self._last_number() + 1:04d}"
        self._settled = False
        vectors = self._vectors = self._open_vectors(fresh)
        _add(vectors, sorted(self._catalog.chunk_ids()), catalog=self._catalog)
        self._catalog.set_index_folder(fresh.name)
        self._forget_all_stale()
        self._settled = True
        self.remove_leftovers()

    def replace_with(self, staged: Catalog, file: Path) -> None:
        """Put another catalog in the place of this one, with a vector index made of its vectors.

        Nothing of the old is touched before the swap, which is one transaction.

        Args:
            staged: The other one, open for writing; closed here.
            file: Its file.
        """
        self._let_go()
        fresh = self._root / f"{self._last_number() + 1:04d}"
        vectors = self._open_vectors(fresh)
        _add(vectors, sorted(staged.chunk_ids()), catalog=staged)
        vectors.close()
        staged.forget_stale(staged.stale_vectors())
        staged.set_index_folder(fresh.name)
        staged.seal_index(seal_of(fresh))
        staged.set_generation(max(staged.generation(), self._catalog.generation()) + 1)
        staged.close()
        self._catalog.replace_with(file)
        self.remove_leftovers()

    def remove_leftovers(self) -> None:
        """Delete index folders that nothing refers to: a killed writer leaves them behind."""
        kept = self._folder()
        for path in self._root.glob("*"):
            if path != kept:
                shutil.rmtree(path, ignore_errors=True)

    def close(self) -> None:
        """Close the index, and note that it is whole if it is."""
        if self._vectors is None:
            return
        whole = self._settled and self._is_complete(self._vectors)
        self._let_go()
        folder = self._folder()
        if whole and folder is not None:
            self._catalog.seal_index(seal_of(folder))

    def _is_complete(self, vectors: Vectors) -> bool:
        try:
            return vectors.count() == self._catalog.chunk_count()
        except IndexDamaged as error:
            logger.warning("the vector index is left to be repaired: %s", error.detail)
            return False

    def _upsert(self, ids: list[str], matrix: NDArray[np.float32]) -> None:
        """Store vectors; an index that turns out to be damaged is repaired once and gets them then."""
        try:
            vectors = self._writable()
            self._settled = False
            vectors.upsert(ids, matrix)
        except IndexDamaged as error:
            logger.warning("the vector index is repaired: %s", error.detail)
            self.repair()
            self._settled = False
            self._writable().upsert(ids, matrix)

    def _writable(self) -> Vectors:
        """Open the index for the first write; from here on it counts as dirty."""
        if self._vectors is None and not self.is_trusted():
            self.repair()
        if self._vectors is None:
            self._open_trusted()
        if self._vectors is None:
            raise IndexDamaged(self._root, detail="it did not open")
        return self._vectors

    def _open_trusted(self) -> None:
        # An emptied corpus may be filled again with vectors of another dimension, which Chroma fixes with the first.
        if (folder := self._folder()) is None or not self._catalog.chunk_count():
            self.rebuild()
            return
        self._catalog.set_index_state(IndexState.DIRTY)
        self._vectors = self._open_vectors(folder)

    def _complete(self, folder: Path) -> None:
        self._settled = False
        vectors = self._vectors = self._open_vectors(folder)
        wanted, held = self._catalog.chunk_ids(), vectors.ids()
        vectors.delete(sorted(held - wanted))
        _add(vectors, sorted(wanted - held), catalog=self._catalog)
        logger.info("vector index completed: %d added, %d removed", len(wanted - held), len(held - wanted))
        self._forget_all_stale()
        self._settled = True
        self.remove_leftovers()

    def _delete_stale(self) -> None:
        if stale := self._catalog.stale_vectors():
            self._writable().delete(stale)
            self._catalog.forget_stale(stale)

    def _forget_all_stale(self) -> None:
        self._catalog.forget_stale(self._catalog.stale_vectors())

    def _is_sound(self, folder: Path, *, whole: bool) -> bool:
        """Tell whether the index can be completed, or, if it should be `whole`, whether nothing has to be."""
        claimed = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        canaries = self._catalog.sample_vectors(at_most=CANARIES)
        dimension = max((len(vector) for vector in canaries.values()), default=0)
        if claimed > self._catalog.chunk_count() * dimension * _BYTES_PER_VALUE + _SPARE_BYTES:
            logger.warning("the vector index claims %d bytes and is not opened", claimed)
            return False
        result = probe(folder, canaries=canaries)
        logger.info("vector index probed: usable=%s, %s", result.usable, result.detail)
        if not result.usable:
            return False
        table = self._catalog.vectors()
        differences = compare(folder, table.ids, table.matrix)
        lacking = differences.missing + differences.orphans
        return differences.unreadable is None and not differences.different and not (whole and lacking)

    def _folder(self) -> Path | None:
        name = self._catalog.index_mark().folder
        return None if name is None else self._root / name

    def _last_number(self) -> int:
        numbers = [int(path.name) for path in self._root.glob("*") if path.name.isdecimal()]
        return max(numbers, default=0)

    def _let_go(self) -> None:
        vectors, self._vectors = self._vectors, None
        if vectors is not None:
            vectors.close()


def _add(vectors: Vectors, ids: list[str], *, catalog: Catalog) -> None:
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        vectors.upsert(batch, catalog.vectors_of(batch))


def is_sealed(mark: IndexMark, root: Path) -> bool:
    """Tell whether an index was closed cleanly and its files look as they did then."""
    if mark.state is not IndexState.CLEAN:
        return False
    return mark.folder is None or mark.seal == seal_of(root / mark.folder)


def seal_of(folder: Path) -> str:
    """Hash what an index folder looks like: names, sizes, and times of change where only a writer changes them.

    Chroma touches its database when it is opened for reading, so only that file's size counts.
    """
    looks = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            status, nested = path.stat(), path.parent != folder
            looks.append((path.relative_to(folder).as_posix(), status.st_size, status.st_mtime_ns if nested else 0))
    return hashlib.sha256(json.dumps(looks).encode()).hexdigest()
