"""What retrievers hand over: chunk ids with scores, best first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One result of an index: a chunk id and its score there, higher is better."""

    chunk_id: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Hits of one retriever, best first, each chunk once."""

    hits: tuple[Hit, ...] = ()

    def scores(self) -> Mapping[str, float]:
        """Map chunk ids to scores."""
        return {hit.chunk_id: hit.score for hit in self.hits}
