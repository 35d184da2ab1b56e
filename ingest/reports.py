"""What a sync says while it runs and when it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ingest.verdicts import Verdict


class Stage(StrEnum):
    """What a sync is busy with."""

    SCAN = "scan"
    """Looking at files; the total is not known."""
    MODEL = "model"
    """Waiting for the embedding model."""
    INDEX = "index"
    """Reading, chunking, embedding and storing documents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a sync is."""

    stage: Stage
    done: int
    """Documents."""
    total: int | None
    document: str | None
    """The id that was finished last."""
    remaining_seconds: float | None = None
    """As estimated; None while it can't be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A document whose file has another place."""

    document_id: str
    former: str
    """Its id before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """A document whose file is the same as another one's: they share one content."""

    document_id: str
    same_as: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a person should know about how a document was read."""

    document_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport:
    """What a sync did; of a dry run, what it would do."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    moves: tuple[Move, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    retagged: tuple[str, ...] = ()
    """Unchanged documents that get other tags from their folders."""
    duplicates: tuple[Duplicate, ...] = ()
    """Of the documents that were added or changed."""
    ignored: tuple[str, ...] = ()
    """What `.assistantignore` files leave out; whole folders end with `/`."""
    problems: tuple[Verdict, ...] = ()
    """Of all files that were looked at, those known from earlier runs included."""
    notices: tuple[Notice, ...] = ()
    """Of the documents that were read in this run."""
    interrupted: bool = False
    dry_run: bool = False
    chunks: int = 0
    """Of the documents that were added or changed."""
    embedded_chunks: int = 0
    """Those of them that had to be embedded."""
    pages_without_text: int = 0
    """Of the documents that were read in this run."""
    model_seconds: float = 0.0
    """Spent in the embedding model."""
    seconds: float = 0.0

    @property
    def moved(self) -> tuple[str, ...]:
        """The ids that moved documents have now."""
        return tuple(move.document_id for move in self.moves)

    @property
    def nothing_done(self) -> bool:
        """Whether everything was as before."""
        return not (self.added or self.changed or self.moves or self.removed or self.retagged or self.interrupted)

    @property
    def counts(self) -> dict[str, int]:
        """How many documents had each fate. Refused are all with a problem."""
        return {
            "added": len(self.added),
            "changed": len(self.changed),
            "moved": len(self.moves),
            "removed": len(self.removed),
            "unchanged": len(self.unchanged),
            "refused": len(self.problems),
        }

    @property
    def model_share(self) -> float | None:
        """The share of the time that was spent in the embedding model; None where it was not used."""
        return self.model_seconds / self.seconds if self.model_seconds and self.seconds else None

    def to_json(self) -> dict[str, Any]:
        """Turn it into what `assistant ingest --json` prints."""
        return {
            "schema": 1,
            "dry_run": self.dry_run,
            "interrupted": self.interrupted,
            "counts": self.counts,
            "added": list(self.added),
            "changed": list(self.changed),
            "moved": [{"document": move.document_id, "from": move.former} for move in self.moves],
            "removed": list(self.removed),
            "unchanged": len(self.unchanged),
            "retagged": list(self.retagged),
            "duplicates": [{"document": one.document_id, "same_as": one.same_as} for one in self.duplicates],
            "ignored": list(self.ignored),
            "problems": [
                {"document": p.document_id, "code": p.code.value, "reason": p.reason, "action": p.action}
                for p in self.problems
            ],
            "notices": [{"document": notice.document_id, "notice": notice.text} for notice in self.notices],
            "chunks": self.chunks,
            "embedded_chunks": self.embedded_chunks,
            "pages_without_text": self.pages_without_text,
            "seconds": round(self.seconds, 3),
            "model_seconds": round(self.model_seconds, 3),
            "model_share": None if self.model_share is None else round(self.model_share, 3),
        }


ProgressCallback = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """Take progress and say nothing."""
