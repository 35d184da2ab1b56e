"""One file that holds a catalog and the kept uploads, with the SHA-256 of each and of the whole.

It is an ordinary zip file: any unzip program opens it. Its comment is the digest of all bytes before it, so that a
changed bit shows wherever it is; `manifest.json` names the files, so that a fault can be told by name.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import zipfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assistant.errors import BackupDamaged

FORMAT = 1
_MANIFEST = "manifest.json"
_SIGN = b"sha256:"
_COMMENT_BYTES = len(_SIGN) + 64
_NAMES = re.compile(r"catalog\.sqlite3|calibration\.json|uploads/[0-9a-f]{64}")
_LEVEL = 1
"""Vectors hardly shrink; text does at the lowest level already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedFile:
    """A file of an archive."""

    name: str
    """`catalog.sqlite3`, `calibration.json` or `uploads/DIGEST`."""
    size: int
    sha256: str


def write_archive(target: Path, files: Iterable[tuple[str, Path]], *, about: dict[str, Any]) -> dict[str, Any]:
    """Write files into an archive, which takes its place when it is whole.

    Args:
        target: The archive; one that is there is replaced.
        files: Names inside, and where the bytes are.
        about: What else its manifest says.

    Returns:
        The manifest.

    Raises:
        OSError: If a file can't be read or there is no space.
    """
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b") as stream:
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
                written = [_add(archive, name, path) for name, path in files]
                manifest = {"format": FORMAT, **about, "files": [asdict(one) for one in written]}
                archive.writestr(_MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
                archive.comment = b"0" * _COMMENT_BYTES
            stream.seek(-_COMMENT_BYTES, os.SEEK_END)
            end = stream.tell()
            stream.seek(0)
            signature = _SIGN + _digest_of_first(stream, end).encode()
            stream.seek(end)
            stream.write(signature)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(target)
        return manifest
    finally:
        part.unlink(missing_ok=True)


def unpack_archive(source: Path, folder: Path) -> dict[str, Any]:
    """Check an archive and unpack it.

    Args:
        source: The archive.
        folder: An empty folder that receives its files.

    Returns:
        The manifest.

    Raises:
        BackupDamaged: If any byte of it is not the one that was written, or a newer version wrote it.
        OSError: If it can't be read or there is no space.
    """
    refuse_altered(source)
    try:
        with zipfile.ZipFile(source) as archive:
            manifest: dict[str, Any] = json.loads(archive.read(_MANIFEST))
            if manifest["format"] != FORMAT:
                detail = f"its format is {manifest['format']}, this version reads {FORMAT}. Update the assistant"
                raise BackupDamaged(source, detail=detail)
            for given in manifest["files"]:
                _extract(archive, ArchivedFile(**given), folder, source=source)
    except (zipfile.BadZipFile, ValueError, KeyError, TypeError) as error:
        raise BackupDamaged(source, detail=f"{type(error).__name__}: {error}") from error
    return manifest


def _add(archive: zipfile.ZipFile, name: str, path: Path) -> ArchivedFile:
    hashed, size = hashlib.sha256(), 0
    with path.open("rb") as source, archive.open(name, "w", force_zip64=True) as target:
        while block := source.read(2**20):
            hashed.update(block)
            size += len(block)
            target.write(block)
    return ArchivedFile(name=name, size=size, sha256=hashed.hexdigest())


def _extract(archive: zipfile.ZipFile, file: ArchivedFile, folder: Path, *, source: Path) -> None:
    if not _NAMES.fullmatch(file.name):
        raise BackupDamaged(source, detail=f"it names a file {file.name!r}, which no backup holds")
    path = folder / file.name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with archive.open(file.name) as packed, os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "w+b") as target:
        shutil.copyfileobj(packed, target)
        size = target.tell()
        target.seek(0)
        if (size, hashlib.file_digest(target, "sha256").hexdigest()) != (file.size, file.sha256):
            raise BackupDamaged(source, detail=f"{file.name} is not as it was written")


def refuse_altered(source: Path) -> None:
    """Compare all bytes of an archive with its own digest.

    Raises:
        BackupDamaged: If any of them is not the one that was written.
        OSError: If it can't be read.
    """
    with source.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        if size < _COMMENT_BYTES:
            raise BackupDamaged(source, detail="it is no backup, or cut off")
        stream.seek(size - _COMMENT_BYTES)
        signature = stream.read()
        stream.seek(0)
        if not signature.startswith(_SIGN):
            raise BackupDamaged(source, detail="it is no backup, or cut off")
        if signature != _SIGN + _digest_of_first(stream, size - _COMMENT_BYTES).encode():
            raise BackupDamaged(source, detail="its bytes are not those that were written")


def _digest_of_first(stream: Any, count: int) -> str:
    hashed = hashlib.sha256()
    while count and (block := stream.read(min(2**20, count))):
        hashed.update(block)
        count -= len(block)
    return hashed.hexdigest()
