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


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A document whose file has another place."""

    document_id: str
    former: str
    """Its id before."""


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
    seconds: float = 0.0

    @property
    def moved(self) -> tuple[str, ...]:
        """The ids that moved documents have now."""
        return tuple(move.document_id for move in self.moves)

    @property
    def nothing_done(self) -> bool:
        """Whether everything was as before."""
        return not (self.added or self.changed or self.moves or self.removed or self.interrupted)

    def to_json(self) -> dict[str, Any]:
        """Turn it into what `assistant ingest --json` prints."""
        return {
            "schema": 1,
            "dry_run": self.dry_run,
            "interrupted": self.interrupted,
            "added": list(self.added),
            "changed": list(self.changed),
            "moved": [{"document": move.document_id, "from": move.former} for move in self.moves],
            "removed": list(self.removed),
            "unchanged": len(self.unchanged),
            "problems": [
                {"document": p.document_id, "code": p.code.value, "reason": p.reason, "action": p.action}
                for p in self.problems
            ],
            "notices": [{"document": notice.document_id, "notice": notice.text} for notice in self.notices],
            "chunks": self.chunks,
            "embedded_chunks": self.embedded_chunks,
            "seconds": round(self.seconds, 3),
        }


ProgressCallback = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """Take progress and say nothing."""
