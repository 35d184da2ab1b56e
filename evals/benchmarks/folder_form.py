"""The project's own form: docs.jsonl and questions.jsonl in one folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from assistant.types import Span
from evals.benchmarks.rows import Faults, check_contents, read_rows, span_of
from evals.benchmarks.types import Benchmark, BenchmarkDocument, BenchmarkQuestion, Form

DOCUMENTS, QUESTIONS = "docs.jsonl", "questions.jsonl"


class _DocumentRow(BaseModel):
    model_config = ConfigDict(strict=True)
    id: str = Field(min_length=1)
    title: str = ""
    text: str


class _Meta(BaseModel):
    model_config = ConfigDict(strict=True)
    spans: list[Annotated[list[int], Field(min_length=2, max_length=2)]] = Field(default_factory=list)


class _QuestionRow(BaseModel):
    model_config = ConfigDict(strict=True)
    id: str = Field(min_length=1)
    question: str = Field(pattern=r"\S")
    answers: list[Annotated[str, Field(pattern=r"\S")]]
    gold_docs: list[str] | dict[str, int]
    answerable: bool
    type: str = "untyped"
    meta: _Meta = Field(default_factory=_Meta)


def load_folder(path: Path) -> Benchmark:
    """Load a folder of this form.

    Args:
        path: The folder.

    Returns:
        All documents and questions. Exact spans in a question's `meta` lie in its only gold document.

    Raises:
        BenchmarkInvalid: If anything in it is malformed; every fault is named.
    """
    faults = Faults(path)
    documents = [
        (place, BenchmarkDocument(id=row.id, title=row.title, text=row.text))
        for place, row in read_rows(path / DOCUMENTS, _DocumentRow, faults)
    ]
    questions = [
        (place, _question(place, row, faults)) for place, row in read_rows(path / QUESTIONS, _QuestionRow, faults)
    ]
    check_contents(documents, questions, faults)
    return Benchmark(
        name=path.resolve().name,
        path=path,
        form=Form.FOLDER,
        documents=tuple(document for _, document in documents),
        questions=tuple(question for _, question in questions),
    )


def _question(place: str, row: _QuestionRow, faults: Faults) -> BenchmarkQuestion:
    gold = row.gold_docs if isinstance(row.gold_docs, dict) else dict.fromkeys(row.gold_docs, 1)
    spans = tuple(_spans(place, row, faults))
    if spans and len(gold) != 1:
        faults.add(f"{place}, meta.spans", f"spans need exactly one gold document, there are {len(gold)}")
        spans = ()
    return BenchmarkQuestion(
        id=row.id,
        question=row.question,
        answers=tuple(row.answers),
        grades={name: grade for name, grade in gold.items() if grade > 0},
        spans={next(iter(gold)): spans} if spans else {},
        answerable=row.answerable,
        kind=row.type,
    )


def _spans(place: str, row: _QuestionRow, faults: Faults) -> Iterator[Span]:
    for start, end in row.meta.spans:
        span = span_of(start, end)
        if span is None:
            faults.add(f"{place}, meta.spans", f"[{start}, {end}) is no span")
        else:
            yield span
