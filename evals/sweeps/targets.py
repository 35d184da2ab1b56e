"""What a sweep runs over: a gold file or a benchmark, with an index for each way to build one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from assistant.embedding import describe_embedder, open_embedder
from assistant.indexing import build_fingerprint
from assistant.settings import Settings
from evals.benchmarks.session import describe_benchmark, run_benchmark
from evals.benchmarks.store import answers_are_known, prepare
from evals.benchmarks.types import Benchmark
from evals.gold import Selection
from evals.manifest import describe_gold
from evals.run import Progress
from evals.session import run_gold
from ingest import sync
from ingest.reports import ProgressCallback

MODELS = "models"
_KEY_LENGTH = 16


class Target(Protocol):
    """Questions that any configuration can be run over."""

    @property
    def timed(self) -> bool:
        """Whether every passage is read anew, so that every question is timed."""
        ...

    def describe(self) -> dict[str, Any]:
        """Name the questions as a run's manifest does."""
        ...

    def run(self, settings: Settings, *, out: Path, ingesting: ProgressCallback, asking: Progress) -> None:
        """Run one configuration and write it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldTarget:
    """A gold file over the corpus that the settings name."""

    gold: Path
    selection: Selection
    base: Settings
    """Of the default configuration, whose data directory is used as it is."""
    work: Path
    """Holds a data directory for every other way to build the index."""
    timed: bool = False
    """Whether every passage is read anew, so that every question is timed."""

    def describe(self) -> dict[str, Any]:
        """Name the questions as a run's manifest does."""
        return describe_gold(self.gold, self.selection)

    def run(self, settings: Settings, *, out: Path, ingesting: ProgressCallback, asking: Progress) -> None:
        """Run one configuration; configurations that build the same index share it."""
        located = self.locate(settings)
        if located.data_dir != self.base.data_dir:
            sync([], settings=located, progress=ingesting)
        run_gold(self.gold, settings=located, selection=self.selection, out=out, progress=asking, timed=self.timed)

    def locate(self, settings: Settings) -> Settings:
        """Choose the data directory that holds the index as these settings build it."""
        models = settings.models_dir or self.base.data_dir / MODELS
        located = settings.model_copy(update={"models_dir": models})
        build = _build(located)
        if build == _build(self.base.model_copy(update={"models_dir": models})):
            return located
        key = hashlib.sha256(f"{self.base.corpus.resolve()} {build}".encode()).hexdigest()[:_KEY_LENGTH]
        return located.model_copy(update={"data_dir": self.work / key})


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkTarget:
    """A benchmark over its own documents."""

    benchmark: Benchmark
    retrieval_only: bool
    work: Path
    timed: bool = False
    """Whether every passage is read anew, so that every question is timed."""

    def describe(self) -> dict[str, Any]:
        """Name the questions as a run's manifest does."""
        answering = not self.retrieval_only and answers_are_known(self.benchmark.questions)
        return describe_benchmark(self.benchmark) | {"answers": answering}

    def run(self, settings: Settings, *, out: Path, ingesting: ProgressCallback, asking: Progress) -> None:
        """Run one configuration; configurations that build the same index share it."""
        prepared = prepare(self.benchmark, settings=settings, work=self.work, progress=ingesting)
        run_benchmark(prepared, retrieval_only=self.retrieval_only, out=out, progress=asking, timed=self.timed)


def _build(settings: Settings) -> str:
    known = describe_embedder(settings)
    return build_fingerprint(settings, embedder=known or open_embedder(settings).fingerprint)
