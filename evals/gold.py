"""Gold sets: questions, accepted answers and evidence from JSON Lines, checked against a corpus.

Every fault is collected with its line and field before anything is refused, so that one run shows them all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.errors import DocumentNotFound
from assistant.types import ConversationTurn, Document, Span
from evals.errors import GoldSetInvalid
from evals.matching import answer_tokens

Split = Literal["dev", "test"]
UNCONFIRMED = "unconfirmed"
"""The tag of a question that a program wrote down and no person has confirmed."""


class Documents(Protocol):
    """Where documents are looked up by id. The catalog is one."""

    def document(self, document_id: str) -> Document:
        """Return a document or raise DocumentNotFound."""
        ...

    def present_name(self, former: str) -> str | None:
        """Tell the id that a document has since it moved away from another one; None if none did."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One quote that an answer can rest on, or a whole document, and where it lies."""

    document_id: str
    digest: str
    """Of the document's content, so that equal files count as one."""
    quote: str | None
    """None where the whole document is judged."""
    spans: tuple[Span, ...]
    """Every occurrence of the quote, in order; empty without one."""
    grade: int = 1
    """How relevant it is, from 1; gold sets know no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldQuestion:
    """A question with what is known to be right."""

    id: str
    question: str
    answerable: bool
    answers: tuple[str, ...]
    """Any of them will do, unless there are answer parts."""
    answer_parts: tuple[tuple[str, ...], ...]
    """One of each group is needed; empty for a question of one part."""
    evidence: tuple[Evidence, ...]
    history: tuple[ConversationTurn, ...]
    tags: tuple[str, ...]
    split: Split


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which questions of a gold set are asked."""

    split: Split | None = None
    tags: tuple[str, ...] = ()
    """A question qualifies with any of them; empty for all."""
    confirmed_only: bool = True
    """Whether questions that no person has confirmed are left out."""

    def holds(self, question: GoldQuestion) -> bool:
        """Tell whether a question is asked."""
        in_split = self.split in (None, question.split)
        tagged = not self.tags or not set(self.tags).isdisjoint(question.tags)
        return in_split and tagged and not (self.confirmed_only and UNCONFIRMED in question.tags)

    def describe(self) -> str:
        """Name the selection for a person."""
        parts = [f"split {self.split}"] if self.split else []
        parts += [f"tag {' or '.join(self.tags)}"] if self.tags else []
        return ", ".join(parts + (["confirmed by a person"] if self.confirmed_only else []))


class _EvidenceRow(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    document: str = Field(min_length=1)
    quote: str | None = Field(default=None, pattern=r"\S")


class _TurnRow(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    question: str = Field(pattern=r"\S")
    answer: str


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    id: str = Field(min_length=1)
    question: str = Field(pattern=r"\S")
    answers: list[str]
    answer_parts: list[list[str]] | None = None
    answerable: bool
    evidence: list[_EvidenceRow]
    history: list[_TurnRow] = Field(default_factory=list)
    tags: list[str]
    split: Split


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fault:
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.field}: {self.message}"


def load_gold(path: Path, *, documents: Documents) -> tuple[GoldQuestion, ...]:
    """Read a gold set and locate its quotes.

    Args:
        path: A JSON Lines file, one question a line; blank lines are skipped.
        documents: The corpus that the evidence points into.

    Returns:
        The questions in the file's order.

    Raises:
        GoldSetInvalid: If anything is wrong with any line, or there is no question; it names every fault.
    """
    return parse_gold(path.read_bytes(), path=path, documents=documents)


def parse_gold(content: bytes, *, path: Path, documents: Documents) -> tuple[GoldQuestion, ...]:
    """Read a gold set that is not written yet.

    Args:
        content: What the file would hold.
        path: Named in faults; nothing is read from it.
        documents: As for `load_gold`, like what it returns and raises.
    """
    faults: list[_Fault] = []
    rows = list(_read_rows(content, faults))
    faults += _duplicates(rows)
    questions = []
    locator = _Locator(documents)
    for line, row in rows:
        faults += _contradictions(line, row)
        evidence = [locator.locate(item, line=line, index=index) for index, item in enumerate(row.evidence)]
        faults += [found for found in evidence if isinstance(found, _Fault)]
        questions.append(_question(row, [found for found in evidence if isinstance(found, Evidence)]))
    if not rows and not faults:
        faults.append(_Fault(line=1, field="(line)", message="the file holds no question"))
    if faults:
        ordered = sorted(faults, key=lambda fault: fault.line)
        raise GoldSetInvalid(path, faults=[str(fault) for fault in ordered])
    return tuple(questions)


def _read_rows(content: bytes, faults: list[_Fault]) -> Iterator[tuple[int, _Row]]:
    """Yield the well-formed rows with their line numbers; put the faults of the others into `faults`."""
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            yield number, _Row.model_validate(_parse(line))
        except ValidationError as error:
            faults += [_schema_fault(number, fault["loc"], fault["msg"]) for fault in error.errors()]
        except _WrittenTwice as error:
            faults.append(_Fault(line=number, field=str(error), message="written twice"))
        except (ValueError, RecursionError) as error:
            faults.append(_Fault(line=number, field="(line)", message=f"not JSON: {error}"))


class _WrittenTwice(Exception):
    """A key of a JSON object that is there twice; its message is the key."""


def _parse(line: bytes) -> Any:
    """Read one line of JSON; a key written twice is a fault, not the last one's win."""
    return json.loads(line.decode("utf-8"), object_pairs_hook=_unique_keys)


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    repeated = sorted({key for key in keys if keys.count(key) > 1})
    if repeated:
        raise _WrittenTwice(repeated[0])
    return dict(pairs)


def _schema_fault(line: int, location: tuple[int | str, ...], message: str) -> _Fault:
    return _Fault(line=line, field=".".join(map(str, location)) or "(line)", message=message)


def _duplicates(rows: Sequence[tuple[int, _Row]]) -> Iterator[_Fault]:
    first: dict[str, int] = {}
    for line, row in rows:
        if row.id in first:
            yield _Fault(line=line, field="id", message=f"{row.id!r} was used on line {first[row.id]}")
        first.setdefault(row.id, line)


def _contradictions(line: int, row: _Row) -> Iterator[_Fault]:
    """Find answers that don't go with `answerable` or that nothing can match."""
    parts = row.answer_parts or []
    if row.answerable and not row.answers and not parts:
        yield _Fault(line=line, field="answers", message="an answerable question needs answers or answer_parts")
    if not row.answerable and (row.answers or parts):
        field = "answers" if row.answers else "answer_parts"
        yield _Fault(line=line, field=field, message="a question without an answer can't have accepted answers")
    if row.answer_parts == []:
        yield _Fault(line=line, field="answer_parts", message="empty; write null for a question of one part")
    for index, answer in enumerate(row.answers):
        if not answer_tokens(answer):
            yield _Fault(line=line, field=f"answers.{index}", message=f"{answer!r} has no word to match")
    for index, group in enumerate(parts):
        if not group or not all(answer_tokens(answer) for answer in group):
            yield _Fault(line=line, field=f"answer_parts.{index}", message="needs answers with words to match")


def _question(row: _Row, evidence: Sequence[Evidence]) -> GoldQuestion:
    return GoldQuestion(
        id=row.id,
        question=row.question,
        answerable=row.answerable,
        answers=tuple(row.answers),
        answer_parts=tuple(map(tuple, row.answer_parts or ())),
        evidence=tuple(evidence),
        history=tuple(ConversationTurn(question=turn.question, answer=turn.answer) for turn in row.history),
        tags=tuple(row.tags),
        split=row.split,
    )


class _Locator:
    """Finds quotes in documents, each of which is fetched once."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._fetched: dict[str, Document | DocumentNotFound] = {}

    def locate(self, row: _EvidenceRow, *, line: int, index: int) -> Evidence | _Fault:
        document = self._fetch(row.document)
        if isinstance(document, DocumentNotFound):
            return _Fault(line=line, field=f"evidence.{index}.document", message=str(document))
        spans = locate_quote(row.quote, document.text) if row.quote is not None else ()
        if row.quote is not None and not spans:
            message = f"does not occur in {row.document!r}: {row.quote!r}"
            return _Fault(line=line, field=f"evidence.{index}.quote", message=message)
        return Evidence(document_id=document.id, digest=document.digest, quote=row.quote, spans=spans)

    def _fetch(self, document_id: str) -> Document | DocumentNotFound:
        if document_id not in self._fetched:
            try:
                self._fetched[document_id] = self._find(document_id)
            except DocumentNotFound as error:
                self._fetched[document_id] = error
        return self._fetched[document_id]

    def _find(self, document_id: str) -> Document:
        """Return a document by its id, or by one that it had before it moved."""
        try:
            return self._documents.document(document_id)
        except DocumentNotFound:
            present = self._documents.present_name(document_id)
            if present is None:
                raise
            return self._documents.document(present)


def locate_quote(quote: str, text: str) -> tuple[Span, ...]:
    """Find a quote in a document's normalised text.

    Args:
        quote: At least one character that is not white space.
        text: The document's text.

    Returns:
        All occurrences, in order, not overlapping: the exact ones, or else those that differ from the quote
        in white space alone. Empty if there is none.

    Raises:
        ValueError: If the quote is blank.
    """
    words = quote.split()
    if not words:
        raise ValueError("a quote needs a character that is not white space")
    exact = _find(re.escape(quote), text)
    return exact or _find(r"\s+".join(map(re.escape, words)), text)


def _find(pattern: str, text: str) -> tuple[Span, ...]:
    return tuple(Span(start=match.start(), end=match.end()) for match in re.finditer(pattern, text))
