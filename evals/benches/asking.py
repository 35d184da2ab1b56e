"""Questions over a large data directory, split into embedding, dense, lexical and the rest."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assistant.embedding import open_embedder
from assistant.indexing import Index, open_index
from assistant.lexical import Lexical
from assistant.settings import Settings
from assistant.terms import stems
from assistant.wiring import open_assistant
from evals.benches.measuring import resident_mib
from evals.metrics import Score, quantile_score
from evals.run import score_json

WARM_UP_QUESTIONS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Milliseconds of one question by what they were spent on."""

    ask: float
    """The whole question, by the assistant."""
    embedding: float
    """Embedding the question, alone."""
    dense: float
    """Finding the candidates by vector, alone."""
    lexical: float
    """Finding the candidates by words, alone."""

    @property
    def rest(self) -> float:
        """What asking takes besides: fusion, reading passages, sentences, the answer."""
        return max(0.0, self.ask - self.embedding - self.dense - self.lexical)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingReport:
    """What asking costs on one data directory."""

    chunks: int
    splits: tuple[Split, ...]
    first_ask_seconds: float
    """Opening the assistant and its first answer, in a process that has not asked before."""
    resident_mib: float | None

    def scores(self) -> list[Score]:
        """Compute median and 95th percentile of each part, with intervals."""
        return [
            quantile_score(f"{part} p{quantile * 100:.0f}", values, quantile=quantile)
            for part, values in self._parts().items()
            for quantile in (0.5, 0.95)
        ]

    def to_json(self) -> dict[str, Any]:
        """Write the report down for programs."""
        return {
            "chunks": self.chunks,
            "first_ask_seconds": self.first_ask_seconds,
            "resident_mib": self.resident_mib,
            "scores": [score_json(score) for score in self.scores()],
        }

    def _parts(self) -> dict[str, list[float]]:
        return {
            part: [getattr(split, part) for split in self.splits]
            for part in ("ask", "embedding", "dense", "lexical", "rest")
        }


def measure_asking(settings: Settings, *, questions: Sequence[str]) -> AskingReport:
    """Ask questions and time their parts.

    Args:
        settings: With a data directory that holds documents.
        questions: Each asked once, after a few that are not counted.

    Returns:
        One split a question. The parts are timed by calling each engine by itself with what the question gives it.
    """
    started = time.perf_counter()
    with open_assistant(settings) as assistant:
        assistant.ask(questions[0])
        first_ask_seconds = time.perf_counter() - started
        for question in questions[:WARM_UP_QUESTIONS]:
            assistant.ask(question)
        asks = []
        for question in questions:
            begun = time.perf_counter()
            assistant.ask(question)
            asks.append((time.perf_counter() - begun) * 1000)
    memory = resident_mib()
    with open_index(settings) as index:
        chunks = index.catalog.chunk_count()
        parts = list(_time_parts(index, settings, questions))[WARM_UP_QUESTIONS:]
    splits = tuple(replace(part, ask=ask) for part, ask in zip(parts, asks, strict=True))
    return AskingReport(chunks=chunks, splits=splits, first_ask_seconds=first_ask_seconds, resident_mib=memory)


def _time_parts(index: Index, settings: Settings, questions: Sequence[str]) -> Iterator[Split]:
    """Call the engines as retrieval does, each by itself; the first few questions come twice, to warm up."""
    embedder = open_embedder(settings)
    lexical = Lexical(index.catalog.reading)
    for question in (*questions[:WARM_UP_QUESTIONS], *questions):
        with index.catalog.snapshot():
            begun = time.perf_counter()
            vector = embedder.embed_query(question)
            embedded = time.perf_counter()
            index.candidates(vector, k=settings.candidates)
            proposed = time.perf_counter()
            words = stems(question)
            lexical.frequencies(words)
            lexical.search(words, k=settings.candidates)
            searched = time.perf_counter()
        yield Split(
            ask=0.0,
            embedding=(embedded - begun) * 1000,
            dense=(proposed - embedded) * 1000,
            lexical=(searched - proposed) * 1000,
        )
