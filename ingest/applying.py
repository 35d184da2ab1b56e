"""Applying a plan: parse ahead, cut, embed and store batch by batch."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field

from assistant.catalog import CatalogChange, IndexedContent, PathEntry, ProblemEntry
from assistant.embedding import Embedder, ExportStopped, describe_embedder
from assistant.errors import StaleIndex
from assistant.indexing import Index, build_fingerprint
from assistant.settings import Settings
from assistant.types import Document
from ingest.building import Builder, Cancelled, CutDocument, as_document
from ingest.estimate import Estimate
from ingest.isolation import Job, Outcome
from ingest.plan import Hashed, Plan
from ingest.reports import Notice, Progress, ProgressCallback, Stage
from ingest.sources import Found
from ingest.tools import Tools
from ingest.verdicts import Code, Refusal, Verdict, verdict

logger = logging.getLogger(__name__)
BATCH_TEXTS = 512
"""Chunks and sentences that are embedded and stored together; a document is never split."""
PARSED_AHEAD = 16
"""Documents parsed while earlier ones are embedded."""
MOST_WORKERS = 4
_BYTES_PER_FILE = 2000
FILES_PER_WORKER = 24
"""A parser takes a second of processor time to start: fewer files don't pay for another one."""


@dataclass(slots=True)
class Applied:
    """What was done of a plan."""

    indexed: set[str] = field(default_factory=set)
    """Ids that point to a content now and did not, or pointed to another."""
    problems: list[Verdict] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    interrupted: bool = False
    chunks: int = 0
    embedded_chunks: int = 0
    pages_without_text: int = 0
    model_seconds: float = 0.0


def known_build(settings: Settings) -> str | None:
    """Tell what this run would build the index with, as far as it can be told without opening the model.

    Args:
        settings: Those of this run.

    Returns:
        The build's fingerprint; None before the model was exported.
    """
    embedder = describe_embedder(settings)
    return build_fingerprint(settings, embedder=embedder) if embedder is not None else None


def apply_plan(
    plan: Plan, *, index: Index, tools: Tools, progress: ProgressCallback, cancel: threading.Event
) -> Applied:
    """Do what a plan says.

    Args:
        plan: Made from this index's catalog, under the same lock.
        index: Open for writing.
        tools: Opened where a file is to be read.
        progress: Called after each document.
        cancel: Once set, the work ends; what is not stored by then is left out.

    Returns:
        What was done.

    Raises:
        StaleIndex: If the model, once opened, turns out to be another than the index was built with.
    """
    applied = Applied()
    first = CatalogChange(
        paths=tuple(_path_entry(hashed, plan.tags) for hashed in (*plan.link, *plan.touched, *plan.retagged)),
        problems=tuple(_problem_entry(file, digest, found) for file, digest, found in plan.broken),
        removed=tuple(plan.removed),
    )
    if first != CatalogChange():
        index.apply(first)
    applied.indexed.update(hashed.file.document_id for hashed in plan.link)
    if plan.read and not cancel.is_set():
        _Reading(plan, index, tools, progress, cancel).run(applied)
    applied.interrupted = cancel.is_set()
    if plan.superseded and not applied.interrupted:
        index.apply(CatalogChange(removed=tuple(plan.superseded)))
    return applied


class _Reading:
    """Parses, cuts, embeds and stores the files that a plan wants read."""

    def __init__(
        self, plan: Plan, index: Index, tools: Tools, progress: ProgressCallback, cancel: threading.Event
    ) -> None:
        self._queue = _Queue(plan, cancel=cancel)
        self._index, self._tools, self._progress, self._cancel = index, tools, progress, cancel

    def run(self, applied: Applied) -> None:
        """Do it. What is done is noted batch by batch."""
        queue, tools = self._queue, self._tools
        workers = min(MOST_WORKERS, os.cpu_count() or 1, 1 + len(queue.by_digest) // FILES_PER_WORKER)
        # The model is opened while the parsers start.
        with ThreadPoolExecutor(max_workers=1) as opener:
            opening = opener.submit(tools.embedder, stopped=self._cancel.is_set)
            pool = tools.pool(workers=workers)
            self._progress(Progress(stage=Stage.MODEL, done=0, total=queue.total, document=None))
            try:
                embedder = _wait_for(opening, self._cancel)
                builder = open_builder(self._index, embedder, settings=tools.settings, cancel=self._cancel)
                storing = _Storing(queue, self._index, builder, applied, self._progress)
                storing.run(pool.parse_all(queue.jobs(), ahead=PARSED_AHEAD))
            except Cancelled:
                logger.info("cancelled; what was stored stays")


def open_builder(index: Index, embedder: Embedder, *, settings: Settings, cancel: threading.Event) -> Builder:
    """Make a builder, once it is sure that its vectors belong with those that are stored.

    Args:
        index: Open for writing.
        embedder: The one that the settings name.
        settings: Those of this run.
        cancel: Once set, the builder stops between two slices.

    Returns:
        The builder.

    Raises:
        StaleIndex: If documents are stored that were built otherwise.
    """
    catalog = index.catalog
    wanted = build_fingerprint(settings, embedder=embedder.fingerprint)
    built = catalog.build_fingerprint()
    if built is not None and built != wanted and catalog.chunk_count():
        raise StaleIndex(built_with=built, wanted=wanted)
    if built != wanted:
        catalog.set_build_fingerprint(wanted)
    return Builder(catalog, embedder, chunk_tokens=settings.chunk_tokens, cancel=cancel)


def _wait_for(opening: Future[Embedder], cancel: threading.Event) -> Embedder:
    while True:
        try:
            return opening.result(timeout=0.1)
        except ExportStopped:
            raise Cancelled from None
        except FutureTimeout:
            if cancel.is_set():
                raise Cancelled from None


class _Queue:
    """The files to parse, each content once."""

    def __init__(self, plan: Plan, *, cancel: threading.Event) -> None:
        self.by_digest: dict[str, list[Hashed]] = {}
        for hashed in plan.read:
            self.by_digest.setdefault(hashed.digest, []).append(hashed)
        self.total = len(plan.read)
        self.former, self.tags = plan.former, plan.tags
        self.cancel = cancel
        self.unread: list[tuple[Hashed, Refusal]] = []
        """Files that could not be read as planned."""

    def jobs(self) -> Iterator[Job[str]]:
        """Read the files one by one; ends early when cancelled."""
        for digest, files in self.by_digest.items():
            if self.cancel.is_set():
                return
            file = files[0].file
            try:
                data = file.path.read_bytes()
            except OSError as error:
                self.unread.extend((hashed, Refusal(Code.UNREADABLE, error.strerror or "")) for hashed in files)
                continue
            if hashlib.sha256(data).hexdigest() == digest:
                yield Job(key=digest, name=file.document_id.rsplit("/", 1)[-1], data=data)
            else:
                self.unread.extend((hashed, Refusal(Code.CHANGED_WHILE_READ)) for hashed in files)


class _Storing:
    """Collects documents to batches and stores each batch in one transaction."""

    def __init__(
        self, queue: _Queue, index: Index, builder: Builder, applied: Applied, progress: ProgressCallback
    ) -> None:
        self._queue, self._index, self._builder = queue, index, builder
        self._applied, self._progress = applied, progress
        self._batch: list[CutDocument] = []
        self._problems: list[ProblemEntry] = []
        self._verdicts: list[Verdict] = []
        self._texts = self._done = self._work = 0
        self._estimate = Estimate(sum(_work(hashed.file) for files in queue.by_digest.values() for hashed in files))

    def run(self, outcomes: Iterator[Outcome[str]]) -> None:
        """Take what the parsers give until there is no more.

        Raises:
            Cancelled: If the cancel event was set meanwhile.
        """
        for outcome in outcomes:
            if self._queue.cancel.is_set():
                raise Cancelled
            self._take(outcome)
            if self._texts >= BATCH_TEXTS:
                self._store()
        if self._queue.cancel.is_set():
            raise Cancelled
        for hashed, refusal in self._queue.unread:
            self._refuse(hashed, refusal)
        self._store()

    def _take(self, outcome: Outcome[str]) -> None:
        files = self._queue.by_digest[outcome.key]
        result = outcome.result
        if isinstance(result, Refusal):
            for hashed in files:
                self._refuse(hashed, result)
            return
        document_id = files[0].file.document_id
        document = as_document(result, document_id=document_id, digest=outcome.key)
        cut = self._builder.cut(document, former=self._queue.former.get(document_id))
        self._batch.append(cut)
        self._texts += cut.texts
        self._report(files)

    def _refuse(self, hashed: Hashed, refusal: Refusal) -> None:
        found = verdict(hashed.file.document_id, refusal.code, refusal.detail)
        self._problems.append(_problem_entry(hashed.file, hashed.digest, found))
        self._verdicts.append(found)
        self._report([hashed])

    def _report(self, files: Sequence[Hashed]) -> None:
        self._done += len(files)
        self._work += sum(_work(hashed.file) for hashed in files)
        self._tell(files[0].file.document_id)

    def _tell(self, document_id: str | None) -> None:
        self._progress(
            Progress(
                stage=Stage.INDEX,
                done=self._done,
                total=self._queue.total,
                document=document_id,
                remaining_seconds=self._estimate.remaining_seconds(),
            )
        )

    def _store(self) -> None:
        contents: Sequence[IndexedContent] = self._builder.embed(self._batch)
        files = [hashed for cut in self._batch for hashed in self._queue.by_digest[cut.document.digest]]
        paths = [_path_entry(hashed, self._queue.tags) for hashed in files]
        self._index.apply(CatalogChange(contents=contents, paths=paths, problems=self._problems))
        self._applied.indexed.update(hashed.file.document_id for hashed in files)
        self._applied.notices.extend(self._notices())
        self._applied.problems.extend(self._verdicts)
        self._applied.chunks += sum(len(cut.chunks) for cut in self._batch)
        self._applied.embedded_chunks = self._builder.embedded_chunks
        self._applied.model_seconds = self._builder.model_seconds
        self._applied.pages_without_text += sum(_blank_pages(cut.document) for cut in self._batch)
        self._estimate.advance(self._work)
        self._batch, self._problems, self._verdicts, self._texts, self._work = [], [], [], 0, 0
        self._tell(None)

    def _notices(self) -> Iterator[Notice]:
        for cut in self._batch:
            for hashed in self._queue.by_digest[cut.document.digest]:
                for notice in cut.document.notices:
                    yield Notice(document_id=hashed.file.document_id, text=notice)


def _work(file: Found) -> int:
    """Weigh a file for the estimate: what it holds, and what any file costs."""
    return file.size + _BYTES_PER_FILE


def _blank_pages(document: Document) -> int:
    return sum(not document.text[page.start : page.end].strip() for page in document.pages)


def _path_entry(hashed: Hashed, tags: Mapping[str, tuple[str, ...]]) -> PathEntry:
    file = hashed.file
    return PathEntry(
        document_id=file.document_id,
        source=file.source,
        digest=hashed.digest,
        size=file.size,
        mtime_ns=file.mtime_ns,
        tags=tags.get(file.document_id, ()),
        folder_tags=file.folder_tags,
    )


def _problem_entry(file: Found, digest: str | None, found: Verdict) -> ProblemEntry:
    return ProblemEntry(
        document_id=file.document_id,
        source=file.source,
        digest=digest,
        code=found.code.value,
        reason=found.reason,
        size=file.size,
        mtime_ns=file.mtime_ns,
    )
