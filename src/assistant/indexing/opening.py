"""Opening the stored corpus for questions or for changes, and removing a document from it."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path

from assistant.catalog import Catalog, CatalogChange, SourceKind
from assistant.errors import StaleIndex
from assistant.indexing.index import Index
from assistant.indexing.store import OpenVectors
from assistant.lock import WriterLock
from assistant.settings import Settings
from assistant.vectors import ChromaVectors

INDEX_FOLDER = "index"
UPLOADS_FOLDER = "uploads"
STAGING_FOLDER = "staging"
"""Where another catalog is made that is to replace the one in use; what is found there was left by a killed writer."""
CHUNKING = "headings-sentences-1"
"""Named anew whenever documents are cut into other chunks or sentences than before."""


def build_fingerprint(settings: Settings, *, embedder: str) -> str:
    """Name what an index depends on: embedder, chunking and its size."""
    return f"embedder {embedder}, chunks of {settings.chunk_tokens} tokens, chunking {CHUNKING}"


def open_index(
    settings: Settings,
    *,
    write: bool = False,
    build: str | None = None,
    mend: bool = True,
    open_vectors: OpenVectors = ChromaVectors,
) -> Index:
    """Open the stored corpus.

    Args:
        settings: Name the data directory and the limit of the exact scan.
        write: Whether to change it: takes the writer's lock until `close`, and creates what is missing.
        build: What this program would build it with (`build_fingerprint`); None where vectors are neither compared
            nor added.
        mend: Whether a writer repairs a vector index at once that was not closed cleanly or looks otherwise since.
        open_vectors: How the approximate index is opened.

    Returns:
        The index with its catalog. Close it, or use it as a context manager.

    Raises:
        EmptyCorpus: If there is no catalog and `write` is false.
        DataDirLocked: If `write` is true and another process writes.
        StaleIndex: If documents are stored that were built otherwise.
        DataDirError: If the data directory can't be used.
    """
    with ExitStack() as opened:
        lock = opened.enter_context(WriterLock(settings.data_dir)) if write else None
        catalog = opened.enter_context(Catalog.open(settings.data_dir, write=write))
        index = Index(
            catalog,
            settings.data_dir / INDEX_FOLDER,
            exact_scan_limit=settings.exact_scan_limit,
            build=build,
            lock=lock,
            open_vectors=open_vectors,
        )
        _agree_on_build(index, build, write=write)
        if write:
            shutil.rmtree(settings.data_dir / STAGING_FOLDER, ignore_errors=True)
            index.remove_leftovers()
        if write and mend and not index.is_trusted():
            index.repair()
        opened.pop_all()
        return index


def _agree_on_build(index: Index, build: str | None, *, write: bool) -> None:
    stored = index.catalog.build_fingerprint()
    if build is None or stored == build:
        return
    if stored is not None and index.catalog.chunk_count():
        raise StaleIndex(built_with=stored, wanted=build)
    if write:
        index.catalog.set_build_fingerprint(build)


def remove_document(document_id: str, *, settings: Settings) -> None:
    """Remove a document from the corpus, and the kept file of an upload that no other upload shares.

    Args:
        document_id: An indexed document or a problem.
        settings: Name the data directory.

    Raises:
        DocumentNotFound: If there is no such document; the nearest ids are named.
        DataDirLocked: If another process writes.
    """
    with open_index(settings, write=True) as index:
        file = index.catalog.file(document_id)
        index.apply(CatalogChange(removed=(document_id,)))
        uploads = {source.name for source in index.catalog.sources() if source.kind is SourceKind.UPLOADS}
        if file.digest is None or file.source not in uploads:
            return
        if all(other.digest != file.digest for name in uploads for other in index.catalog.files(name)):
            _delete_upload(settings.data_dir / UPLOADS_FOLDER, file.digest)


def _delete_upload(folder: Path, digest: str) -> None:
    for path in folder.glob(f"{digest}*"):
        path.unlink(missing_ok=True)
