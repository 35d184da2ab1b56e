"""Jobs that run outside any request, one at a time, since the data directory has one writer.

A job goes on when the tab that started it is reloaded or closed; every tab sees the same jobs, as every tab sees
the same documents.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from assistant.errors import AssistantError, DataDirLocked
from ingest.reports import Progress, ProgressCallback
from ui.outcomes import Outcome

logger = logging.getLogger(__name__)

_KEPT_JOBS = 20
_RETRY_SECONDS = 0.5

Work = Callable[[ProgressCallback, threading.Event], tuple[Outcome, ...]]
"""Does a job, telling how far it is, until it is done or the event is set."""


class JobKind(StrEnum):
    """What a job does."""

    ADD = "add"
    RETRY = "retry"
    REMOVE = "remove"
    SYNC = "sync"


class JobState(StrEnum):
    """How far a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One thing that a person asked for, as it stands."""

    number: int
    kind: JobKind = JobKind.ADD
    names: tuple[str, ...]
    """Of the documents it is about; empty for a whole folder."""
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


class JobRunner:
    """Runs the jobs of one server and remembers how they stand."""

    def __init__(self, *, patience_seconds: float) -> None:
        """Start without a job.

        Args:
            patience_seconds: How long a job waits while another process writes to the data directory.
        """
        self._patience = patience_seconds
        self._jobs: dict[int, Job] = {}
        self._lock, self._cancel = threading.Lock(), threading.Event()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ingest")

    def start(self, kind: JobKind, names: tuple[str, ...], work: Work, *, folder: Path | None = None) -> Job:
        """Begin a job, or queue it behind the one that runs.

        Args:
            kind: What it does.
            names: Of the documents it is about.
            work: Does it, and tells what came of it.
            folder: A folder of the job's own that is removed when it has ended.

        Returns:
            The job as it starts.
        """
        with self._lock:
            number = max(self._jobs, default=0) + 1
            job = self._jobs[number] = Job(number=number, kind=kind, names=names)
            for old in sorted(self._jobs)[:-_KEPT_JOBS]:
                if self._jobs[old].finished:
                    del self._jobs[old]
        future = self._worker.submit(self._run, number, work, folder)
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

    def _run(self, number: int, work: Work, folder: Path | None) -> None:
        began = time.monotonic()
        self._change(number, lambda job: replace(job, state=JobState.RUNNING))
        try:
            outcomes = self._work(number, work, give_up=began + self._patience)
        except AssistantError as error:
            fault = str(error)
            self._change(number, lambda job: replace(job, state=JobState.FAILED, note=fault))
        else:
            seconds = time.monotonic() - began
            self._change(
                number, lambda job: replace(job, state=JobState.DONE, note=None, outcomes=outcomes, seconds=seconds)
            )
        finally:
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)

    def _work(self, number: int, work: Work, *, give_up: float) -> tuple[Outcome, ...]:
        def tell(progress: Progress) -> None:
            self._change(number, lambda job: replace(job, progress=progress, note=None))

        while True:
            try:
                return work(tell, self._cancel)
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
        logger.error("job %d failed", number, exc_info=bug)
        note = f"This is a bug in the assistant ({type(bug).__name__}); the terminal shows where."
        self._change(number, lambda job: replace(job, state=JobState.FAILED, note=note))
