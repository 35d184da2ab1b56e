"""The questions that the reader is trained on, by set, and which of them are held back."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.sentences import split_sentences
from assistant.types import Span

logger = logging.getLogger(__name__)

REVIEW_DOCUMENTS = range(800)
"""Which documents of each squadshifts set are read, by their numbers: all would take more time than there is."""
HELD_BACK_STEP = 4
"""Of the development questions and articles, one in so many is kept from the reader."""
_LONGEST_WORDS = 170
"""Words of a passage: longer documents are cut between sentences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPassage:
    """A stretch of a document as the reader is shown it."""

    benchmark: str
    document_id: str
    text: str
    """The title on a line of its own, if there is one, then the stretch."""
    sentences: tuple[Span, ...]
    """Within `text`, the title left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingQuestion:
    """A question with the passages that hold its answer."""

    benchmark: str
    text: str
    answers: tuple[str, ...]
    gold: tuple[str, ...]
    """Documents that hold the answer; empty for an unanswerable question."""
    traps: tuple[str, ...] = ()
    """Documents that look as if they answered, and don't."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSet:
    """What is read and what is asked."""

    passages: tuple[TrainingPassage, ...]
    questions: tuple[TrainingQuestion, ...]


def load_training_set(benchmarks: Path, *, review_documents: range = REVIEW_DOCUMENTS) -> TrainingSet:
    """Load the parts of the public sets that the reader may learn from.

    Args:
        benchmarks: The folder that holds one folder a set.
        review_documents: Which documents of each squadshifts set are read.

    Returns:
        Of squad2_half the development articles less those of `is_held_back`, of nq_open_oracle every second question
        less every fourth of these, the first half of ramdocs, and of the squadshifts sets those documents.
    """
    passages: list[TrainingPassage] = []
    questions: list[TrainingQuestion] = []
    for name in ("squad2_half", "nq_open_oracle", "ramdocs", "squadshifts_reddit", "squadshifts_amazon"):
        documents = {row["id"]: row for row in _rows(benchmarks / name / "docs.jsonl")}
        asked = list(
            _chosen(name, documents, list(_rows(benchmarks / name / "questions.jsonl")), reviews=review_documents)
        )
        read = {document_id for question in asked for document_id in (*question.gold, *question.traps)}
        passages += [passage for key in documents if key in read for passage in _cut(name, documents[key])]
        questions += asked
        logger.info("%s: %d questions, %d documents", name, len(asked), len(read))
    return TrainingSet(passages=tuple(passages), questions=tuple(questions))


def load_unseen(benchmarks: Path, *, test: bool) -> list[tuple[TrainingQuestion, TrainingPassage]]:
    """Load squad2_half's questions that the reader did not learn from, each with a stretch of its own document.

    Args:
        benchmarks: The folder that holds one folder a set.
        test: The third of the articles that is reported on; otherwise the development articles that are held back.

    Returns:
        Each question with the first stretch that holds an answer, or the first one.
    """
    folder = benchmarks / "squad2_half"
    documents = {row["id"]: row for row in _rows(folder / "docs.jsonl")}
    pairs = []
    for row in _rows(folder / "questions.jsonl"):
        document = documents[row["meta"]["source_doc"]]
        held_back = is_development(document["title"]) and is_held_back(document["title"])
        if is_development(document["title"]) if test else not held_back:
            continue
        question = _question("squad2_half", row)
        stretches = list(_cut("squad2_half", document))
        holding = (one for one in stretches if any(answer in one.text for answer in question.answers))
        pairs.append((question, next(holding, stretches[0])))
    return pairs


def is_development(title: str) -> bool:
    """Tell whether an article of squad2_half is for development: two thirds of them are, as in `fit_answering`."""
    return _hash(title) % 3 != 0


def is_held_back(title: str) -> bool:
    """Tell whether a development article is kept from the reader: weights that use the reader are fitted on it."""
    return _hash(title) // 3 % HELD_BACK_STEP == 0


def _chosen(
    name: str, documents: dict[str, Any], rows: list[dict[str, Any]], *, reviews: range
) -> Iterator[TrainingQuestion]:
    if name == "squad2_half":
        for row in rows:
            title = documents[row["meta"]["source_doc"]]["title"]
            if is_development(title) and not is_held_back(title):
                traps = () if row["answerable"] else (row["meta"]["source_doc"],)
                yield _question(name, row, traps=traps)
    elif name == "nq_open_oracle":
        yield from (_question(name, row) for number, row in enumerate(rows[::2]) if number % HELD_BACK_STEP)
    elif name == "ramdocs":
        yield from (_question(name, row, traps=tuple(row["meta"]["noise"])) for row in rows[: len(rows) // 2])
    else:
        read = set(list(documents)[reviews.start : reviews.stop])
        yield from (_question(name, row) for row in rows if set(row["gold_docs"]) <= read)


def _question(name: str, row: dict[str, Any], *, traps: tuple[str, ...] = ()) -> TrainingQuestion:
    return TrainingQuestion(
        benchmark=name,
        text=row["question"],
        answers=tuple(row["answers"]) if row["answerable"] else (),
        gold=tuple(row["gold_docs"]) if row["answerable"] else (),
        traps=traps,
    )


def _cut(name: str, row: dict[str, Any]) -> Iterator[TrainingPassage]:
    """Cut a document into passages at the ends of sentences."""
    stretch: list[Span] = []
    words = 0
    for sentence in split_sentences(row["text"]):
        size = len(row["text"][sentence.start : sentence.end].split())
        if stretch and words + size > _LONGEST_WORDS:
            yield _passage(name, row, stretch)
            stretch, words = [], 0
        stretch.append(sentence)
        words += size
    if stretch:
        yield _passage(name, row, stretch)


def _passage(name: str, row: dict[str, Any], stretch: list[Span]) -> TrainingPassage:
    head = f"{row['title']}\n" if row["title"] else ""
    start, end = stretch[0].start, stretch[-1].end
    move = len(head) - start
    return TrainingPassage(
        benchmark=name,
        document_id=row["id"],
        text=head + row["text"][start:end],
        sentences=tuple(Span(start=span.start + move, end=span.end + move) for span in stretch),
    )


def _hash(title: str) -> int:
    return int(hashlib.sha256(title.encode()).hexdigest(), 16)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
