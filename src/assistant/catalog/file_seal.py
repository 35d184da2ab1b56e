"""What the catalog's file was when it was last closed whole, so that a flipped bit anywhere in it shows.

The rows that are quoted carry seals of their own; this one covers everything else too: vectors, words, names, SQLite's
pages. It is broken before the first write and made anew after the last one, so a killed writer leaves none.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from assistant.errors import CatalogDamaged

SEAL_SUFFIX = ".seal"
_ALTERED = "its bytes are not those that were written last"
_HASH = """
import hashlib, sys
with open(sys.argv[1], "rb") as file:
    sys.stdout.write(hashlib.file_digest(file, "sha256").hexdigest())
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seal:
    size: int
    mtime_ns: int
    digest: str
    """SHA-256 of the file's bytes."""

    @classmethod
    def read(cls, path: Path) -> Self | None:
        try:
            return cls(**json.loads(_seal_path(path).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None


def is_sealed(path: Path) -> bool:
    """Tell whether there is a seal; the file itself may be gone."""
    return _seal_path(path).exists()


def seal_file(path: Path) -> None:
    """Note what a database file holds. Its log is empty, and nobody writes to it.

    Raises:
        OSError: If the note can't be written.
    """
    status = path.stat()
    seal = _Seal(size=status.st_size, mtime_ns=status.st_mtime_ns, digest=_digest(path))
    part = _seal_path(path).with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(json.dumps(asdict(seal)))
        file.flush()
        os.fsync(file.fileno())
    part.replace(_seal_path(path))


def refuse_altered(path: Path) -> None:
    """Refuse to write to a file that is not as it was sealed.

    One of the noted size and time is taken for whole: its bytes are compared by `fault_of_file`, which reads them all.

    Raises:
        CatalogDamaged: If it was altered.
        OSError: If it can't be read.
    """
    seal = _Seal.read(path)
    if seal is None:
        return
    status = path.stat()
    looks = (status.st_size, status.st_mtime_ns) == (seal.size, seal.mtime_ns)
    if not looks and _digest(path) != seal.digest:
        raise CatalogDamaged(path, detail=_ALTERED)


def break_seal(path: Path) -> None:
    """Take the note away before the file is written to; raises OSError where that is forbidden."""
    _seal_path(path).unlink(missing_ok=True)
    _sync_folder(path.parent)


def fault_of_file(path: Path) -> str | None:
    """Compare every byte of a database file with its seal; None for a whole one or where there is no seal."""
    seal = _Seal.read(path)
    if seal is None or _digest(path) == seal.digest or _Seal.read(path) != seal:  # a writer began meanwhile
        return None
    return _ALTERED


def _seal_path(path: Path) -> Path:
    return path.with_name(path.name + SEAL_SUFFIX)


def _digest(path: Path) -> str:
    """Hash a file in a child process.

    Opening and closing it here would drop the locks that SQLite holds on it in this process.
    """
    command = [sys.executable, "-I", "-S", "-c", _HASH, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{path} can't be read: {done.stderr.strip().splitlines()[-1]}")
    return done.stdout


def _sync_folder(folder: Path) -> None:
    """Make a removal last through a loss of power, where folders can be synced."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
