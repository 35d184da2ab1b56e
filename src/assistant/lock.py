"""One writer at a time: an operating-system lock on the data directory that ends with its process."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import filelock
import psutil

from assistant.errors import DataDirLocked, data_dir_error

_LOCK_FILE = "writer.lock"
_WHO_FILE = "writer.json"
_SHOWN_ARGUMENTS = 6


@dataclass(frozen=True, slots=True)
class _Holder:
    """Who holds the lock, as written beside it."""

    pid: int
    command: str
    since: str
    """UTC, ISO 8601."""

    def __str__(self) -> str:
        return f"process {self.pid} ({self.command}) since {self.since}"


class WriterLock:
    """The right to write to a data directory, held between `__enter__` and `__exit__`.

    The lock is the operating system's: a process that dies gives it back. The file beside it only says who holds it.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._lock = filelock.FileLock(data_dir / _LOCK_FILE, timeout=0, thread_local=False, mode=0o600)

    def __enter__(self) -> Self:
        """Take the lock at once or not at all.

        Raises:
            DataDirLocked: If another holder has it, in this process or another one.
            DataDirDenied: If the directory can't be written to.
            DiskFull: If there is no space for the file that says who holds it.
        """
        try:
            self._data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock.acquire()
            self._write_holder()
        except filelock.Timeout as error:
            raise DataDirLocked(self._data_dir, holder=describe_holder(self._data_dir)) from error
        except OSError as error:
            self._lock.release()
            raise data_dir_error(self._data_dir, error) from error
        return self

    def __exit__(self, *exception: object) -> None:
        """Give the lock back."""
        (self._data_dir / _WHO_FILE).unlink(missing_ok=True)
        self._lock.release()

    def _write_holder(self) -> None:
        arguments = psutil.Process().cmdline()[:_SHOWN_ARGUMENTS]
        command = " ".join(Path(argument).name if argument.startswith("/") else argument for argument in arguments)
        holder = _Holder(os.getpid(), command, datetime.now(UTC).isoformat(timespec="seconds"))
        path = self._data_dir / _WHO_FILE
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(holder)), encoding="utf-8")


def describe_holder(data_dir: Path) -> str:
    """Say who holds the lock, as far as that is known."""
    try:
        holder = _Holder(**json.loads((data_dir / _WHO_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return "another process"
    return str(holder) if psutil.pid_exists(holder.pid) else "another process"
