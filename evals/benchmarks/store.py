"""A benchmark's documents in a data directory of their own, kept from run to run."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.embedding import describe_embedder, open_embedder
from assistant.indexing import build_fingerprint
from assistant.settings import Settings
from assistant.types import Document, Span
from evals.benchmarks.types import Benchmark, BenchmarkQuestion
from evals.gold import Evidence, GoldQuestion
from ingest import add_texts, document_from_text
from ingest.normalise import verbatim
from ingest.reports import ProgressCallback, SyncReport

MODELS = "models"
_KEY_LENGTH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedBenchmark:
    """A benchmark whose documents are indexed, with its questions as gold questions."""

    benchmark: Benchmark
    settings: Settings
    """With the data directory of its documents."""
    questions: tuple[GoldQuestion, ...]
    report: SyncReport
    """What had to be indexed."""


def prepare(
    benchmark: Benchmark,
    *,
    settings: Settings,
    work: Path,
    progress: ProgressCallback,
    cancel: threading.Event | None = None,
) -> PreparedBenchmark:
    """Index a benchmark's documents unless that was done before.

    Args:
        benchmark: Any.
        settings: How documents are cut and embedded; their data directory is not used.
        work: Holds a folder for each set of documents and each way to index them, and the models.
        progress: Called after each batch of documents.
        cancel: Once set, the work ends after the batch at hand; another call goes on from there.

    Returns:
        The benchmark, ready to be asked.

    Raises:
        DataDirLocked: If another process is indexing the same documents.
        ModelError: If the embedding model can't be used.
    """
    models = settings.models_dir or work / MODELS
    located = settings.model_copy(update={"models_dir": models})
    build = build_fingerprint(located, embedder=describe_embedder(located) or open_embedder(located).fingerprint)
    key = hashlib.sha256(f"{benchmark.documents_digest} {build}".encode()).hexdigest()[:_KEY_LENGTH]
    located = located.model_copy(update={"data_dir": work / (benchmark.name or "benchmark") / key})
    documents = {one.id: document_from_text(one.id, one.text, title=one.title) for one in benchmark.documents}
    report = add_texts(
        documents.values(), source=benchmark.name or "benchmark", settings=located, progress=progress, cancel=cancel
    )
    raw = {one.id: one.text for one in benchmark.documents}
    return PreparedBenchmark(
        benchmark=benchmark,
        settings=located,
        questions=tuple(_gold_question(one, documents, raw) for one in benchmark.questions),
        report=report,
    )


def _gold_question(question: BenchmarkQuestion, documents: dict[str, Document], raw: dict[str, str]) -> GoldQuestion:
    if question.spans:
        evidence = [
            _quote(documents[name], moved_span(span, raw[name], documents[name].text))
            for name, spans in question.spans.items()
            for span in spans
        ]
    else:
        evidence = [
            Evidence(document_id=name, digest=documents[name].digest, quote=None, spans=(), grade=grade)
            for name, grade in question.grades.items()
        ]
    return GoldQuestion(
        id=question.id,
        question=question.question,
        answerable=question.answerable or bool(evidence),
        answers=question.answers,
        answer_parts=(),
        evidence=tuple(evidence),
        history=(),
        tags=(question.kind,),
        split="test",
    )


def _quote(document: Document, span: Span) -> Evidence:
    text = document.text[span.start : span.end]
    return Evidence(document_id=document.id, digest=document.digest, quote=text, spans=(span,))


def moved_span(span: Span, raw: str, clean: str) -> Span:
    """Find where a span of a text as published stands in its normalised text."""
    if raw == clean:
        return span
    start = len(verbatim(raw[: span.start]))
    return Span(start=start, end=start + len(verbatim(raw[span.start : span.end])))


def answers_are_known(questions: Sequence[GoldQuestion | BenchmarkQuestion]) -> bool:
    """Tell whether a set has gold for answers, so that answers and abstentions can be measured."""
    return any(question.answers for question in questions)
