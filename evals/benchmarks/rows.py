"""Reading outside files row by row: every fault is noted with file, line and field before anything is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from assistant.types import Span
from evals.benchmarks.types import BenchmarkDocument, BenchmarkQuestion
from evals.errors import BenchmarkInvalid

Row = TypeVar("Row", bound=BaseModel)
MOST_FAULTS = 1000
"""A file with more is not read to its end."""


class Faults:
    """What is wrong with a benchmark."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._found: list[str] = []

    def add(self, place: str, message: str) -> None:
        """Note a fault.

        Args:
            place: As "questions.jsonl, line 3, answers".
            message: What is wrong there.

        Raises:
            BenchmarkInvalid: If there are too many.
        """
        self._found.append(f"{place}: {message}")
        if len(self._found) >= MOST_FAULTS:
            self.refuse()

    def add_all(self, place: str, error: ValidationError) -> None:
        """Note every field that doesn't fit."""
        for fault in error.errors():
            field = ".".join(map(str, fault["loc"]))
            self.add(f"{place}, {field}" if field else place, fault["msg"])

    def refuse(self) -> None:
        """Raise what was found, if anything was."""
        if self._found:
            raise BenchmarkInvalid(self._root, faults=self._found)


def read_rows(path: Path, row: type[Row], faults: Faults) -> Iterator[tuple[str, Row]]:
    """Read a JSON Lines file.

    Args:
        path: The file. Blank lines are skipped.
        row: The model of one line.
        faults: Receives what is wrong with the lines that are left out.

    Yields:
        Each well-formed row with its place, as "docs.jsonl, line 3".
    """
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                place = f"{path.name}, line {number}"
                if line.strip() and (found := _parsed(line, row, place, faults)) is not None:
                    yield place, found
    except OSError as error:
        faults.add(path.name, f"can't be read: {error.strerror}")


def read_file(path: Path, row: type[Row], faults: Faults) -> Row | None:
    """Read a JSON file; what is wrong with it goes into `faults`."""
    try:
        return _parsed(path.read_bytes(), row, path.name, faults)
    except OSError as error:
        faults.add(path.name, f"can't be read: {error.strerror}")
        return None


def parse_json(data: bytes) -> Any:
    """Parse JSON text; a key that is written twice is a fault, not the last one's win.

    Raises:
        ValueError: If it is none, or no UTF-8, or nested too deeply.
    """
    try:
        return json.loads(data.decode("utf-8-sig"), object_pairs_hook=_unique_keys)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = sorted({key for key in keys if keys.count(key) > 1})
        raise ValueError(f"{', '.join(repeated)} is written twice")
    return found


def _parsed(data: bytes, row: type[Row], place: str, faults: Faults) -> Row | None:
    try:
        return row.model_validate(parse_json(data))
    except ValidationError as error:
        faults.add_all(place, error)
    except ValueError as error:
        faults.add(place, f"not JSON: {error}")
    return None


def check_contents(
    documents: Sequence[tuple[str, BenchmarkDocument]],
    questions: Sequence[tuple[str, BenchmarkQuestion]],
    faults: Faults,
) -> None:
    """Check what no single row can tell: ids, references, contradictions.

    Args:
        documents: Each with its place.
        questions: Each with its place.
        faults: Receives what is wrong.

    Raises:
        BenchmarkInvalid: If anything is wrong, here or before.
    """
    lengths: dict[str, int] = {}
    for place, document in documents:
        if document.id in lengths:
            faults.add(place, f"the id {document.id!r} is used twice")
        lengths[document.id] = len(document.text)
    seen: set[str] = set()
    for place, question in questions:
        if question.id in seen:
            faults.add(place, f"the id {question.id!r} is used twice")
        seen.add(question.id)
        _check_question(place, question, lengths, faults)
    if not documents:
        faults.add("documents", "there is none")
    if not questions:
        faults.add("questions", "there is none")
    faults.refuse()


def _check_question(place: str, question: BenchmarkQuestion, lengths: dict[str, int], faults: Faults) -> None:
    for name in sorted({*question.grades, *question.spans} - lengths.keys()):
        faults.add(place, f"names the document {name!r}, which is not there")
    for name, spans in question.spans.items():
        for span in spans:
            if not span.start < span.end <= lengths.get(name, span.end):
                faults.add(place, f"the span [{span.start}, {span.end}) is not in {name!r}")
    if question.answers and not question.answerable:
        faults.add(place, "a question without an answer can't have accepted answers")


def span_of(start: int, end: int) -> Span | None:
    """Make a span; None for what is none."""
    return Span(start=start, end=end) if 0 <= start < end else None
