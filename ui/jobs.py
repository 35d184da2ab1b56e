"""Documents dropped on the page are ingested here, outside any request.

A job goes on when the tab that started it is reloaded or closed; every tab sees the same jobs, as every tab sees
the same documents. One job runs at a time, since the data directory has one writer.
"""

from __future__ import annotations

import logging
import re
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from assistant.errors import AssistantError, DataDirLocked
from assistant.types import DocumentRecord
from ingest.reports import Progress, SyncReport
from ingest.sources import UPLOADS
from ingest.uploads import clean_name

logger = logging.getLogger(__name__)

MOST_FILES = 200
"""Of one drop."""
_KEPT_JOBS = 20
_NUMBERED = re.compile(r" \(\d+\)(?=(\.[^./]*)?$)")
_RETRY_SECONDS = 0.5


class JobState(StrEnum):
    """How far a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Fate(StrEnum):
    """What became of one dropped file."""

    ADDED = "added"
    REPLACED = "replaced"
    DUPLICATE = "duplicate"
    UNCHANGED = "unchanged"
    PROBLEM = "problem"
    NOT_READ = "not read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One dropped file with its verdict."""

    name: str
    fate: Fate
    code: str | None = None
    """Of a problem, from ingest's closed list; None for the other fates."""
    detail: str | None = None
    """Why, and what to do; None where the fate says it all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One drop of files, as it stands."""

    number: int
    names: tuple[str, ...]
    state: JobState = JobState.WAITING
    progress: Progress | None = None
    note: str | None = None
    """What it waits for, or why it failed."""
    outcomes: tuple[Outcome, ...] = ()
    seconds: float = 0.0

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in (JobState.DONE, JobState.FAILED)


class AddUploads(Protocol):
    """`ingest.add_uploads` with its settings given."""

    def __call__(
        self,
        files: Sequence[tuple[str, Path]],
        *,
        progress: Callable[[Progress], None],
        cancel: threading.Event,
    ) -> SyncReport:
        """Keep and ingest files under the names they were given."""


class IngestJobs:
    """The jobs of one server."""

    def __init__(
        self,
        add_uploads: AddUploads,
        *,
        list_documents: Callable[[], Sequence[DocumentRecord]],
        patience_seconds: float = 600,
    ) -> None:
        """Start without a job.

        Args:
            add_uploads: Ingests files.
            list_documents: Lists the catalog, to tell which new document has the content of another.
            patience_seconds: How long a job waits while another process writes to the data directory.
        """
        self._add_uploads, self._list_documents, self._patience = add_uploads, list_documents, patience_seconds
        self._jobs: dict[int, Job] = {}
        self._lock, self._cancel = threading.Lock(), threading.Event()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ingest")

    def start(self, files: Sequence[tuple[str, Path]], *, folder: Path | None = None) -> Job:
        """Begin a job, or queue it behind the one that runs.

        Args:
            files: Names as the person gave them, and where the bytes are; the job owns these files.
            folder: A folder of the job's own that is removed when it has ended.

        Returns:
            The job as it starts.
        """
        with self._lock:
            number = max(self._jobs, default=0) + 1
            job = Job(number=number, names=tuple(name for name, _ in files))
            self._jobs[number] = job
            for old in sorted(self._jobs)[:-_KEPT_JOBS]:
                if self._jobs[old].finished:
                    del self._jobs[old]
        future = self._worker.submit(self._run, number, tuple(files), folder)
        future.add_done_callback(lambda ended: self._note_bug(number, ended))
        return job

    def jobs(self) -> tuple[Job, ...]:
        """List the jobs this server had, newest first; the oldest finished ones are forgotten."""
        with self._lock:
            return tuple(self._jobs[number] for number in sorted(self._jobs, reverse=True))

    def close(self) -> None:
        """Stop the running job at its next document and forget the waiting ones."""
        self._cancel.set()
        self._worker.shutdown(wait=True, cancel_futures=True)

    def _change(self, number: int, change: Callable[[Job], Job]) -> None:
        with self._lock:
            self._jobs[number] = change(self._jobs[number])

    def _run(self, number: int, files: tuple[tuple[str, Path], ...], folder: Path | None) -> None:
        began = time.monotonic()
        self._change(number, lambda job: replace(job, state=JobState.RUNNING))
        try:
            report = self._ingest(number, files, give_up=began + self._patience)
        except AssistantError as error:
            fault = str(error)
            self._change(number, lambda job: replace(job, state=JobState.FAILED, note=fault))
        else:
            outcomes = describe(report, [name for name, _ in files], self._list_documents())
            seconds = time.monotonic() - began
            self._change(
                number, lambda job: replace(job, state=JobState.DONE, note=None, outcomes=outcomes, seconds=seconds)
            )
        finally:
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)

    def _ingest(self, number: int, files: tuple[tuple[str, Path], ...], *, give_up: float) -> SyncReport:
        def tell(progress: Progress) -> None:
            self._change(number, lambda job: replace(job, progress=progress, note=None))

        while True:
            try:
                return self._add_uploads(files, progress=tell, cancel=self._cancel)
            except DataDirLocked as error:
                if time.monotonic() >= give_up or self._cancel.wait(_RETRY_SECONDS):
                    raise
                self._wait_for(number, error.holder)

    def _wait_for(self, number: int, holder: str) -> None:
        note = f"Waiting: {holder} is writing. This goes on by itself."
        self._change(number, lambda job: replace(job, note=note))

    def _note_bug(self, number: int, ended: Future[None]) -> None:
        if ended.cancelled() or (bug := ended.exception()) is None:
            return
        logger.error("ingest job %d failed", number, exc_info=bug)
        note = f"This is a bug in the assistant ({type(bug).__name__}); the terminal shows where."
        self._change(number, lambda job: replace(job, state=JobState.FAILED, note=note))


def describe(report: SyncReport, names: Sequence[str], documents: Sequence[DocumentRecord]) -> tuple[Outcome, ...]:
    """Tell for each dropped file what became of it.

    Args:
        report: Of the ingest that read them. It names documents, which have the files' cleaned names, and a number
            behind the name where two of one name came together.
        names: As they were dropped, in order.
        documents: The catalog's list after the ingest, which tells whose content was known already.

    Returns:
        One outcome per name, in the same order.
    """
    verdicts = {verdict.document_id: verdict for verdict in report.problems}
    fates = {
        **dict.fromkeys(report.added, Fate.ADDED),
        **dict.fromkeys(report.changed, Fate.REPLACED),
        **dict.fromkeys(report.unchanged, Fate.UNCHANGED),
        **dict.fromkeys(verdicts, Fate.PROBLEM),
    }
    digests = {record.document_id: record.digest for record in documents if record.digest is not None}
    outcomes = []
    for name in names:
        document_id = _take(f"{UPLOADS}/{clean_name(name)}", fates)
        fate = fates.pop(document_id) if document_id is not None else Fate.NOT_READ
        if fate is Fate.PROBLEM:
            verdict = verdicts[document_id or ""]
            detail = f"{verdict.reason} {verdict.action}"
            outcomes.append(Outcome(name=name, fate=fate, code=verdict.code, detail=detail))
        else:
            twin = _twin(document_id, digests) if fate is Fate.ADDED else None
            told = _told(name, document_id, Fate.DUPLICATE if twin is not None else fate, twin)
            noted = [notice.text for notice in report.notices if notice.document_id == document_id]
            detail = " ".join(part for part in (told.detail, *noted) if part)
            outcomes.append(replace(told, detail=detail or None))
    return tuple(outcomes)


def _take(wanted: str, fates: Mapping[str, Fate]) -> str | None:
    """Find the document of a file: the one of its name, or of its name with a number."""
    if wanted in fates:
        return wanted
    return next((document_id for document_id in fates if _NUMBERED.sub("", document_id, count=1) == wanted), None)


def _twin(document_id: str | None, digests: Mapping[str, str]) -> str | None:
    """Find another document with the same content."""
    digest = digests.get(document_id or "")
    return next((other for other in sorted(digests) if other != document_id and digests[other] == digest), None)


def _told(name: str, document_id: str | None, fate: Fate, twin: str | None) -> Outcome:
    details = {
        Fate.DUPLICATE: f"The same file as {twin}. It is found under either name and read once.",
        Fate.REPLACED: "The document of this name had another content; it is replaced.",
        Fate.UNCHANGED: "This very file was there already.",
        Fate.NOT_READ: "Adding was stopped before this file. Drop it again.",
    }
    detail = details.get(fate)
    if detail is None and document_id != f"{UPLOADS}/{name}":
        detail = f"Kept as {document_id}."
    return Outcome(name=name, fate=fate, detail=detail)
