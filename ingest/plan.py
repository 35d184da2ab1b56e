"""What a sync will do, told from the catalog and the file system before anything is changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assistant.catalog import FileRecord, SourceRecord
from assistant.errors import PruneRefused
from assistant.types import DocumentState
from ingest.filetypes import is_readable_name
from ingest.reports import Move
from ingest.sources import Found, Scan, Scope
from ingest.verdicts import Code, Verdict, verdict

ALWAYS_RETRIED = frozenset({Code.UNREADABLE, Code.CHANGED_WHILE_READ, Code.NAME_TAKEN, Code.STORE_DAMAGED})
"""Problems that can go away without the file's size or time changing."""
_BLOCK = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Hashed:
    """A file with the digest of its bytes."""

    file: Found
    digest: str


@dataclass(slots=True)
class Plan:
    """What becomes of each file of some scopes."""

    sources: list[SourceRecord] = field(default_factory=list)
    read: list[Hashed] = field(default_factory=list)
    """To be parsed and indexed."""
    link: list[Hashed] = field(default_factory=list)
    """Whose content the catalog holds already: they are pointed to it."""
    touched: list[Hashed] = field(default_factory=list)
    """Unchanged but for size or time as the file system shows them."""
    removed: list[str] = field(default_factory=list)
    """Ids to forget, those that documents moved away from included."""
    moves: list[Move] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)
    """Those ids of `read` and `link` that were indexed before."""
    broken: list[tuple[Found, str | None, Verdict]] = field(default_factory=list)
    """Files that are refused before they are read, with their digest if it is known."""
    known_problems: list[str] = field(default_factory=list)
    """Ids whose problem is known and whose file has not changed."""
    unstored: list[Verdict] = field(default_factory=list)
    """Problems of what has no document id of its own."""
    former: dict[str, str] = field(default_factory=dict)
    """The digest that an id pointed to before, by id, for what is to be read."""
    tags: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The tags that were given for an id, or for the one it moved away from, by id."""

    @property
    def does_something(self) -> bool:
        """Whether applying it would write anything."""
        return bool(self.read or self.link or self.touched or self.removed or self.broken)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the catalog remembers of all files."""

    files: dict[str, FileRecord]
    """By document id, of every source."""
    by_digest: dict[str, tuple[str, ...]]
    """Ids of the documents that are indexed with a digest."""

    @classmethod
    def from_records(cls, records: Iterable[FileRecord]) -> Known:
        """Arrange the catalog's records."""
        files = {record.document_id: record for record in records}
        by_digest: dict[str, list[str]] = {}
        for record in files.values():
            if record.state is DocumentState.INDEXED and record.digest:
                by_digest.setdefault(record.digest, []).append(record.document_id)
        return cls(files=files, by_digest={digest: tuple(ids) for digest, ids in by_digest.items()})


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
        plan.unstored.extend(verdict(prefix, Code.UNREADABLE, "a folder") for prefix in found.closed)
        plan.unstored.extend(verdict(document_id, Code.LINK_SKIPPED, where) for document_id, where in found.links)
    for file in _each_once(scopes):
        _place(plan, file, known=known, max_bytes=max_bytes, retry=retry, new=new)
    left = _match_moves(plan, new, gone, known)
    if not prune:
        _refuse_loss(scopes, known, left)
    plan.removed = sorted(gone)
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
        settled = plan.unchanged if record.state is DocumentState.INDEXED else plan.known_problems
        settled.append(file.document_id)
    elif (code := _refused_unread(file, max_bytes)) is not None:
        plan.broken.append((file, None, verdict(file.document_id, code)))
    else:
        _place_hashed(plan, file, record, known=known, new=new)


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
        plan.touched.append(hashed)
        plan.unchanged.append(document_id)
        return
    if record is not None and indexed:
        plan.changed.add(document_id)
        plan.former[document_id] = record.digest or ""
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


def _match_moves(plan: Plan, new: Sequence[Hashed], gone: set[str], known: Known) -> set[str]:
    """Pair new files with vanished ones of the same content. Returns the vanished ones that are left."""
    left = set(gone)
    for hashed in new:
        former = next((one for one in known.by_digest[hashed.digest] if one in left), None)
        if former is not None:
            left.discard(former)
            plan.tags[hashed.file.document_id] = known.files[former].tags
            plan.moves.append(Move(document_id=hashed.file.document_id, former=former))
    return left


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
