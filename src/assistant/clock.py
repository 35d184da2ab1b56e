"""How long the stages of a question take."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from assistant.types import Timings


class Clock:
    """Measures the stages of one question, in milliseconds of wall time."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._stages: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure what is done within; the name is one of `Timings`."""
        start = time.perf_counter()
        yield
        self._stages[name] = 1000 * (time.perf_counter() - start)

    def timings(self) -> Timings:
        """Give what was measured so far."""
        return Timings(**self._stages, total=1000 * (time.perf_counter() - self._start))
