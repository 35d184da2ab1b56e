"""Progress for a person: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn
from rich.progress import Progress as Bar

from ingest.reports import Progress, Stage

LINE_SECONDS = 2.0
"""At least so long between two plain lines."""
_WORDS = {Stage.SCAN: "Looking at the files", Stage.MODEL: "Opening the model", Stage.INDEX: "Indexing"}


class Display(Protocol):
    """Shows progress while it is open."""

    def __enter__(self) -> Display:
        """Start to show."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Clear what was shown."""

    def show(self, progress: Progress) -> None:
        """Show how far it is."""


class BarDisplay:
    """A bar with an estimate, on a terminal."""

    def __init__(self, console: Console) -> None:
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]}"),
            console=console,
            transient=True,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> BarDisplay:
        """Start to show."""
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Clear the bar."""
        self._bar.stop()

    def show(self, progress: Progress) -> None:
        """Move the bar."""
        if self._task is None:
            self._task = self._bar.add_task(_WORDS[progress.stage], total=progress.total, left="")
        left = "" if progress.remaining_seconds is None else f"{spoken(progress.remaining_seconds)} left"
        description = _WORDS[progress.stage]
        self._bar.update(self._task, description=description, completed=progress.done, total=progress.total, left=left)


class LineDisplay:
    """Plain lines, where there is no terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = float("-inf")
        self._stage: Stage | None = None
        self._line = ""

    def __enter__(self) -> LineDisplay:
        """Nothing to start."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to clear."""

    def show(self, progress: Progress) -> None:
        """Print a line when a stage begins, when enough time has passed, and at the end."""
        now = time.monotonic()
        last = progress.done == progress.total
        if progress.stage is self._stage and now - self._last < LINE_SECONDS and not last:
            return
        self._stage, self._last = progress.stage, now
        count = f": {progress.done} of {progress.total}" if progress.stage is Stage.INDEX else ""
        if progress.remaining_seconds and not last:
            count += f", {spoken(progress.remaining_seconds)} left"
        line = f"{_WORDS[progress.stage]}{count}"
        if line != self._line:
            self._console.print(line, markup=False, highlight=False)
        self._line = line


def spoken(seconds: float) -> str:
    """Write a span of time as a person says it, such as "about 4 min"."""
    if seconds < 1:
        return "about 1 s"
    return f"about {seconds:.0f} s" if seconds < 100 else f"about {seconds / 60:.0f} min"


def open_display(console: Console) -> Display:
    """Choose the display that suits a console."""
    return BarDisplay(console) if console.is_terminal else LineDisplay(console)
