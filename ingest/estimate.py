"""How long a run will take from here."""

from __future__ import annotations

import time
from collections.abc import Callable


class Estimate:
    """Tells the rest from the whole past at its average speed: the less is left, the less it can be wrong."""

    def __init__(self, total: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin to count.

        Args:
            total: The whole work, in any unit that takes about the same time everywhere.
            clock: Seconds that only grow.
        """
        self._total, self._clock = total, clock
        self._began = self._last = clock()
        self._done = 0.0

    def advance(self, work: float) -> None:
        """Note that so much more is done."""
        self._done += work
        self._last = self._clock()

    def remaining_seconds(self) -> float | None:
        """Tell how many seconds are left; None before anything is done."""
        if self._done <= 0:
            return None
        seconds_per_unit = (self._last - self._began) / self._done
        return max(0.0, seconds_per_unit * (self._total - self._done) - (self._clock() - self._last))
