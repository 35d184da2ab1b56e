"""LlamaIndex's labelled RAG datasets: rag_dataset.json, beside it a folder source_files or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from assistant.types import Span
from evals.benchmarks.rows import Faults, check_contents, read_file
from evals.benchmarks.types import Benchmark, BenchmarkDocument, BenchmarkQuestion, Form
from evals.gold import locate_quote
from ingest.isolation import Job, ParserPool
from ingest.limits import DEFAULT_LIMITS
from ingest.verdicts import Refusal

RAG_DATASET, SOURCE_FILES = "rag_dataset.json", "source_files"
PARSED_AHEAD = 4


class _Example(BaseModel):
    model_config = ConfigDict(strict=True)
    query: str = Field(pattern=r"\S")
    reference_contexts: list[str] | None = None
    reference_answer: str | None = None


class _File(BaseModel):
    model_config = ConfigDict(strict=True)
    examples: list[_Example]


def load_rag_dataset(path: Path) -> Benchmark:
    """Load a labelled RAG dataset.

    Args:
        path: The folder that holds rag_dataset.json, or that file.

    Returns:
        The source files as documents and the reference contexts as spans in them; without source files each distinct
        reference context is a document. Contexts that stand in no source file are counted in a notice.

    Raises:
        BenchmarkInvalid: If anything in it is malformed; every fault is named.
    """
    file_path = path / RAG_DATASET if path.is_dir() else path
    folder = file_path.parent
    faults = Faults(path)
    file = read_file(file_path, _File, faults)
    examples = file.examples if file else []
    if (folder / SOURCE_FILES).is_dir():
        documents = _source_files(folder / SOURCE_FILES, faults)
    else:
        contexts = dict.fromkeys(context for one in examples for context in one.reference_contexts or () if context)
        documents = {
            f"context-{number}": BenchmarkDocument(id=f"context-{number}", title="", text=context)
            for number, context in enumerate(contexts, start=1)
        }
    finder = _Finder(documents)
    questions = [
        (f"{file_path.name}, examples.{number}", _question(number, example, finder))
        for number, example in enumerate(examples)
    ]
    check_contents([(name, document) for name, document in documents.items()], questions, faults)
    return Benchmark(
        name=folder.resolve().name,
        path=path,
        form=Form.RAG_DATASET,
        documents=tuple(documents.values()),
        questions=tuple(question for _, question in questions),
        notices=(f"{finder.lost} reference contexts stand in no source file.",) if finder.lost else (),
    )


def _source_files(folder: Path, faults: Faults) -> dict[str, BenchmarkDocument]:
    """Read the source files as ingest would: each parsed in a confined child process."""
    documents: dict[str, BenchmarkDocument] = {}
    with ParserPool(DEFAULT_LIMITS, workers=1) as pool:
        for outcome in pool.parse_all(_jobs(folder, faults), ahead=PARSED_AHEAD):
            name, parsed = outcome.key, outcome.result
            if isinstance(parsed, Refusal):
                faults.add(f"{SOURCE_FILES}/{name}", f"can't be read: {parsed}")
            else:
                documents[name] = BenchmarkDocument(id=name, title=parsed.facts.title or name, text=parsed.text)
    return documents


def _jobs(folder: Path, faults: Faults) -> Iterator[Job[str]]:
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")):
        name = path.relative_to(folder).as_posix()
        try:
            yield Job(key=name, name=path.name, data=path.read_bytes())
        except OSError as error:
            faults.add(f"{SOURCE_FILES}/{name}", f"can't be read: {error.strerror}")


class _Finder:
    """Finds reference contexts in documents; each distinct one is looked for once."""

    def __init__(self, documents: Mapping[str, BenchmarkDocument]) -> None:
        self._documents = documents
        self._found: dict[str, tuple[str, Span] | None] = {}

    @property
    def lost(self) -> int:
        """How many distinct contexts stand in no document."""
        return sum(found is None for found in self._found.values())

    def find(self, context: str) -> tuple[str, Span] | None:
        """Find the first document that holds a context, and where; white space may differ."""
        if context not in self._found:
            places = ((name, locate_quote(context, one.text)) for name, one in self._documents.items())
            self._found[context] = next(((name, spans[0]) for name, spans in places if spans), None)
        return self._found[context]


def _question(number: int, example: _Example, finder: _Finder) -> BenchmarkQuestion:
    contexts = [context for context in example.reference_contexts or () if context.strip()]
    found = [place for place in map(finder.find, contexts) if place is not None]
    answer = (example.reference_answer or "").strip()
    spans: dict[str, tuple[Span, ...]] = {}
    for name, span in found:
        spans[name] = (*spans.get(name, ()), span)
    return BenchmarkQuestion(
        id=f"example-{number}",
        question=example.query,
        answers=(answer,) if answer else (),
        grades=dict.fromkeys(spans, 1),
        spans=spans,
        kind="longform",
    )
