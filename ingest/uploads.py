"""Files that a person drops on the page: kept by digest in the data directory, indexed as `uploads/NAME`."""

from __future__ import annotations

import os
import re
import shutil
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from assistant.catalog import Catalog, SourceKind, SourceRecord
from assistant.errors import data_dir_error
from assistant.indexing import open_index
from assistant.settings import Settings
from assistant.types import DocumentState
from ingest.applying import Applied, apply_plan, known_build
from ingest.filetypes import is_readable_name
from ingest.plan import Hashed, Known, Plan
from ingest.planning import digest_of_file, place_by_digest
from ingest.reports import ProgressCallback, SyncReport, silent
from ingest.sources import UPLOADS, Found
from ingest.tools import Tools
from ingest.verdicts import Code, verdict

MOST_FILES = 200
"""In one go."""
LONGEST_NAME = 150
"""Characters of a name as it is kept."""
_UNWANTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff/\\]")


def add_uploads(
    files: Sequence[tuple[str, Path]],
    *,
    settings: Settings,
    progress: ProgressCallback | None = None,
    cancel: threading.Event | None = None,
) -> SyncReport:
    """Index files that were uploaded.

    Args:
        files: Their names as the person knows them, and where their bytes are for now. The bytes are copied.
        settings: Where everything is, and its limits.
        progress: Called after each document, in the calling thread.
        cancel: Once set, the work ends after the batch at hand.

    Returns:
        What was done. A file of a known name replaces the one before, as an edit does; two of one name given together
        are both kept, the second with a number. Files that are refused unread are problems that nothing remembers.

    Raises:
        StaleIndex: If the index was built with another embedding model or chunking.
        DataDirLocked: If another process writes.
    """
    began = time.perf_counter()
    with open_index(settings, write=True, build=known_build(settings)) as index:
        plan = _planned(files, catalog=index.catalog, settings=settings)
        report = SyncReport(unchanged=tuple(plan.unchanged), problems=tuple(plan.unstored))
        if plan.does_something:
            index.catalog.set_source(SourceRecord(name=UPLOADS, kind=SourceKind.UPLOADS, root=""))
            with Tools(settings) as tools:
                applied = apply_plan(
                    plan, index=index, tools=tools, progress=progress or silent, cancel=cancel or threading.Event()
                )
            report = _done(plan, applied, report)
        sweep_uploads(index.catalog, settings.data_dir)
    return replace(report, seconds=time.perf_counter() - began)


def _done(plan: Plan, applied: Applied, report: SyncReport) -> SyncReport:
    return replace(
        report,
        added=tuple(sorted(applied.indexed - plan.changed)),
        changed=tuple(sorted(applied.indexed & plan.changed)),
        problems=(*report.problems, *applied.problems),
        notices=tuple(applied.notices),
        interrupted=applied.interrupted,
        chunks=applied.chunks,
        embedded_chunks=applied.embedded_chunks,
        pages_without_text=applied.pages_without_text,
        model_seconds=applied.model_seconds,
    )


def upload_path(data_dir: Path, digest: str) -> Path:
    """Tell where an uploaded file is kept.

    Args:
        data_dir: The data directory.
        digest: SHA-256 of its bytes.

    Returns:
        A path that depends on nothing a person typed.
    """
    return data_dir / UPLOADS / digest


def plan_retries(plan: Plan, *, known: Known, data_dir: Path, only: frozenset[str] | None = None) -> None:
    """Plan to read those uploads again that could not be read before and whose files are kept.

    Args:
        plan: Receives them.
        known: What the catalog remembers of all files.
        data_dir: The data directory.
        only: Ids to which it is limited; None for all.
    """
    for document_id, record in sorted(known.files.items()):
        if only is not None and document_id not in only:
            continue
        if record.source != UPLOADS or record.state is not DocumentState.PROBLEM or record.digest is None:
            continue
        path = upload_path(data_dir, record.digest)
        if path.is_file():
            file = Found(document_id=document_id, source=UPLOADS, path=path, size=record.size, mtime_ns=record.mtime_ns)
            place_by_digest(plan, Hashed(file=file, digest=record.digest), record, known=known)


def sweep_uploads(catalog: Catalog, data_dir: Path) -> None:
    """Delete the kept files that no document points to any more.

    Args:
        catalog: Open, under the lock.
        data_dir: The data directory.
    """
    wanted = {record.digest for record in catalog.files(UPLOADS)}
    folder = data_dir / UPLOADS
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name not in wanted:
            path.unlink(missing_ok=True)


def _planned(files: Sequence[tuple[str, Path]], *, catalog: Catalog, settings: Settings) -> Plan:
    known = Known.from_records(record for source in catalog.sources() for record in catalog.files(source.name))
    plan = Plan()
    names: set[str] = set()
    kept = {record.digest: record.size for record in known.files.values() if record.source == UPLOADS}
    for given, path in files[:MOST_FILES]:
        document_id = _free_id(f"{UPLOADS}/{clean_name(given)}", names, known)
        names.add(document_id)
        if (code := _refused_unread(document_id, path, settings.max_file_mib)) is not None:
            plan.unstored.append(verdict(document_id, code))
            continue
        digest = digest_of_file(path)
        size = path.stat().st_size
        if digest not in kept and sum(kept.values()) + size > settings.max_uploads_mib * 1024 * 1024:
            plan.unstored.append(verdict(document_id, Code.OVER_QUOTA))
            continue
        kept[digest] = size
        place_by_digest(
            plan,
            Hashed(file=_kept(path, document_id, digest, settings.data_dir), digest=digest),
            known.files.get(document_id),
            known=known,
        )
    left_over = (f"{UPLOADS}/{clean_name(name)}" for name, _ in files[MOST_FILES:])
    plan.unstored.extend(verdict(document_id, Code.TOO_MANY_FILES) for document_id in left_over)
    return plan


def clean_name(name: str) -> str:
    """Make a usable name of whatever an upload is called.

    Args:
        name: Anything, paths and control characters included.

    Returns:
        Its last part without what could mislead, at most `LONGEST_NAME` characters, its extension kept.
    """
    last = _UNWANTED.sub("", re.split(r"[/\\]", name)[-1]).strip(" .") or "unnamed"
    pure = PurePosixPath(last)
    return last if len(last) <= LONGEST_NAME else f"{pure.stem[: LONGEST_NAME - len(pure.suffix)]}{pure.suffix[:20]}"


def _refused_unread(document_id: str, path: Path, max_mib: int) -> Code | None:
    if not is_readable_name(document_id):
        return Code.UNSUPPORTED_TYPE
    try:
        size = path.stat().st_size
    except OSError:
        return Code.UNREADABLE
    return Code.TOO_LARGE if size > max_mib * 1024 * 1024 else Code.EMPTY if size == 0 else None


def _free_id(document_id: str, names: Iterable[str], known: Known) -> str:
    """Find an id that no other file given together has, and no document of another source."""
    pure = PurePosixPath(document_id)
    number, candidate = 1, document_id
    while candidate in names or (candidate in known.files and known.files[candidate].source != UPLOADS):
        number += 1
        candidate = str(pure.with_name(f"{pure.stem} ({number}){pure.suffix}"))
    return candidate


def _kept(path: Path, document_id: str, digest: str, data_dir: Path) -> Found:
    """Copy an upload to its place, whole or not at all."""
    target = upload_path(data_dir, digest)
    part = target.with_suffix(f".{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, part)
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise data_dir_error(data_dir, error) from error
    state = target.stat()
    return Found(document_id=document_id, source=UPLOADS, path=target, size=state.st_size, mtime_ns=state.st_mtime_ns)
