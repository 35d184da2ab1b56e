"""Making a plan from the catalog and what the file system shows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from assistant.catalog import FileRecord
from assistant.errors import PruneRefused
from assistant.types import DocumentState
from ingest.filetypes import is_readable_name
from ingest.moves import find_duplicates, match_moves, match_respelled
from ingest.plan import Hashed, Known, Plan
from ingest.sources import Found, Scan, Scope
from ingest.verdicts import Code, verdict

ALWAYS_RETRIED = frozenset({Code.UNREADABLE, Code.CHANGED_WHILE_READ, Code.NAME_TAKEN, Code.STORE_DAMAGED})
"""Problems that can go away without the file's size or time changing."""
_BLOCK = 1024 * 1024


def make_plan(scopes: Sequence[tuple[Scope, Scan]], *, known: Known, max_bytes: int, prune: bool, retry: bool) -> Plan:
    """Compare the files of some scopes with the catalog.

    Args:
        scopes: With what was found below them.
        known: What the catalog remembers.
        max_bytes: A larger file is refused unread.
        prune: Whether any number of documents may be removed.
        retry: Whether files with a known problem are read again.

    Returns:
        The plan. Files whose size and time are as before were not opened.

    Raises:
        PruneRefused: If a scope would lose more than half of its documents, or is missing, without `prune`.
    """
    plan = Plan(sources=[scope.source for scope, _ in scopes])
    gone: set[str] = set()
    new: list[Hashed] = []
    for scope, found in scopes:
        gone |= _gone(scope, found, known)
        plan.ignored.extend(found.ignored)
        plan.unstored.extend(verdict(prefix, Code.UNREADABLE, "a folder") for prefix in found.closed)
        plan.unstored.extend(verdict(document_id, Code.LINK_SKIPPED, where) for document_id, where in found.links)
    for file in _each_once(scopes):
        _place(plan, file, known=known, max_bytes=max_bytes, retry=retry, new=new)
    left = match_moves(plan, new, gone, known)
    left = match_respelled(plan, left, known)
    if not prune:
        _refuse_loss(scopes, known, left)
    plan.removed = sorted(gone - set(plan.superseded))
    plan.duplicates = find_duplicates(plan, known, gone)
    return plan


def _each_once(scopes: Sequence[tuple[Scope, Scan]]) -> list[Found]:
    files = {file.document_id: file for _, found in scopes for file in found.files}
    return [files[document_id] for document_id in sorted(files)]


def _gone(scope: Scope, found: Scan, known: Known) -> set[str]:
    """Find the documents of a scope that have no file any more."""
    there = {file.document_id for file in found.files}
    return {
        record.document_id
        for record in known.files.values()
        if record.source == scope.source.name
        and scope.holds(record.document_id)
        and record.document_id not in there
        and not any(record.document_id.startswith(prefix) for prefix in found.closed)
    }


def _place(plan: Plan, file: Found, *, known: Known, max_bytes: int, retry: bool, new: list[Hashed]) -> None:
    """Decide what becomes of one file."""
    record = known.files.get(file.document_id)
    if record is not None and record.source != file.source:
        plan.unstored.append(verdict(file.document_id, Code.NAME_TAKEN, f"source {record.source!r}"))
    elif record is not None and _is_settled(record, file, retry=retry):
        _place_settled(plan, file, record)
    elif (code := _refused_unread(file, max_bytes)) is not None:
        plan.broken.append((file, None, verdict(file.document_id, code)))
    else:
        _place_hashed(plan, file, record, known=known, new=new)


def _place_settled(plan: Plan, file: Found, record: FileRecord) -> None:
    if record.state is DocumentState.PROBLEM or record.digest is None:
        plan.known_problems.append(file.document_id)
        return
    plan.unchanged.append(file.document_id)
    if record.folder_tags != file.folder_tags:
        plan.tags[file.document_id] = record.tags
        plan.retagged.append(Hashed(file=file, digest=record.digest))


def _place_hashed(plan: Plan, file: Found, record: FileRecord | None, *, known: Known, new: list[Hashed]) -> None:
    try:
        hashed = Hashed(file=file, digest=digest_of_file(file.path))
    except OSError as error:
        plan.broken.append((file, None, verdict(file.document_id, Code.UNREADABLE, error.strerror or "")))
        return
    place_by_digest(plan, hashed, record, known=known)
    if record is None and hashed.digest in known.by_digest:
        new.append(hashed)


def place_by_digest(plan: Plan, hashed: Hashed, record: FileRecord | None, *, known: Known) -> None:
    """Decide what becomes of a file by its digest.

    Args:
        plan: Receives the decision.
        hashed: The file.
        record: What the catalog remembers of its id; None for a new one.
        known: What the catalog remembers of all files.
    """
    document_id = hashed.file.document_id
    indexed = record is not None and record.state is DocumentState.INDEXED
    if record is not None and record.tags:
        plan.tags[document_id] = record.tags
    if record is not None and indexed and record.digest == hashed.digest:
        (plan.touched if record.folder_tags == hashed.file.folder_tags else plan.retagged).append(hashed)
        plan.unchanged.append(document_id)
        return
    if record is not None and indexed:
        plan.changed.add(document_id)
    (plan.link if hashed.digest in known.by_digest else plan.read).append(hashed)


def _is_settled(record: FileRecord, file: Found, *, retry: bool) -> bool:
    """Tell whether a file needs no look at its bytes."""
    if (record.size, record.mtime_ns) != (file.size, file.mtime_ns):
        return False
    return record.state is DocumentState.INDEXED or not (retry or record.code in ALWAYS_RETRIED)


def _refused_unread(file: Found, max_bytes: int) -> Code | None:
    if file.fault is not None:
        return file.fault
    if not is_readable_name(file.document_id):
        return Code.UNSUPPORTED_TYPE
    return Code.TOO_LARGE if file.size > max_bytes else Code.EMPTY if file.size == 0 else None


def _refuse_loss(scopes: Sequence[tuple[Scope, Scan]], known: Known, left: set[str]) -> None:
    for scope, _ in scopes:
        ids = [
            r.document_id for r in known.files.values() if r.source == scope.source.name and scope.holds(r.document_id)
        ]
        lost = [document_id for document_id in ids if document_id in left]
        missing = not scope.path.exists()
        if (missing and lost) or 2 * len(lost) > len(ids):
            name = scope.prefix.rstrip("/") or scope.source.name
            raise PruneRefused(source=name, folder=scope.path, removed=len(lost), known=len(ids))


def digest_of_file(path: Path) -> str:
    """Hash a file's bytes.

    Args:
        path: An ordinary file.

    Returns:
        SHA-256 in lower-case hex.

    Raises:
        OSError: If it can't be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
