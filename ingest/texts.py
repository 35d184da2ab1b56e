"""Documents that are given as texts rather than as files: a program's own, or those of a benchmark."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from assistant.catalog import Catalog, CatalogChange, PathEntry, ProblemEntry, SourceKind, SourceRecord
from assistant.embedding import open_embedder
from assistant.indexing import Index, open_index
from assistant.settings import Settings
from assistant.types import Block, BlockKind, Document
from ingest.applying import known_build, open_builder
from ingest.building import Builder, Cancelled, CutDocument
from ingest.normalise import verbatim
from ingest.reports import Progress, ProgressCallback, Stage, SyncReport, silent
from ingest.storing import BATCH_TEXTS
from ingest.verdicts import Code, Verdict, verdict

_BLANK_LINES = re.compile(r"\n *(?=\n)")


def document_from_text(document_id: str, text: str, *, title: str) -> Document:
    """Make a document of a text.

    Args:
        document_id: How it is cited.
        text: Any text. Line ends, kinds of space and invisible characters are normalised; the layout stays.
        title: Embedded with each of its chunks; may be empty.

    Returns:
        A document with a paragraph between each two blank lines, whose digest depends on title and text alone.
    """
    clean, heading = verbatim(text), " ".join(verbatim(title).split())
    return Document(
        id=document_id,
        digest=hashlib.sha256(f"{len(heading)}:{heading}{clean}".encode()).hexdigest(),
        text=clean,
        title=heading,
        blocks=tuple(_paragraphs(clean)),
    )


def _paragraphs(text: str) -> Iterator[Block]:
    starts = [0, *(gap.end() for gap in _BLANK_LINES.finditer(text))]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        words = text[start:end].strip()
        if words:
            first = text.index(words, start)
            yield Block(start=first, end=first + len(words), kind=BlockKind.PARAGRAPH)


def add_texts(
    documents: Iterable[Document],
    *,
    source: str,
    settings: Settings,
    progress: ProgressCallback | None = None,
    cancel: threading.Event | None = None,
) -> SyncReport:
    """Index documents that are given as texts.

    Args:
        documents: With their blocks and digests, such as `document_from_text` makes. Equal digests are one content.
        source: The name of the source that they belong to from now on; made if it is not there.
        settings: Where everything is, and how documents are cut and embedded.
        progress: Called after each document, in the calling thread.
        cancel: Once set, the work ends after the batch at hand; another call goes on from there.

    Returns:
        What was done. A document of a known id and digest is left alone, one of a known id and another digest is
        replaced, none is removed. A document without a word is a problem.

    Raises:
        ValueError: If two documents have one id, or an id belongs to another source.
        StaleIndex: If the index was built with another embedding model or chunking.
        DataDirLocked: If another process writes.
    """
    began = time.perf_counter()
    with open_index(settings, write=True, build=known_build(settings)) as index:
        work = _plan(documents, source=source, catalog=index.catalog)
        report = SyncReport(unchanged=tuple(work.unchanged))
        if work.wanted:
            index.catalog.set_source(SourceRecord(name=source, kind=SourceKind.FOLDER, root=""))
            adding = _Adding(work, index, source, progress or silent)
            adding.run(settings, cancel or threading.Event())
            report = adding.report()
    return replace(report, seconds=time.perf_counter() - began)


@dataclass(slots=True, kw_only=True)
class _Work:
    """What of some documents has to be done."""

    wanted: dict[str, list[Document]] = field(default_factory=dict)
    """By digest."""
    changed: set[str] = field(default_factory=set)
    """Ids whose content is replaced."""
    unchanged: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(map(len, self.wanted.values()))


def _plan(documents: Iterable[Document], *, source: str, catalog: Catalog) -> _Work:
    known = {record.document_id: record for held in catalog.sources() for record in catalog.files(held.name)}
    work, seen = _Work(), set[str]()
    for document in documents:
        if document.id in seen:
            raise ValueError(f"two documents have the id {document.id!r}")
        seen.add(document.id)
        record = known.get(document.id)
        if record is not None and record.source != source:
            raise ValueError(f"{document.id!r} belongs to the source {record.source!r}, not to {source!r}")
        if record is not None and record.digest == document.digest:
            work.unchanged.append(document.id)
            continue
        if record is not None and record.digest is not None:
            work.changed.add(document.id)
        work.wanted.setdefault(document.digest, []).append(document)
    return work


class _Adding:
    """Cuts, embeds and stores documents batch by batch."""

    def __init__(self, work: _Work, index: Index, source: str, progress: ProgressCallback) -> None:
        self._work, self._index, self._source, self._progress = work, index, source, progress
        self._stored: list[str] = []
        self._problems: list[Verdict] = []
        self._chunks = self._embedded = 0
        self._interrupted = False

    def run(self, settings: Settings, cancel: threading.Event) -> None:
        """Do it; what is done is noted batch by batch."""
        self._progress(Progress(stage=Stage.MODEL, done=0, total=self._work.total, document=None))
        builder = open_builder(self._index, open_embedder(settings), settings=settings, cancel=cancel)
        try:
            for batch in self._batches(builder):
                if cancel.is_set():
                    raise Cancelled
                self._store(batch, builder)
        except Cancelled:
            self._interrupted = True

    def report(self) -> SyncReport:
        """Tell what was done."""
        changed = self._work.changed
        return SyncReport(
            added=tuple(sorted(name for name in self._stored if name not in changed)),
            changed=tuple(sorted(name for name in self._stored if name in changed)),
            unchanged=tuple(self._work.unchanged),
            problems=tuple(self._problems),
            interrupted=self._interrupted,
            chunks=self._chunks,
            embedded_chunks=self._embedded,
        )

    def _batches(self, builder: Builder) -> Iterator[list[CutDocument]]:
        batch: list[CutDocument] = []
        for documents in self._work.wanted.values():
            first = documents[0]
            batch.append(builder.cut(first))
            if sum(cut.texts for cut in batch) >= BATCH_TEXTS:
                yield batch
                batch = []
        if batch:
            yield batch

    def _store(self, batch: Sequence[CutDocument], builder: Builder) -> None:
        full = [cut for cut in batch if cut.chunks]
        contents = builder.embed(full)
        paths = [self._path(document) for cut in full for document in self._work.wanted[cut.document.digest]]
        empty = [one for cut in batch if not cut.chunks for one in self._work.wanted[cut.document.digest]]
        found = [verdict(document.id, Code.NO_TEXT) for document in empty]
        problems = [self._problem(one, why) for one, why in zip(empty, found, strict=True)]
        self._index.apply(CatalogChange(contents=contents, paths=paths, problems=problems))
        self._stored += [path.document_id for path in paths]
        self._problems += found
        self._chunks += sum(len(cut.chunks) for cut in full)
        self._embedded = builder.embedded_chunks
        self._progress(
            Progress(
                stage=Stage.INDEX,
                done=len(self._stored) + len(self._problems),
                total=self._work.total,
                document=batch[-1].document.id,
            )
        )

    def _path(self, document: Document) -> PathEntry:
        return PathEntry(
            document_id=document.id,
            source=self._source,
            digest=document.digest,
            size=len(document.text.encode()),
            mtime_ns=0,
            tags=document.tags,
        )

    def _problem(self, document: Document, found: Verdict) -> ProblemEntry:
        return ProblemEntry(
            document_id=document.id,
            source=self._source,
            digest=document.digest,
            code=found.code.value,
            reason=found.reason,
            size=len(document.text.encode()),
            mtime_ns=0,
        )
