"""What a child process that parses files gives up before it touches the first one.

The limits of the operating system and the kernel's fences (`ingest.sandbox`) bind whatever runs in the process; the
audit hook binds Python code and says by name what was tried. Where a platform lacks a means, the others still hold and
the parent's clock always does.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ingest.sandbox import close_doors

try:
    import resource
except ImportError:  # Windows has no such limits; the parent's clock still ends a parse there.
    resource = None  # type: ignore[assignment]

_REFUSED = (
    "socket.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.fork",
    "os.spawn",
    "os.posix_spawn",
    "os.startfile",
    "os.remove",
    "os.rename",
    "os.link",
    "os.symlink",
    "os.mkdir",
    "os.rmdir",
    "os.chmod",
    "os.chown",
    "os.truncate",
    "os.kill",
    "pty.spawn",
    "shutil.",
    "ftplib.",
    "urllib.",
    "http.",
    "smtplib.",
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
CLEAN_ENVIRONMENT: Mapping[str, str] = {
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONIOENCODING": "utf-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "LC_ALL": "C.UTF-8",
}
_KEPT = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


class ConfinementError(PermissionError):
    """A parser tried what no parser needs."""


def clean_environment() -> dict[str, str]:
    """Build the environment of a child: what Python needs to start, and nothing that may be secret."""
    return {name: os.environ[name] for name in _KEPT if name in os.environ} | dict(CLEAN_ENVIRONMENT)


def confine(*, memory_mib: int) -> None:
    """Give up for good what parsing does not need: network, new processes, other files, and memory beyond a limit.

    Args:
        memory_mib: Address space that the process may take.
    """
    close_doors(_PLACES)
    if resource is not None:
        memory = memory_mib * 1024 * 1024
        _limit(resource.RLIMIT_AS, memory)
        _limit(resource.RLIMIT_FSIZE, 0)
        _limit(resource.RLIMIT_CORE, 0)
        _limit(resource.RLIMIT_NPROC, 0)
        _limit(resource.RLIMIT_NOFILE, 64)
    sys.addaudithook(_audit)


def allow_processor_seconds(seconds: float) -> None:
    """Start the processor clock of one parse; when it runs out the process dies.

    Args:
        seconds: From now on.
    """
    if resource is None:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime + seconds) + 2
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))


def peak_memory_mib() -> int:
    """Tell the most memory that this process had resident, in MiB; 0 where the system does not tell."""
    if resource is None:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak) // (1024 * 1024 if sys.platform == "darwin" else 1024)


def _limit(kind: int, value: int) -> None:
    try:
        resource.setrlimit(kind, (value, value))
    except (ValueError, OSError):  # macOS refuses some of them.
        return


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open":
        _audit_open(arguments)
    elif event.startswith(_REFUSED):
        raise ConfinementError(f"refused: {event}")


def _audit_open(arguments: tuple[Any, ...]) -> None:
    path, mode, flags = arguments
    if isinstance(path, int):
        return
    writing = (isinstance(mode, str) and any(mark in mode for mark in "wax+")) or (flags or 0) & _WRITING
    if writing or not os.fsdecode(path).startswith(_READABLE):
        raise ConfinementError("refused: open")


_PLACES = [Path(place) for place in (sys.prefix, sys.base_prefix, *filter(None, sys.path))]
_READABLE = tuple({str(shape) for place in _PLACES for shape in (place.absolute(), place.resolve())})
