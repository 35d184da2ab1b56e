"""The documents and questions that contestants share: loaded, sampled and written down."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DOCUMENTS, QUESTIONS = "docs.jsonl", "questions.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerDocument:
    """One document of a benchmark."""

    id: str
    title: str
    """May be empty."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerQuestion:
    """A question with the documents that answer it."""

    id: str
    question: str
    grades: Mapping[str, int]
    """From document id to a grade of at least 1; questions without any are not loaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerSet:
    """What is measured on."""

    name: str
    documents: tuple[PeerDocument, ...]
    questions: tuple[PeerQuestion, ...]


def load_set(path: Path) -> PeerSet:
    """Load a benchmark folder.

    Args:
        path: Holds docs.jsonl and questions.jsonl.

    Returns:
        All documents, and the questions whose relevant documents are known and there.

    Raises:
        OSError: If a file can't be read.
        ValueError: If a line is no JSON object of that form.
    """
    documents = tuple(
        PeerDocument(id=str(row["id"]), title=row.get("title") or "", text=row["text"])
        for row in _rows(path / DOCUMENTS)
    )
    there = {document.id for document in documents}
    questions = (
        PeerQuestion(id=str(row["id"]), question=row["question"], grades=_grades(row.get("gold_docs") or {}, there))
        for row in _rows(path / QUESTIONS)
    )
    return PeerSet(name=path.name, documents=documents, questions=tuple(one for one in questions if one.grades))


def _rows(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def _grades(gold: Mapping[str, int] | Sequence[str], there: set[str]) -> dict[str, int]:
    graded = gold if isinstance(gold, Mapping) else dict.fromkeys(gold, 1)
    return {str(name): int(grade) for name, grade in graded.items() if grade >= 1 and str(name) in there}


def draw_sample(whole: PeerSet, *, documents: int | None, questions: int | None, seed: int) -> PeerSet:
    """Draw questions, then their relevant documents, then others at random until there are enough.

    Args:
        whole: All there is.
        documents: How many documents; None for all. The relevant ones are all kept, even if they are more.
        questions: How many questions; None for all.
        seed: The same seed draws the same.

    Returns:
        A smaller set, its documents and questions in the order of the whole.

    Raises:
        ValueError: If a number is below 1, or the set has no question with a relevant document.
    """
    if any(count is not None and count < 1 for count in (documents, questions)):
        raise ValueError("a sample has at least one document and one question")
    if not whole.questions:
        raise ValueError(f"{whole.name} has no question whose relevant documents are known")
    rng = random.Random(seed)
    asked = _draw(rng, whole.questions, questions)
    wanted = {name for question in asked for name in question.grades}
    others = [document for document in whole.documents if document.id not in wanted]
    wanted |= {one.id for one in _draw(rng, others, None if documents is None else max(0, documents - len(wanted)))}
    kept = tuple(document for document in whole.documents if document.id in wanted)
    return PeerSet(name=whole.name, documents=kept, questions=tuple(asked))


def _draw(rng: random.Random, items: Sequence[Any], count: int | None) -> list[Any]:
    if count is None or count >= len(items):
        return list(items)
    return [items[at] for at in sorted(rng.sample(range(len(items)), count))]


def write_files(drawn: PeerSet, folder: Path) -> dict[str, str]:
    """Write each document as a plain text file, its title as the first line.

    Args:
        drawn: The documents.
        folder: Is made.

    Returns:
        From file name to document id.
    """
    folder.mkdir(parents=True)
    names: dict[str, str] = {}
    for at, document in enumerate(drawn.documents):
        name = f"{at:06d}.txt"
        text = f"{document.title}\n\n{document.text}\n" if document.title else f"{document.text}\n"
        (folder / name).write_text(text, encoding="utf-8")
        names[name] = document.id
    return names
