"""This project as a contestant: `sync` over the folder, then `Assistant.search`, all settings at their defaults.

One of the two of this kind retrieves alone: nothing is read together with the question.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from assistant.embedding.runtime import ExportedEmbedder
from assistant.indexing import Index
from assistant.pipeline import Assistant
from assistant.settings import Settings
from assistant.wiring import open_assistant
from evals.peers.contestant import Inputs
from evals.peers.stopwatch import CHUNK, MODEL, PARSE, WRITE, Stopwatch
from ingest.building import Builder
from ingest.isolation import Job, Outcome, ParserPool
from ingest.reports import Progress, Stage
from ingest.run import sync


class OurContestant:
    """The core as it is."""

    def __init__(self, **changed: Any) -> None:
        """Take settings that are not the defaults."""
        self._changed = changed
        self._assistant: Assistant | None = None
        self._names: Mapping[str, str] = {}

    def ingest(self, inputs: Inputs, watch: Stopwatch) -> int:
        """Sync the folder and open the assistant."""
        settings = Settings(data_dir=inputs.work / "data", corpus=inputs.folder, models_dir=inputs.models_dir)
        settings = settings.model_copy(update=self._changed)
        _wrap_stages(watch)

        def progress(at: Progress) -> None:
            if at.stage is Stage.MODEL:  # the next call is the first look at what the parsers give
                watch.begin(MODEL)

        report = sync([], settings=settings, progress=progress)
        with watch.stage(MODEL):
            self._assistant = open_assistant(settings)
        self._names = inputs.names
        return report.chunks

    @property
    def assistant(self) -> Assistant:
        """The open assistant.

        Raises:
            ValueError: Before `ingest`.
        """
        if self._assistant is None:
            raise ValueError("nothing was ingested yet")
        return self._assistant

    def search(self, question: str, *, k: int) -> list[str]:
        """Retrieve passages."""
        return [self.document_of(passage.document_id) for passage in self.assistant.search(question, top_k=k)]

    def document_of(self, file: str) -> str:
        """Tell the benchmark's id of a file."""
        return self._names[file]


def _wrap_stages(watch: Stopwatch) -> None:
    watch.wrap(Builder, "cut", stage=CHUNK)
    watch.wrap(Index, "apply", stage=WRITE)
    watch.wrap_embedding(ExportedEmbedder, "embed_with_parts")
    parse_all = ParserPool.parse_all

    def timed(pool: ParserPool, jobs: Iterable[Job[str]], *, ahead: int) -> Iterator[Outcome[str]]:
        watch.end()  # the model was waited for
        return watch.each(parse_all(pool, jobs, ahead=ahead), stage=PARSE)

    ParserPool.parse_all = timed  # type: ignore[assignment, method-assign]


def open_contestant(name: str) -> OurContestant:
    """Make the contestant, or the one that retrieves alone."""
    return OurContestant(read_passages=0) if name.endswith("-unread") else OurContestant()
