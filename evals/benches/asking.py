"""Questions over a large data directory, split into embedding, dense, lexical and the rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar

from assistant.calibration import open_calibration
from assistant.embedding import open_embedder
from assistant.indexing import open_index
from assistant.lexical import Lexical
from assistant.pipeline import Assistant
from assistant.settings import Settings
from evals.benches.measuring import resident_mib
from evals.folder import score_json
from evals.scoring import Score, quantile_score

WARM_UP_QUESTIONS = 5
PARTS = ("embedding", "dense", "lexical")

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Milliseconds of one question by what they were spent on."""

    ask: float
    """The whole question."""
    embedding: float
    dense: float
    lexical: float

    @property
    def rest(self) -> float:
        """What asking takes besides: fusion, reading passages and sentences, the answer."""
        return self.ask - self.embedding - self.dense - self.lexical


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingReport:
    """What asking costs on one data directory."""

    chunks: int
    splits: tuple[Split, ...]
    first_ask_seconds: float
    """Opening everything and the first answer, in a process that has not asked before."""
    resident_mib: float | None

    def scores(self) -> list[Score]:
        """Compute median and 95th percentile of each part, with intervals."""
        return [
            quantile_score(
                f"{part} p{quantile * 100:.0f}", [getattr(split, part) for split in self.splits], quantile=quantile
            )
            for part in ("ask", *PARTS, "rest")
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


class Stopwatch:
    """Adds up what the methods of an assistant's parts take."""

    def __init__(self) -> None:
        self.milliseconds = dict.fromkeys(PARTS, 0.0)

    def watch(self, part: str, engine: object, methods: Iterable[str]) -> None:
        """Time some methods of one object from now on.

        Args:
            part: Which sum they count to.
            engine: The object; only it is changed, not its class.
            methods: Names of its methods.
        """
        for name in methods:
            setattr(engine, name, self._timed(part, getattr(engine, name)))

    def _timed(self, part: str, method: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
        @wraps(method)
        def timed(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Result:
            begun = time.perf_counter()
            try:
                return method(*args, **kwargs)
            finally:
                self.milliseconds[part] += (time.perf_counter() - begun) * 1000

        return timed

    def split(self, ask: Callable[[], object]) -> Split:
        """Time one question."""
        self.milliseconds = dict.fromkeys(PARTS, 0.0)
        begun = time.perf_counter()
        ask()
        return Split(ask=(time.perf_counter() - begun) * 1000, **self.milliseconds)


def measure_asking(settings: Settings, *, questions: Sequence[str]) -> AskingReport:
    """Ask questions without the reader and time their parts from within.

    Args:
        settings: With a data directory that holds documents.
        questions: Each asked once, after a few that are not counted.

    Returns:
        One split a question.
    """
    started = time.perf_counter()
    embedder, index = open_embedder(settings), open_index(settings)
    lexical = Lexical(index.catalog.reading)
    stopwatch = Stopwatch()
    stopwatch.watch("embedding", embedder, ["embed_query"])
    stopwatch.watch("dense", index, ["candidates"])
    stopwatch.watch("lexical", lexical, ["search", "frequencies"])
    with Assistant(
        settings=settings,
        catalog=index.catalog,
        index=index,
        lexical=lexical,
        embedder=embedder,
        calibrated=open_calibration(settings, embedder=embedder.fingerprint, reader=None),
    ) as assistant:
        assistant.ask(questions[0])
        first_ask_seconds = time.perf_counter() - started
        for question in questions[:WARM_UP_QUESTIONS]:
            assistant.ask(question)
        splits = tuple(stopwatch.split(partial(assistant.ask, question)) for question in questions)
        chunks = index.catalog.chunk_count()
    return AskingReport(chunks=chunks, splits=splits, first_ask_seconds=first_ask_seconds, resident_mib=resident_mib())
