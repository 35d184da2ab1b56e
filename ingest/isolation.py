"""A pool of child processes that parse files and may be killed at any time."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from types import TracebackType
from typing import BinaryIO, Generic, TypeVar, cast

from ingest.forkserver import PARSER, ForkServer
from ingest.limits import Limits
from ingest.parsed import ParsedText
from ingest.verdicts import Code, Refusal
from ingest.wire import WireError, decode_parsed, receive, send

logger = logging.getLogger(__name__)
Key = TypeVar("Key")
FILES_PER_WORKER = 500
"""After so many files a worker is replaced, so that what a parser leaks can't add up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(Generic[Key]):
    """One file to parse."""

    key: Key
    name: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Generic[Key]):
    """What became of a job."""

    key: Key
    result: ParsedText | Refusal
    seconds: float
    """That parsing took."""
    peak_mib: int | None
    """Most memory that the process had; None if it died."""


@dataclass(frozen=True, slots=True)
class _Child:
    """A running parser and the pipes to it."""

    pid: int
    requests: BinaryIO
    replies: BinaryIO


class Worker:
    """One child process. Not for several threads at once."""

    def __init__(self, server: ForkServer, limits: Limits) -> None:
        self._server, self._limits = server, limits
        self._child: _Child | None = None
        self._files = 0
        self.peak_mib: int | None = None
        """What the child said of its memory after the last file; None if it died over it."""

    def start(self) -> None:
        """Start the child if there is none; a child that does not start shows when it is needed."""
        try:
            self._started()
        except OSError as error:
            logger.info("a parser did not start: %s", error)

    def parse(self, data: bytes, *, name: str) -> ParsedText | Refusal:
        """Parse one file in the child, starting it if there is none.

        Args:
            data: The file's bytes.
            name: Its name.

        Returns:
            Its text, or why there is none. A child that hung, died or lied is gone afterwards.
        """
        self.peak_mib = None
        try:
            child = self._started()
        except OSError as error:
            return Refusal(Code.PARSER_CRASHED, f"the parser did not start: {error}")
        with _Deadline(child.pid, self._limits.timeout_seconds) as deadline:
            try:
                send(child.requests, {"name": name}, data)
                header, _ = receive(child.replies)
                result = _decoded(header)
                self.peak_mib = int(str(header.get("peak_mib", 0)))
            except (EOFError, OSError):
                result = None
            except (WireError, ValueError) as error:
                logger.warning("a parser sent what it must not: %s", error)
                result = Refusal(Code.PARSER_CRASHED, "its result was malformed")
        self._files += 1
        if result is None:
            return _death(self._end(), timed_out=deadline.passed, limits=self._limits)
        if self.peak_mib is None or self._files >= FILES_PER_WORKER:
            self.close()
        return result

    def close(self) -> None:
        """End the child."""
        self._end()

    def interrupt(self) -> None:
        """Kill the child, also while another thread waits for it."""
        child = self._child
        if child is not None:
            _kill(child.pid)

    def _end(self) -> int:
        """End the child and tell its exit status."""
        child, self._child = self._child, None
        self._files = 0
        if child is None:
            return 0
        for pipe in (child.requests, child.replies):
            try:
                pipe.close()
            except OSError:  # Bytes for a dead child were still buffered.
                logger.debug("a dead worker's pipe had unsent bytes")
        try:
            return self._server.reap(child.pid)
        except OSError:  # The fork server died, and its children with it.
            return -signal.SIGKILL

    def _started(self) -> _Child:
        if self._child is None:
            theirs_in, ours_out = os.pipe()
            ours_in, theirs_out = os.pipe()
            try:
                pid = self._server.fork(theirs_in, theirs_out)
            except OSError:
                os.close(ours_out)
                os.close(ours_in)
                raise
            finally:
                os.close(theirs_in)
                os.close(theirs_out)
            self._child = _Child(pid, os.fdopen(ours_out, "wb"), os.fdopen(ours_in, "rb"))
        return self._child


class ParserPool:
    """Several workers that parse ahead of the one who takes the results."""

    def __init__(self, limits: Limits, *, workers: int, command: Sequence[str] = PARSER) -> None:
        self._idle: SimpleQueue[Worker] = SimpleQueue()
        self._server = ForkServer(limits, command=command)
        self._workers = [Worker(self._server, limits) for _ in range(workers)]
        for worker in self._workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="parser")
        self._stopped = threading.Event()

    def __enter__(self) -> ParserPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def parse_all(self, jobs: Iterable[Job[Key]], *, ahead: int) -> Iterator[Outcome[Key]]:
        """Parse files, in order, keeping a few parsed ahead.

        Args:
            jobs: Taken only as the work goes on, so that not all bytes are in memory.
            ahead: How many may be waiting or under way.

        Yields:
            An outcome per job, in the order of the jobs.
        """
        waiting: deque[Future[Outcome[Key]]] = deque()
        for job in jobs:
            waiting.append(self._threads.submit(self._run, job))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def warm_up(self) -> None:
        """Start the children before there is work for them."""
        for _ in self._workers:
            self._threads.submit(self._start_one)

    def close(self) -> None:
        """End every child, also those at work."""
        self._stopped.set()
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.interrupt()
        self._threads.shutdown(wait=True)
        for worker in self._workers:
            worker.close()
        self._server.close()

    def _start_one(self) -> None:
        worker = self._idle.get()
        try:
            if not self._stopped.is_set():
                worker.start()
        finally:
            self._idle.put(worker)

    def _run(self, job: Job[Key]) -> Outcome[Key]:
        worker = self._idle.get()
        try:
            if self._stopped.is_set():
                return Outcome(key=job.key, result=Refusal(Code.PARSER_CRASHED, "stopped"), seconds=0.0, peak_mib=None)
            began = time.perf_counter()
            result = worker.parse(job.data, name=job.name)
            return Outcome(key=job.key, result=result, seconds=time.perf_counter() - began, peak_mib=worker.peak_mib)
        finally:
            self._idle.put(worker)


class _Deadline:
    """Kills a process when time is up, whoever is waiting for it."""

    def __init__(self, pid: int, seconds: float) -> None:
        self.passed = False
        self._pid = pid
        self._timer = threading.Timer(seconds, self._kill)
        self._timer.daemon = True

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()

    def _kill(self) -> None:
        self.passed = True
        _kill(self._pid)


def _kill(pid: int) -> None:
    """Kill a child that is not reaped yet, so that its id is still its own."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:  # The fork server died first.
        logger.debug("a parser was gone already")


def _decoded(header: dict[str, object]) -> ParsedText | Refusal:
    if "parsed" in header:
        return decode_parsed(cast("dict[str, object]", header["parsed"]))
    try:
        return Refusal(Code(str(header.get("code"))), str(header.get("detail", ""))[:200])
    except ValueError as error:
        raise WireError("an unknown code") from error


def _death(status: int, *, timed_out: bool, limits: Limits) -> Refusal:
    if timed_out or -status == getattr(signal, "SIGXCPU", None):
        return Refusal(Code.TIMEOUT, f"more than {limits.timeout_seconds:g} s")
    return Refusal(Code.PARSER_CRASHED, f"signal {-status}" if status < 0 else f"exit code {status}")
