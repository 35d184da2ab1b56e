"""Building the corpus anew from its stored texts, beside the one that answers questions meanwhile."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.catalog import CATALOG_FILE, Catalog, CatalogChange, FileRecord, PathEntry, ProblemEntry, sections_of
from assistant.embedding import ExportStopped, open_embedder
from assistant.errors import CatalogDamaged, DocumentNotFound, EmptyCorpus
from assistant.indexing import Index, build_fingerprint, open_index
from assistant.indexing.opening import STAGING_FOLDER
from assistant.settings import Settings
from assistant.types import Document, DocumentState
from ingest.building import Builder, Cancelled, CutDocument
from ingest.reports import Progress, ProgressCallback, Stage, silent
from ingest.storing import BATCH_TEXTS
from ingest.verdicts import Code, verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What a rebuild did."""

    documents: int = 0
    damaged: tuple[str, ...] = ()
    """Ids whose stored text was altered: they are problems now, and the next sync reads their files again."""
    interrupted: bool = False
    """Everything is as it was before."""


def rebuild(
    settings: Settings, *, progress: ProgressCallback | None = None, cancel: threading.Event | None = None
) -> Rebuilt:
    """Cut and embed every stored document anew, with the embedder and the chunk size that the settings name.

    Texts, tags, sources, problems and the journal are taken over; no file is read. The old corpus answers until the
    new one takes its place in one transaction. A run that is killed leaves the old one.

    Args:
        settings: Where everything is, and how documents are cut and embedded.
        progress: Called after each batch, in the calling thread.
        cancel: Once set, the work ends and nothing is changed.

    Returns:
        What was done; nothing where there is no document yet.

    Raises:
        DataDirLocked: If another process writes.
        CatalogDamaged: If the catalog can't be read at all.
        ModelError: If the embedding model can't be opened.
        DiskFull: If there is no space; nothing was changed then.
    """
    try:
        Catalog.open(settings.data_dir).close()
    except EmptyCorpus:
        return Rebuilt()
    staging = settings.data_dir / STAGING_FOLDER
    with open_index(settings, write=True, mend=False) as index:
        try:
            return _Rebuilding(index, staging, settings, progress or silent, cancel or threading.Event()).run()
        except (Cancelled, ExportStopped):
            return Rebuilt(interrupted=True)
        finally:
            shutil.rmtree(staging, ignore_errors=True)


class _Rebuilding:
    """Fills a catalog beside the one in use and swaps it in."""

    def __init__(
        self, index: Index, staging: Path, settings: Settings, progress: ProgressCallback, cancel: threading.Event
    ) -> None:
        self._index, self._old, self._staging = index, index.catalog, staging
        self._settings, self._progress, self._cancel = settings, progress, cancel
        self._records = _by_digest(self._old)
        self._damaged: list[str] = []
        self._done = 0

    def run(self) -> Rebuilt:
        """Do it."""
        self._tell(Stage.MODEL, None)
        embedder = open_embedder(self._settings, stopped=self._cancel.is_set)
        with Catalog.open(self._staging, write=True) as staged:
            staged.take_over(self._old)
            staged.set_build_fingerprint(build_fingerprint(self._settings, embedder=embedder.fingerprint))
            builder = Builder(staged, embedder, chunk_tokens=self._settings.chunk_tokens, cancel=self._cancel)
            for batch in self._batches(builder):
                paths = [_path(record) for cut in batch for record in self._records[cut.document.digest]]
                staged.apply(CatalogChange(contents=builder.embed(batch), paths=paths))
                self._done += len(paths)
                self._tell(Stage.INDEX, batch[-1].document.id)
            if self._damaged:
                staged.apply(CatalogChange(problems=[_problem(self._old.file(name)) for name in self._damaged]))
            if self._cancel.is_set():
                raise Cancelled
            self._index.replace_with(staged, self._staging / CATALOG_FILE)
        return Rebuilt(documents=self._done, damaged=tuple(self._damaged))

    def _batches(self, builder: Builder) -> Iterator[list[CutDocument]]:
        batch: list[CutDocument] = []
        for records in self._records.values():
            if self._cancel.is_set():
                raise Cancelled
            document = _whole_document(self._old, records[0].document_id)
            if document is None or document.digest != records[0].digest:
                self._damaged.extend(record.document_id for record in records)
                continue
            batch.append(builder.cut(document))
            if sum(cut.texts for cut in batch) >= BATCH_TEXTS:
                yield batch
                batch = []
        if batch:
            yield batch

    def _tell(self, stage: Stage, document: str | None) -> None:
        total = sum(map(len, self._records.values()))
        self._progress(Progress(stage=stage, done=self._done, total=total, document=document))


def _by_digest(catalog: Catalog) -> dict[str, list[FileRecord]]:
    records: dict[str, list[FileRecord]] = {}
    for source in catalog.sources():
        for record in catalog.files(source.name):
            if record.state is DocumentState.INDEXED and record.digest is not None:
                records.setdefault(record.digest, []).append(record)
    return records


def _whole_document(catalog: Catalog, document_id: str) -> Document | None:
    """Read a document; None if its text, its pages or its headings are not those that were stored."""
    try:
        sealed, document = catalog.sealed_content(document_id), catalog.document(document_id)
    except (CatalogDamaged, DocumentNotFound, ValueError):
        return None
    if sealed is None or sections_of(document.text, document.blocks) != sealed.sections:
        return None
    return replace(document, tags=sealed.tags)


def _path(record: FileRecord) -> PathEntry:
    return PathEntry(
        document_id=record.document_id,
        source=record.source,
        digest=record.digest or "",
        size=record.size,
        mtime_ns=record.mtime_ns,
        tags=record.tags,
        folder_tags=record.folder_tags,
    )


def _problem(record: FileRecord) -> ProblemEntry:
    return ProblemEntry(
        document_id=record.document_id,
        source=record.source,
        digest=record.digest,
        code=Code.STORE_DAMAGED.value,
        reason=verdict(record.document_id, Code.STORE_DAMAGED).reason,
        size=record.size,
        mtime_ns=record.mtime_ns,
        tags=record.tags,
    )
