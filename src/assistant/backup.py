"""Backing up a data directory while it is written to, and restoring it.

What is kept is the truth: the catalog as it was at one moment, with all texts and vectors, the uploaded files, and a
calibration that was fitted here. The vector index and the exported model are made again from it.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from assistant.archive import refuse_altered, unpack_archive, write_archive
from assistant.calibration import CALIBRATION_FILE
from assistant.catalog import CATALOG_FILE, Catalog, SourceKind, remove_catalog
from assistant.catalog.schema import SCHEMA_VERSION
from assistant.errors import (
    BackupDamaged,
    CatalogDamaged,
    CatalogTooNew,
    CatalogTooOld,
    DataDirNotEmpty,
    EmptyCorpus,
    data_dir_error,
)
from assistant.indexing import open_index
from assistant.indexing.opening import STAGING_FOLDER, UPLOADS_FOLDER
from assistant.lock import WriterLock
from assistant.settings import Settings

_ATTEMPTS = 5
"""An upload that is removed between the snapshot and its copy makes another snapshot necessary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What a backup holds, or what a restore brought back."""

    file: str
    documents: int
    """Problems included."""
    chunks: int
    uploads: int
    missing_uploads: tuple[str, ...]
    """Digests of uploads whose kept file is lost; their texts and vectors are there."""
    bytes: int
    """Of the archive."""


def back_up(settings: Settings, file: Path) -> Stored:
    """Write one archive of everything that can't be derived, as it is at one moment.

    A sync may run meanwhile: the archive holds what was committed when it began.

    Args:
        settings: Name the data directory.
        file: The archive; one that is there is replaced once the new one is whole.

    Returns:
        What it holds.

    Raises:
        EmptyCorpus: If there is no catalog.
        CatalogDamaged: If the catalog is damaged: a backup of it would be one of the damage.
        DataDirError: If the data directory or the folder of the archive can't be used.
    """
    with Catalog.open(settings.data_dir) as catalog:
        try:
            with tempfile.TemporaryDirectory(prefix=".assistant-backup-", dir=file.resolve().parent) as scratch:
                return _write(catalog, settings, file, Path(scratch))
        except CatalogDamaged as error:
            raise CatalogDamaged(settings.data_dir / CATALOG_FILE, detail=error.detail) from error
        except OSError as error:
            raise data_dir_error(file, error) from error


def _write(catalog: Catalog, settings: Settings, file: Path, scratch: Path) -> Stored:
    copied = scratch / CATALOG_FILE
    uploads, missing = _take_snapshot(catalog, settings.data_dir / UPLOADS_FOLDER, copied)
    with Catalog.open(scratch) as snapshot:
        if faults := snapshot.check():
            raise CatalogDamaged(copied, detail=f"{len(faults)} faults, the first is: {faults[0]}")
        about = {
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "version": version("assistant"),
            "schema": SCHEMA_VERSION,
            "build": snapshot.build_fingerprint(),
            "documents": len(snapshot.documents()),
            "chunks": snapshot.chunk_count(),
            "missing_uploads": missing,
        }
    files = [(CATALOG_FILE, copied), *((f"{UPLOADS_FOLDER}/{path.name}", path) for path in uploads)]
    fitted = scratch / CALIBRATION_FILE
    if (settings.data_dir / CALIBRATION_FILE).is_file():
        shutil.copyfile(settings.data_dir / CALIBRATION_FILE, fitted)
        files.append((CALIBRATION_FILE, fitted))
    manifest = write_archive(file, files, about=about)
    return _stored(file, manifest)


def _take_snapshot(catalog: Catalog, kept: Path, target: Path) -> tuple[list[Path], list[str]]:
    """Copy the catalog and the uploads that it names.

    Args:
        catalog: Perhaps written to meanwhile.
        kept: The folder of uploads.
        target: Where the catalog's copy goes; the uploads' copies go to a folder beside it.

    Returns:
        The copies of the uploads, and the digests of those that are lost.
    """
    if fault := catalog.file_fault():
        raise CatalogDamaged(kept.with_name(CATALOG_FILE), detail=fault)
    copies = target.with_name(UPLOADS_FOLDER)
    copies.mkdir()
    for _ in range(_ATTEMPTS):
        target.unlink(missing_ok=True)
        with catalog.snapshot():
            catalog.copy_to(target)
            wanted = _uploaded(catalog)
        lost = [digest for digest in wanted if not _copied(kept / digest, copies / digest)]
        if set(lost) <= set(_uploaded(catalog)):
            break
    return [copies / digest for digest in wanted if digest not in lost], lost


def _uploaded(catalog: Catalog) -> list[str]:
    with catalog.snapshot():
        sources = [source.name for source in catalog.sources() if source.kind is SourceKind.UPLOADS]
        return sorted({file.digest for name in sources for file in catalog.files(name) if file.digest is not None})


def _copied(kept: Path, copy: Path) -> bool:
    """Copy an upload, and tell whether its bytes are those of its name."""
    if not kept.is_file():
        return False
    shutil.copyfile(kept, copy)
    with copy.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == kept.name


def _stored(file: Path, about: Mapping[str, Any]) -> Stored:
    return Stored(
        file=str(file),
        documents=about["documents"],
        chunks=about["chunks"],
        uploads=sum(one["name"].startswith(f"{UPLOADS_FOLDER}/") for one in about["files"]),
        missing_uploads=tuple(about["missing_uploads"]),
        bytes=file.stat().st_size,
    )


def restore(settings: Settings, file: Path, *, replace: bool) -> Stored:
    """Bring back what a backup holds.

    Everything is unpacked, checked and indexed beside what is there, then takes its place in one transaction.

    Args:
        settings: Name the data directory.
        file: The archive.
        replace: Whether documents that are there may go.

    Returns:
        What was brought back.

    Raises:
        BackupDamaged: If the archive is not as it was written. Nothing was touched.
        DataDirNotEmpty: If there are documents and `replace` is false.
        DataDirLocked: If another process writes.
        CatalogTooNew: If a newer version of the program wrote it.
        DataDirError: If the data directory can't be used.
    """
    try:
        refuse_altered(file)
    except OSError as error:
        raise BackupDamaged(file, detail=error.strerror or str(error)) from error
    if not replace and _holds_documents(settings.data_dir):
        raise DataDirNotEmpty(settings.data_dir)
    try:
        return _swap(settings, file)
    except CatalogDamaged as error:
        if not replace or error.path.parent != settings.data_dir:
            raise
        with WriterLock(settings.data_dir):
            remove_catalog(settings.data_dir)
        return _swap(settings, file)
    except OSError as error:
        raise data_dir_error(settings.data_dir, error) from error


def _swap(settings: Settings, file: Path) -> Stored:
    staging, kept = settings.data_dir / STAGING_FOLDER, settings.data_dir / UPLOADS_FOLDER
    with open_index(settings, write=True, mend=False) as index:
        try:
            manifest = unpack_archive(file, staging)
            with Catalog.open(staging, write=True) as staged:
                uploads = set(_uploaded(staged))
                _place_uploads(staging / UPLOADS_FOLDER, kept)
                index.replace_with(staged, staging / CATALOG_FILE)
            if (staging / CALIBRATION_FILE).is_file():
                (staging / CALIBRATION_FILE).replace(settings.data_dir / CALIBRATION_FILE)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        for path in kept.glob("*"):
            if path.name not in uploads:
                path.unlink(missing_ok=True)
    return _stored(file, manifest)


def _holds_documents(data_dir: Path) -> bool:
    try:
        with Catalog.open(data_dir) as catalog:
            return bool(catalog.documents())
    except EmptyCorpus:
        return False
    except (CatalogDamaged, CatalogTooNew, CatalogTooOld):
        return True


def _place_uploads(unpacked: Path, kept: Path) -> None:
    for path in unpacked.glob("*"):
        kept.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.replace(kept / path.name)
