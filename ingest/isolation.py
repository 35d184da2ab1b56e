"""A pool of child processes that parse files and may be killed at any time."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from types import TracebackType
from typing import IO, BinaryIO, Generic, TypeVar, cast

from ingest.confinement import clean_environment
from ingest.parsed import ParsedText
from ingest.verdicts import Code, Refusal
from ingest.wire import WireError, decode_parsed, receive, send

logger = logging.getLogger(__name__)
Key = TypeVar("Key")
WORKER = (sys.executable, "-I", "-m", "ingest.worker")
START_SECONDS = 60.0
FILES_PER_WORKER = 500
"""After so many files a worker is replaced, so that what a parser leaks can't add up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one file may take."""

    timeout_seconds: float
    memory_mib: int


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


class Worker:
    """One child process. Not for several threads at once."""

    def __init__(self, limits: Limits, *, command: Sequence[str] = WORKER) -> None:
        self._limits, self._command = limits, command
        self._process: subprocess.Popen[bytes] | None = None
        self._files = 0

    def start(self) -> None:
        """Start the child if there is none; a child that does not start shows when it is needed."""
        try:
            self._started()
        except (EOFError, WireError, OSError) as error:
            logger.info("a parser did not start: %s", type(error).__name__)
            self.close()

    def parse(self, data: bytes, *, name: str) -> ParsedText | Refusal:
        """Parse one file in the child, starting it if there is none.

        Args:
            data: The file's bytes.
            name: Its name.

        Returns:
            Its text, or why there is none. A child that hung, died or lied is gone afterwards.
        """
        try:
            process = self._started()
        except (EOFError, WireError, OSError) as error:
            self.close()
            return Refusal(Code.PARSER_CRASHED, f"the parser did not start: {type(error).__name__}")
        with _Deadline(process, self._limits.timeout_seconds) as deadline:
            try:
                send(_pipe(process.stdin), {"name": name}, data)
                header, _ = receive(_pipe(process.stdout))
                result = _decoded(header)
            except (EOFError, OSError):
                result = None
            except WireError as error:
                logger.warning("a parser sent what it must not: %s", error)
                process.kill()
                result = Refusal(Code.PARSER_CRASHED, "its result was malformed")
        self._files += 1
        if result is None:
            status = process.wait()
            result = _death(status, timed_out=deadline.passed, limits=self._limits)
        if process.poll() is not None or self._files >= FILES_PER_WORKER:
            self.close()
        return result

    def close(self) -> None:
        """End the child."""
        process, self._process = self._process, None
        self._files = 0
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            try:
                _pipe(pipe).close()
            except OSError:  # Bytes for a dead child were still buffered.
                logger.debug("a dead worker's pipe had unsent bytes")

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.close()
        arguments = [str(self._limits.memory_mib), str(self._limits.timeout_seconds)]
        self._process = subprocess.Popen(
            [*self._command, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=clean_environment(),
            start_new_session=True,  # Ctrl-C is for the parent, which ends its children itself.
        )
        with _Deadline(self._process, START_SECONDS):
            receive(_pipe(self._process.stdout))
        return self._process


class ParserPool:
    """Several workers that parse ahead of the one who takes the results."""

    def __init__(self, limits: Limits, *, workers: int, command: Sequence[str] = WORKER) -> None:
        self._idle: SimpleQueue[Worker] = SimpleQueue()
        self._workers = [Worker(limits, command=command) for _ in range(workers)]
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
            worker.close()
        self._threads.shutdown(wait=True)
        for worker in self._workers:
            worker.close()

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
                return Outcome(key=job.key, result=Refusal(Code.PARSER_CRASHED, "stopped"))
            return Outcome(key=job.key, result=worker.parse(job.data, name=job.name))
        finally:
            self._idle.put(worker)


class _Deadline:
    """Kills a process when time is up, whoever is waiting for it."""

    def __init__(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        self.passed = False
        self._process = process
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
        self._process.kill()


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


def _pipe(pipe: IO[bytes] | None) -> BinaryIO:
    if pipe is None:
        raise OSError("no pipe")
    return cast("BinaryIO", pipe)
