"""Adds questions to a gold file, and confirms those that a program wrote down."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from evals.errors import AnswerFileInvalid, QuestionExists, QuestionNotFound
from evals.gold import UNCONFIRMED, Documents, GoldQuestion, Split, parse_gold

ID_WORDS = 5
MOST_ID_CHARACTERS = 48
_WORD = re.compile(r"[^\W_]+")
_ARTICLES = frozenset({"a", "an", "the"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """A place that an answer can rest on."""

    document: str
    quote: str | None
    """None for the whole document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A question as somebody wrote it down."""

    question: str
    answers: tuple[str, ...]
    """Accepted ones; empty for a question that the documents can't answer."""
    answerable: bool
    evidence: tuple[Quoted, ...]
    tags: tuple[str, ...] = ()
    split: Split | None = None
    """None to let the question's text decide, so that the halves stay about equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenAnswer:
    """An answer as `ask --json` printed it."""

    question: str
    answer: str | None
    """None for an abstention."""
    evidence: tuple[Quoted, ...]


class _CitationRow(BaseModel):
    document: str
    quote: str


class _AnswerRow(BaseModel):
    """What is needed of the JSON; the rest of it is left aside."""

    format: int = Field(alias="schema", ge=1, le=1)
    question: str
    query: str
    """The question made self-contained, which a follow-up needs: its conversation is not kept."""
    answer: str | None
    short_answer: str | None
    abstained: bool
    citations: list[_CitationRow]


def read_answer(content: bytes, *, name: str) -> GivenAnswer:
    """Read the JSON of `ask --json`.

    Args:
        content: UTF-8.
        name: Of the file, for the error.

    Raises:
        AnswerFileInvalid: If it is anything else.
    """
    try:
        row = _AnswerRow.model_validate(json.loads(content))
    except ValidationError as error:
        first = error.errors()[0]
        raise AnswerFileInvalid(name, detail=f"{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise AnswerFileInvalid(name, detail=f"not JSON ({error})") from error
    quoted = dict.fromkeys(Quoted(document=one.document, quote=one.quote) for one in row.citations)
    answer = None if row.abstained else row.short_answer or row.answer
    return GivenAnswer(question=row.query or row.question, answer=answer, evidence=tuple(quoted))


def add_question(path: Path, draft: Draft, *, documents: Documents) -> GoldQuestion:
    """Add a question to a gold file, unconfirmed.

    Args:
        path: Made if it is not there; what it holds already stays as it is, byte for byte.
        draft: What to add.
        documents: The corpus that the evidence points into.

    Returns:
        The question as it was added, with its id.

    Raises:
        GoldSetInvalid: If the file would have faults with the question; nothing is written then.
        QuestionExists: If a question of the same words, and not a follow-up, is in it.
    """
    content = path.read_bytes() if path.exists() else b""
    taken = set()
    for line, row in _rows(content):
        taken.add(str(row.get("id")))
        if not row.get("history") and _same_words(str(row.get("question"))) == _same_words(draft.question):
            raise QuestionExists(path, question_id=str(row.get("id")), line=line)
    row = _row(draft, question_id=make_id(draft.question, taken=taken))
    ending = b"\n" if content and not content.endswith(b"\n") else b""
    grown = content + ending + _line(row)
    added = parse_gold(grown, path=path, documents=documents)[-1]
    _replace(path, grown)
    return added


def make_id(question: str, *, taken: Collection[str]) -> str:
    """Make a readable id of a question's first words, with a number where it is taken."""
    words = [word for word in _WORD.findall(question.casefold()) if word not in _ARTICLES]
    slug = "-".join(words[:ID_WORDS])[:MOST_ID_CHARACTERS].strip("-") or "question"
    numbered = (f"{slug}-{number}" for number in range(2, len(taken) + 3))
    return slug if slug not in taken else next(one for one in numbered if one not in taken)


def choose_split(question: str) -> Split:
    """Choose a half by the question's text, so that it is the same wherever the question is added."""
    return "dev" if hashlib.sha256(question.encode("utf-8", "surrogatepass")).digest()[0] % 2 == 0 else "test"


def find_unconfirmed(questions: Iterable[GoldQuestion]) -> tuple[GoldQuestion, ...]:
    """Find the questions that no person has confirmed, in order."""
    return tuple(question for question in questions if UNCONFIRMED in question.tags)


def confirm_questions(path: Path, ids: Sequence[str], *, documents: Documents) -> None:
    """Take the mark of the unconfirmed off questions; every other line stays as it is, byte for byte.

    Args:
        path: A gold file.
        ids: Of unconfirmed questions in it.
        documents: The corpus that the evidence points into.

    Raises:
        GoldSetInvalid: If the file has faults.
        QuestionNotFound: If an id is not that of an unconfirmed question; nothing is written then.
    """
    content = path.read_bytes()
    unconfirmed = [question.id for question in find_unconfirmed(parse_gold(content, path=path, documents=documents))]
    for question_id in ids:
        if question_id not in unconfirmed:
            raise QuestionNotFound(path, question_id=question_id, unconfirmed=unconfirmed)
    lines = content.split(b"\n")
    for number, row in _rows(content):
        if row["id"] in ids:
            row["tags"] = [tag for tag in row["tags"] if tag != UNCONFIRMED]
            lines[number - 1] = _line(row).rstrip(b"\n")
    _replace(path, b"\n".join(lines))


def _rows(content: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the rows that can be read, with their line numbers; faults are for `parse_gold` to name."""
    for number, line in enumerate(content.split(b"\n"), start=1):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict):
            yield number, row


def _same_words(question: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(question.casefold()))


def _row(draft: Draft, *, question_id: str) -> dict[str, Any]:
    tags = [tag for tag in dict.fromkeys(draft.tags) if tag != UNCONFIRMED]
    return {
        "id": question_id,
        "question": draft.question,
        "answers": list(draft.answers),
        "answer_parts": None,
        "answerable": draft.answerable,
        "evidence": [_evidence(one) for one in draft.evidence],
        "history": [],
        "tags": [*tags, UNCONFIRMED],
        "split": draft.split or choose_split(draft.question),
    }


def _evidence(quoted: Quoted) -> dict[str, str]:
    row = {"document": quoted.document}
    return row if quoted.quote is None else row | {"quote": quoted.quote}


def _line(row: dict[str, Any]) -> bytes:
    return (json.dumps(row, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")


def _replace(path: Path, content: bytes) -> None:
    """Write beside the file and swap, so that a crash leaves the old one or the new one; a link stays a link."""
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(content)
    beside.replace(path)
