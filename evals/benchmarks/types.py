"""A benchmark as every form of it is loaded: documents, and questions with what is known to be right."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from assistant.types import Span


class Form(StrEnum):
    """How a benchmark is laid out."""

    FOLDER = "docs.jsonl and questions.jsonl"
    BEIR = "BEIR folder"
    SQUAD = "SQuAD file"
    RAG_DATASET = "LlamaIndex rag_dataset.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkDocument:
    """One document of the haystack."""

    id: str
    title: str
    """May be empty."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkQuestion:
    """A question with what is known to be right."""

    id: str
    question: str
    answers: tuple[str, ...] = ()
    """Any of them will do; empty where none is known."""
    grades: Mapping[str, int] = field(default_factory=dict)
    """Relevant documents with how relevant they are, from 1; empty where none is known."""
    spans: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)
    """Where the evidence stands exactly, by document; empty where only documents are known."""
    answerable: bool = True
    kind: str = "untyped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Which questions were drawn from a benchmark."""

    questions: int
    of: int
    seed: int


@dataclass(frozen=True)
class Benchmark:
    """A set of documents and questions."""

    name: str
    path: Path
    form: Form
    documents: tuple[BenchmarkDocument, ...]
    questions: tuple[BenchmarkQuestion, ...]
    sample: Sample | None = None
    """None for all questions."""
    notices: tuple[str, ...] = ()
    """What a person should know of how it was loaded."""

    @cached_property
    def documents_digest(self) -> str:
        """A hash of all documents: what an index of them depends on."""
        return _digest([one.id, one.title, one.text] for one in self.documents)

    @cached_property
    def digest(self) -> str:
        """A hash of all documents and of the questions at hand."""
        questions = (
            [
                one.id,
                one.question,
                one.answers,
                one.answerable,
                sorted(one.grades.items()),
                sorted((name, [[span.start, span.end] for span in spans]) for name, spans in one.spans.items()),
            ]
            for one in self.questions
        )
        return _digest([[self.documents_digest], *questions])

    def draw(self, questions: int, *, seed: int) -> Benchmark:
        """Draw some of the questions at random; all documents stay.

        Args:
            questions: How many, at least 1; all of them if there are no more.
            seed: The same seed draws the same questions.

        Returns:
            The benchmark with these questions in their order, the sample named.

        Raises:
            ValueError: If `questions` is below 1.
        """
        if questions < 1:
            raise ValueError(f"a sample has at least 1 question, not {questions}")
        total = len(self.questions)
        if questions >= total:
            return self
        drawn = sorted(random.Random(seed).sample(range(total), questions))
        sample = Sample(questions=questions, of=total, seed=seed)
        return replace(self, questions=tuple(self.questions[at] for at in drawn), sample=sample)


def _digest(rows: Iterable[object]) -> str:
    hashed = hashlib.sha256()
    for row in rows:
        hashed.update(json.dumps(row).encode() + b"\n")
    return hashed.hexdigest()
