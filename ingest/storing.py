"""From parsed files to stored documents, batch by batch, each in one transaction."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field

from assistant.catalog import CatalogChange, IndexedContent, PathEntry, ProblemEntry
from assistant.indexing import Index
from assistant.types import Document
from ingest.building import Builder, Cancelled, CutDocument, as_document
from ingest.estimate import Estimate
from ingest.isolation import Job, Outcome
from ingest.plan import Hashed, Plan
from ingest.reports import Notice, Progress, ProgressCallback, Stage
from ingest.sources import Found
from ingest.verdicts import Code, Refusal, Verdict, verdict

_BYTES_PER_FILE = 2000
BATCH_TEXTS = 512
"""Chunks and sentences whose vectors are made and stored together; a document is never split."""


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


class Queue:
    """The files to parse, each content once."""

    def __init__(self, plan: Plan, *, cancel: threading.Event) -> None:
        self.by_digest: dict[str, list[Hashed]] = {}
        for hashed in plan.read:
            self.by_digest.setdefault(hashed.digest, []).append(hashed)
        self.total = len(plan.read)
        self.tags = plan.tags
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


@dataclass(slots=True)
class _Batch:
    """What is stored in one transaction."""

    cuts: list[CutDocument] = field(default_factory=list)
    problems: list[ProblemEntry] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    texts: int = 0
    """To be embedded at most."""
    work: int = 0
    """For the estimate."""


class Storing:
    """Collects documents to batches and stores each in one transaction.

    While the model embeds one batch in its own thread, the next one is cut and the one before is stored.
    """

    def __init__(
        self,
        queue: Queue,
        index: Index,
        builder: Builder,
        applied: Applied,
        progress: ProgressCallback,
        *,
        model: Executor,
    ) -> None:
        self._queue, self._index, self._builder = queue, index, builder
        self._applied, self._progress, self._model = applied, progress, model
        self._batch = _Batch()
        self._embedding: tuple[_Batch, Future[list[IndexedContent]]] | None = None
        self._done = 0
        self._estimate = Estimate(sum(_work(hashed.file) for files in queue.by_digest.values() for hashed in files))

    def run(self, outcomes: Iterator[Outcome[str]]) -> None:
        """Take what the parsers give until there is no more.

        Raises:
            Cancelled: If the cancel event was set meanwhile.
        """
        try:
            self._take_all(outcomes)
        except Cancelled:
            if self._embedding and self._embedding[1].done() and self._embedding[1].exception() is None:
                self._finish()  # It is embedded: storing it takes no time.
            raise
        self._finish()

    def _take_all(self, outcomes: Iterator[Outcome[str]]) -> None:
        for outcome in outcomes:
            if self._queue.cancel.is_set():
                raise Cancelled
            self._take(outcome)
            if self._batch.texts >= BATCH_TEXTS:
                self._embed()
        if self._queue.cancel.is_set():
            raise Cancelled
        for hashed, refusal in self._queue.unread:
            self._refuse(hashed, refusal)
        self._embed()

    def _take(self, outcome: Outcome[str]) -> None:
        files = self._queue.by_digest[outcome.key]
        result = outcome.result
        if isinstance(result, Refusal):
            for hashed in files:
                self._refuse(hashed, result)
            return
        document_id = files[0].file.document_id
        document = as_document(result, document_id=document_id, digest=outcome.key)
        cut = self._builder.cut(document)
        self._batch.cuts.append(cut)
        self._batch.texts += cut.texts
        self._report(files)

    def _refuse(self, hashed: Hashed, refusal: Refusal) -> None:
        found = verdict(hashed.file.document_id, refusal.code, refusal.detail)
        self._batch.problems.append(problem_entry(hashed.file, hashed.digest, found))
        self._batch.verdicts.append(found)
        self._report([hashed])

    def _report(self, files: Sequence[Hashed]) -> None:
        self._done += len(files)
        self._batch.work += sum(_work(hashed.file) for hashed in files)
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

    def _embed(self) -> None:
        """Let the model embed the batch once it has done the one before, and store that one meanwhile."""
        embedded = self._embedding and (self._embedding[0], self._embedding[1].result())
        batch, self._batch = self._batch, _Batch()
        prepared = self._builder.prepare(batch.cuts)
        self._embedding = batch, self._model.submit(self._builder.complete, prepared)
        if embedded:
            self._store(*embedded)

    def _finish(self) -> None:
        """Store the last batch."""
        if self._embedding:
            self._store(self._embedding[0], self._embedding[1].result())

    def _store(self, batch: _Batch, contents: Sequence[IndexedContent]) -> None:
        files = [hashed for cut in batch.cuts for hashed in self._queue.by_digest[cut.document.digest]]
        paths = [path_entry(hashed, self._queue.tags) for hashed in files]
        self._index.apply(CatalogChange(contents=contents, paths=paths, problems=batch.problems))
        self._applied.indexed.update(hashed.file.document_id for hashed in files)
        self._applied.notices.extend(self._notices(batch))
        self._applied.problems.extend(batch.verdicts)
        self._applied.chunks += sum(len(cut.chunks) for cut in batch.cuts)
        self._applied.embedded_chunks = self._builder.embedded_chunks
        self._applied.model_seconds = self._builder.model_seconds
        self._applied.pages_without_text += sum(_blank_pages(cut.document) for cut in batch.cuts)
        self._estimate.advance(batch.work)
        self._tell(None)

    def _notices(self, batch: _Batch) -> Iterator[Notice]:
        for cut in batch.cuts:
            for hashed in self._queue.by_digest[cut.document.digest]:
                for notice in cut.document.notices:
                    yield Notice(document_id=hashed.file.document_id, text=notice)


def _work(file: Found) -> int:
    """Weigh a file for the estimate: what it holds, and what any file costs."""
    return file.size + _BYTES_PER_FILE


def _blank_pages(document: Document) -> int:
    return sum(not document.text[page.start : page.end].strip() for page in document.pages)


def path_entry(hashed: Hashed, tags: Mapping[str, tuple[str, ...]]) -> PathEntry:
    """Point a document id to the content of a file, with the tags that were given for it."""
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


def problem_entry(file: Found, digest: str | None, found: Verdict) -> ProblemEntry:
    """Note for a document id why its file could not be indexed."""
    return ProblemEntry(
        document_id=file.document_id,
        source=file.source,
        digest=digest,
        code=found.code.value,
        reason=found.reason,
        size=file.size,
        mtime_ns=file.mtime_ns,
    )
