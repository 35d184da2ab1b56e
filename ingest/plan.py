"""What a sync will do, as it is told before anything is changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from assistant.catalog import FileRecord, SourceRecord
from assistant.types import DocumentState
from ingest.reports import Duplicate, Move
from ingest.sources import Found
from ingest.verdicts import Verdict


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
    superseded: list[str] = field(default_factory=list)
    """Ids to forget once what moved away from them and was edited as well is read."""
    retagged: list[Hashed] = field(default_factory=list)
    """Unchanged files whose folders give them other tags than before."""
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
    tags: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The tags that were given for an id, or for the one it moved away from, by id."""
    duplicates: list[Duplicate] = field(default_factory=list)
    """Files that are added or changed and are the same as another one."""
    ignored: list[str] = field(default_factory=list)
    """What the person wants left out; whole folders end with `/`."""

    @property
    def does_something(self) -> bool:
        """Whether applying it would write anything."""
        return bool(self.read or self.link or self.touched or self.retagged or self.removed or self.broken)


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
