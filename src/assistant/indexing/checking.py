"""What of a data directory is not as it should be: catalog, vector index, and the kept files of uploads."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from assistant.catalog import Catalog, SourceKind
from assistant.indexing.opening import INDEX_FOLDER, UPLOADS_FOLDER
from assistant.indexing.store import CANARIES, is_sealed
from assistant.probing import Comparison, compare, probe


def find_faults(catalog: Catalog, data_dir: Path) -> Iterator[str]:
    """Check everything that is stored against its seals and against each other; nothing is written.

    Args:
        catalog: The truth.
        data_dir: Where it is.

    Yields:
        One line per fault.
    """
    if (altered := catalog.file_fault()) is not None:
        yield f"catalog file: {altered}"
    yield from (f"catalog: {fault}" for fault in catalog.check())
    yield from (f"upload: {fault}" for fault in _upload_faults(catalog, data_dir / UPLOADS_FOLDER))
    yield from (f"vector index: {fault}" for fault in _index_faults(catalog, data_dir / INDEX_FOLDER))


def _index_faults(catalog: Catalog, root: Path) -> Iterator[str]:
    mark = catalog.index_mark()
    if not is_sealed(mark, root):
        yield "being written to, not closed cleanly, or altered"
        return
    if mark.folder is None:
        return
    table = catalog.vectors()
    # Chroma rewrites its files when it is queried: a check works on a copy and leaves the store as it is.
    with tempfile.TemporaryDirectory(prefix="assistant-check-") as scratch:
        copied = shutil.copytree(root / mark.folder, Path(scratch) / mark.folder)
        found = probe(copied, canaries=catalog.sample_vectors(at_most=CANARIES))
        differences = compare(copied, table.ids, table.matrix) if found.count else Comparison()
    if not found.usable:
        yield found.detail
    if differences.unreadable is not None:
        yield differences.unreadable
    for what, count in (
        ("chunks without a vector", differences.missing),
        ("vectors without a chunk", differences.orphans),
        ("vectors that are not those of the catalog", differences.different),
    ):
        if count:
            yield f"{what}: {count}"


def _upload_faults(catalog: Catalog, kept: Path) -> Iterator[str]:
    uploads = {source.name for source in catalog.sources() if source.kind is SourceKind.UPLOADS}
    for file in (file for name in sorted(uploads) for file in catalog.files(name)):
        if file.digest is None:
            continue
        path = kept / file.digest
        if not path.is_file():
            yield f"the kept file of {file.document_id!r} is lost"
            continue
        with path.open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != file.digest:
                yield f"the kept file of {file.document_id!r} was altered"
