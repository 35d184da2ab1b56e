"""A benchmark of many short documents, cut from the documents of other benchmarks: what an ingest is timed on."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.sentences import split_sentences
from evals.benchmarks.folder_form import DOCUMENTS, QUESTIONS
from evals.benchmarks.types import Benchmark, BenchmarkDocument

TOKENS = range(150, 201)
"""How long a document is, its title included."""
SEED = 20261128


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortDocument:
    """Some sentences of a document that follow one another."""

    id: str
    title: str
    text: str
    origin: str
    """The document that they were cut from, unique over all benchmarks."""


def cut_passages(
    benchmark: Benchmark, *, count_tokens: Callable[[str], int], tokens: range = TOKENS
) -> Iterator[ShortDocument]:
    """Cut a benchmark's documents into passages of a length.

    Args:
        benchmark: Its documents are read in order.
        count_tokens: Of the embedding model.
        tokens: How long a passage may be, its title included.

    Yields:
        Passages. What is left at the end of a document, sentences that are longer themselves, and what a file would be
        refused for are left out.
    """
    for document in benchmark.documents:
        origin = f"{benchmark.name}/{document.id}"
        for number, text in enumerate(_passages(document, count_tokens, tokens)):
            if _is_readable(document.title + text):
                yield ShortDocument(id=f"{origin}/{number}", title=document.title, text=text, origin=origin)


def _is_readable(text: str) -> bool:
    """Tell whether there is no character that no page shows."""
    return all(char.isprintable() or char.isspace() for char in text)


def _passages(document: BenchmarkDocument, count_tokens: Callable[[str], int], tokens: range) -> Iterator[str]:
    head = count_tokens(document.title)
    first: int | None = None
    length = head
    for span in split_sentences(document.text):
        more = count_tokens(document.text[span.start : span.end])
        if first is None or length + more >= tokens.stop:
            first, length = span.start, head
        length += more
        if length in tokens:
            yield document.text[first : span.end]
            first = None


def write_passages(benchmarks: Sequence[Benchmark], folder: Path, *, drawn: Sequence[ShortDocument]) -> None:
    """Write passages as a benchmark, with the questions whose documents they were cut from.

    Args:
        benchmarks: Whose questions are taken.
        folder: Is made.
        drawn: The documents.
    """
    folder.mkdir(parents=True)
    by_origin: dict[str, list[str]] = {}
    for one in drawn:
        by_origin.setdefault(one.origin, []).append(one.id)
    questions = []
    for benchmark in benchmarks:
        for question in benchmark.questions:
            grades = [name for gold in question.grades for name in by_origin.get(f"{benchmark.name}/{gold}", [])]
            row = {"question": question.question, "answers": [], "gold_docs": grades, "answerable": True}
            questions += [{"id": f"{benchmark.name}/{question.id}", **row}] if grades else []
    documents = [{"id": one.id, "title": one.title, "text": one.text} for one in drawn]
    for name, rows in ((DOCUMENTS, documents), (QUESTIONS, questions)):
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def draw_passages(
    benchmarks: Sequence[Benchmark], *, count: int, count_tokens: Callable[[str], int]
) -> list[ShortDocument]:
    """Draw different passages of several benchmarks.

    Returns:
        As many as are wanted, or all there are, in the order of the benchmarks.
    """
    found = {one.text: one for benchmark in benchmarks for one in cut_passages(benchmark, count_tokens=count_tokens)}
    every = list(found.values())
    chosen = random.Random(SEED).sample(range(len(every)), min(count, len(every)))
    return [every[at] for at in sorted(chosen)]
