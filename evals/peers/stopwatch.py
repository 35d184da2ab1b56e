"""Which stage of an ingest takes how long, and how much memory a process takes, seen from outside the engines.

Engines are not written to be measured: their methods are wrapped, in the contestant's own process alone.
"""

from __future__ import annotations

import functools
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

Item = TypeVar("Item")

READ, PARSE, CHUNK, MODEL, EMBED, WRITE = "read", "parse", "chunk", "model", "embed", "write"
STAGES = (READ, PARSE, CHUNK, MODEL, EMBED, WRITE)
_SAMPLE_SECONDS = 0.1


class Stopwatch:
    """Sums wall seconds by stage. An inner stage stops the outer one.

    Stages are those of one thread. Where another thread embeds meanwhile, its time counts as embedding and for no stage
    that it hides, so that the stages add up to what was waited for.
    """

    def __init__(self, *, clock: Callable[[], float] = time.perf_counter) -> None:
        self.seconds: dict[str, float] = {}
        """By stage; a stage that never ran is not there."""
        self.embedded: list[str] = []
        """The texts of documents that were given to the embedding model."""
        self.recording = True
        """Whether embedded texts are noted; false once questions are asked."""
        self._clock = clock
        self._open: list[tuple[str, float]] = []
        self._thread = threading.get_ident()
        self._hiding = threading.Lock()
        self._hidden = 0.0
        self._hidden_since: float | None = None

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time of a block for a stage."""
        self.begin(name)
        try:
            yield
        finally:
            self.end()

    def begin(self, name: str) -> None:
        """Begin a stage inside the one that is open, if any."""
        now = self._now()
        if self._open:
            self._count(now)
        self._open.append((name, now))

    def end(self) -> None:
        """End the stage begun last."""
        now = self._now()
        self._count(now)
        self._open.pop()
        if self._open:
            self._open[-1] = (self._open[-1][0], now)

    @contextmanager
    def hiding_stage(self, name: str) -> Iterator[None]:
        """Count the time of a block in another thread for a stage, and for none of those that run meanwhile."""
        with self._hiding:
            self._hidden_since = since = self._clock()
        try:
            yield
        finally:
            with self._hiding:
                passed, self._hidden_since = self._clock() - since, None
                self._hidden += passed
                self.seconds[name] = self.seconds.get(name, 0.0) + passed

    def _now(self) -> float:
        """Read a clock that stands still while another thread's stage hides this one's."""
        with self._hiding:
            now = self._clock()
            return now - self._hidden - (now - self._hidden_since if self._hidden_since is not None else 0.0)

    def _count(self, now: float) -> None:
        name, since = self._open[-1]
        self.seconds[name] = self.seconds.get(name, 0.0) + now - since

    def wrap(self, owner: type, method: str, *, stage: str) -> None:
        """Replace a class's method by one that counts for a stage."""
        inner = getattr(owner, method)

        @functools.wraps(inner)
        def timed(*args: object, **named: object) -> object:
            with self.stage(stage):
                return inner(*args, **named)

        setattr(owner, method, timed)

    def wrap_embedding(self, owner: type, method: str) -> None:
        """Replace a class's method over a list of texts by one that notes them and counts as embedding."""
        inner = getattr(owner, method)

        @functools.wraps(inner)
        def timed(itself: object, texts: Sequence[str], *others: object) -> object:
            if not self.recording:
                return inner(itself, texts, *others)
            self.embedded.extend(texts)
            own = threading.get_ident() == self._thread
            with self.stage(EMBED) if own else self.hiding_stage(EMBED):
                return inner(itself, texts, *others)

        setattr(owner, method, timed)

    def each(self, items: Iterable[Item], *, stage: str) -> Iterator[Item]:
        """Hand items on; the time until each comes counts for a stage."""
        iterator = iter(items)
        while True:
            with self.stage(stage):
                try:
                    item = next(iterator)
                except StopIteration:
                    return
            yield item


class MemoryWatch:
    """Samples how much memory this process and its children hold. Linux; elsewhere nothing is known."""

    def __init__(self) -> None:
        self.peak_with_children_mib: float | None = None
        """The largest sum of resident memory seen, shared pages counted in each process."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the sampling."""
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(_SAMPLE_SECONDS):
            held = [_status_mib(pid, "VmRSS") for pid in (os.getpid(), *_descendants(os.getpid()))]
            total = sum(value for value in held if value is not None)
            self.peak_with_children_mib = max(self.peak_with_children_mib or 0.0, total) or None


def peak_mib() -> float | None:
    """Read the most memory that this process alone has held so far; None where the system does not tell."""
    return _status_mib(os.getpid(), "VmHWM")


def _status_mib(pid: int, field: str) -> float | None:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    kib = [int(line.split()[1]) for line in lines if line.startswith(f"{field}:")]
    return round(kib[0] / 1024, 1) if kib else None


def _descendants(pid: int) -> list[int]:
    children = _children(pid)
    return children + [one for child in children for one in _descendants(child)]


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in task.read_text(encoding="utf-8").split()]
        except OSError:
            continue
    return found
