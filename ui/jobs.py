"""What the page can ask of ingest: add files, read problems again, remove a document, read the folder again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from assistant.types import DocumentRecord
from ingest.reports import ProgressCallback, SyncReport
from ingest.sources import UPLOADS
from ui.outcomes import Fate, Outcome, describe, describe_retry, describe_sync
from ui.running import Job, JobKind, JobRunner

MOST_FILES = 200
"""Of one drop."""
_STAYS = "Its file is still in your folder: reading the folder again adds it, unless the file is moved or deleted."


class AddUploads(Protocol):
    """`ingest.add_uploads` with its settings given."""

    def __call__(
        self, files: Sequence[tuple[str, Path]], *, progress: ProgressCallback, cancel: threading.Event
    ) -> SyncReport:
        """Keep and ingest files under the names they were given."""


class RetryProblems(Protocol):
    """`ingest.retry_problems` with its settings given."""

    def __call__(
        self, document_ids: Sequence[str], *, progress: ProgressCallback, cancel: threading.Event
    ) -> SyncReport:
        """Read documents again that could not be read."""


class SyncFolder(Protocol):
    """`ingest.sync` of the corpus with its settings given."""

    def __call__(self, *, progress: ProgressCallback, cancel: threading.Event) -> SyncReport:
        """Make the catalog agree with the folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """What changes the documents; each raises AssistantError."""

    add_uploads: AddUploads
    retry_problems: RetryProblems
    sync_folder: SyncFolder
    remove_document: Callable[[str], None]


class IngestJobs:
    """The jobs of one server that change its documents."""

    def __init__(
        self,
        programs: Programs,
        *,
        list_documents: Callable[[], Sequence[DocumentRecord]],
        patience_seconds: float = 600,
    ) -> None:
        """Start without a job.

        Args:
            programs: What changes the documents.
            list_documents: Lists the catalog, to tell what was there before, and whose content is that of another.
            patience_seconds: How long a job waits while another process writes to the data directory.
        """
        self._programs, self._list_documents = programs, list_documents
        self._runner = JobRunner(patience_seconds=patience_seconds)

    def add(self, files: Sequence[tuple[str, Path]], *, folder: Path | None = None) -> Job:
        """Add files that were dropped.

        Args:
            files: Names as the person gave them, and where the bytes are; the job owns these files.
            folder: A folder of the job's own that is removed when it has ended.

        Returns:
            The job as it starts.
        """
        names = tuple(name for name, _ in files)

        def work(progress: ProgressCallback, cancel: threading.Event) -> tuple[Outcome, ...]:
            report = self._programs.add_uploads(files, progress=progress, cancel=cancel)
            return describe(report, names, self._list_documents())

        return self._runner.start(JobKind.ADD, names, work, folder=folder)

    def retry(self, document_ids: Sequence[str]) -> Job:
        """Read documents again that could not be read; returns the job as it starts."""
        names = tuple(document_ids)

        def work(progress: ProgressCallback, cancel: threading.Event) -> tuple[Outcome, ...]:
            return describe_retry(self._programs.retry_problems(names, progress=progress, cancel=cancel), names)

        return self._runner.start(JobKind.RETRY, names, work)

    def remove(self, document_id: str) -> Job:
        """Remove a document; returns the job as it starts."""

        def work(progress: ProgressCallback, cancel: threading.Event) -> tuple[Outcome, ...]:
            self._programs.remove_document(document_id)
            detail = None if document_id.startswith(f"{UPLOADS}/") else _STAYS
            return (Outcome(name=document_id, fate=Fate.REMOVED, detail=detail),)

        return self._runner.start(JobKind.REMOVE, (document_id,), work)

    def sync(self) -> Job:
        """Read the folder of documents again; returns the job as it starts."""

        def work(progress: ProgressCallback, cancel: threading.Event) -> tuple[Outcome, ...]:
            before = self._list_documents()
            return describe_sync(self._programs.sync_folder(progress=progress, cancel=cancel), before)

        return self._runner.start(JobKind.SYNC, (), work)

    def jobs(self) -> tuple[Job, ...]:
        """List the jobs this server had, newest first; the oldest finished ones are forgotten."""
        return self._runner.jobs()

    def close(self) -> None:
        """Stop the running job at its next document and forget the waiting ones."""
        self._runner.close()
