"""Following folders: a sync whenever something below them changes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from watchfiles import Change, watch

from assistant.errors import AssistantError, DataDirLocked
from assistant.settings import Settings
from ingest.folder_rules import IGNORE_FILE, TAGS_FILE
from ingest.reports import ProgressCallback, SyncReport
from ingest.run import sync
from ingest.tools import Tools

QUIET_MS = 100
"""A change is followed by a sync when nothing else changed for so long."""
LONGEST_MS = 1600
"""Of changes that don't end, so many milliseconds are taken together."""
_LOOK_MS = 500
"""How often to see whether a folder was replaced, and whether another process has given the lock back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Who is told what happens while folders are watched. All calls come from the watching thread."""

    report: Callable[[SyncReport], None]
    """After the first sync, and after each that did something."""
    fault: Callable[[AssistantError], None]
    """A sync could not be done. It is tried again after the next change, or once the lock is free."""
    ready: Callable[[], None]
    """The first sync is over and the model is open: from now on a change is a matter of moments."""
    progress: ProgressCallback


def follow(paths: Sequence[Path], *, settings: Settings, listener: Listener, cancel: threading.Event) -> None:
    """Sync folders and files now and after every change, until it is cancelled.

    Args:
        paths: As for `sync`.
        settings: As for `sync`.
        listener: Told what happens.
        cancel: Ends it, also in the middle of a sync.

    Raises:
        AssistantError: If the first sync can't be done, for another reason than that another process writes.
    """
    roots = [path.expanduser().resolve() for path in paths or [settings.corpus]]
    with Tools(settings, remember=True) as tools:
        follower = _Follower(tuple(paths), settings, listener, tools, cancel)
        for changed in _changes(roots, excluded=settings.data_dir.expanduser().resolve(), cancel=cancel):
            follower.look(changed=changed)


class _Follower:
    """Runs the syncs of one watch."""

    def __init__(
        self, paths: tuple[Path, ...], settings: Settings, listener: Listener, tools: Tools, cancel: threading.Event
    ) -> None:
        self._paths, self._settings, self._listener = paths, settings, listener
        self._tools, self._cancel = tools, cancel
        self._waiting = False
        """Whether a sync is still due, since another process holds the lock."""
        self._last: SyncReport | None = None

    def look(self, *, changed: bool) -> None:
        """Run a sync if something changed or one is due."""
        if not (changed or self._waiting) or self._cancel.is_set():
            return
        try:
            report = self._sync()
        except DataDirLocked as error:
            if not self._waiting:
                self._listener.fault(error)
            self._waiting = True
        except AssistantError as error:
            if self._last is None:
                raise
            self._waiting = False
            self._listener.fault(error)
        else:
            self._waiting = False
            self._tell(report)

    def _tell(self, report: SyncReport) -> None:
        first, before = self._last is None, self._last
        self._last = report
        if before is None or not report.nothing_done or report.problems != before.problems:
            self._listener.report(report)
        if first and self._tools.warm_up(stopped=self._cancel.is_set):
            self._listener.ready()

    def _sync(self) -> SyncReport:
        return sync(
            self._paths,
            settings=self._settings,
            progress=self._listener.progress,
            cancel=self._cancel,
            tools=self._tools,
        )


def _changes(roots: Sequence[Path], *, excluded: Path, cancel: threading.Event) -> Iterator[bool]:
    """Tell again and again whether something changed below the roots, until it is cancelled.

    It begins with a yes once the roots are watched, so that nothing is missed. A folder that is replaced by another
    one of its name is watched anew; one that is gone is waited for.
    """

    def counts(_: Change, name: str) -> bool:
        return _matters(Path(name), roots=roots, excluded=excluded)

    while not cancel.is_set():
        identities = [_identity(root) for root in roots]
        present = [root for root, identity in zip(roots, identities, strict=True) if identity is not None]
        begun = False
        for changes in _watched(present, counts, cancel) if present else _ticks(cancel):
            yield bool(changes) or not begun
            begun = True
            if identities != [_identity(root) for root in roots]:
                break


def _watched(
    roots: Sequence[Path], counts: Callable[[Change, str], bool], cancel: threading.Event
) -> Iterator[set[tuple[Change, str]]]:
    return watch(
        *roots,
        watch_filter=counts,
        debounce=LONGEST_MS,
        step=QUIET_MS,
        stop_event=cancel,
        rust_timeout=_LOOK_MS,
        yield_on_timeout=True,
        raise_interrupt=False,
        ignore_permission_denied=True,
    )


def _ticks(cancel: threading.Event) -> Iterator[set[tuple[Change, str]]]:
    """Yield nothing as often as a watch without changes does."""
    while not cancel.is_set():
        yield set()
        cancel.wait(_LOOK_MS / 1000)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_dev, state.st_ino


def _matters(path: Path, *, roots: Sequence[Path], excluded: Path) -> bool:
    """Tell whether a changed path can concern a document: what a scan leaves out unseen does not."""
    if path.is_relative_to(excluded):
        return False
    root = next((root for root in roots if path.is_relative_to(root)), None)
    if root is None:
        return False
    parts = path.relative_to(root).parts
    return all(not part.startswith((".", "~$")) or part in (IGNORE_FILE, TAGS_FILE) for part in parts)
