"""Domain types as JSON values, exactly as outside programs rely on them (schema 1)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assistant.errors import HistoryInvalid
from assistant.places import SECTION_SEPARATOR
from assistant.types import (
    Abstention,
    Answer,
    AnswerSentence,
    BlockKind,
    Citation,
    ConversationTurn,
    Document,
    DocumentRecord,
    Passage,
    Statement,
)

SCHEMA = 1

# Valid in JSON strings but not safe to show or to encode: C1 controls, line separators, bidirectional
# overrides, lone surrogates.
_ESCAPED = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def to_json_text(value: Mapping[str, Any]) -> str:
    """Write one JSON document that is valid UTF-8 and harmless on a terminal.

    Args:
        value: Of JSON types alone.

    Returns:
        The document, indented, without a newline at its end.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def section_to_json(path: tuple[str, ...]) -> str | None:
    """Join a section path, outermost heading first; None before the first heading."""
    return SECTION_SEPARATOR.join(path) or None


def answer_to_json(answer: Answer) -> dict[str, Any]:
    """Give an answer the shape of `assistant ask --json`.

    Args:
        answer: An answer or an abstention.

    Returns:
        Values of JSON types; None for what is not there.
    """
    return {
        "schema": SCHEMA,
        "question": answer.question,
        "query": answer.query,
        "method": answer.method.value,
        "answer": answer.text or None,
        "short_answer": answer.short_answer,
        "abstained": answer.abstention is not None,
        "abstention": _abstention(answer.abstention),
        "confidence": answer.confidence,
        "evidence_score": answer.evidence_score,
        "notices": list(answer.notices),
        "conflicts": [[_statement(statement) for statement in conflict] for conflict in answer.conflicts],
        "sentences": [_sentence(sentence) for sentence in answer.sentences],
        "citations": [_citation(citation) for citation in answer.citations],
        "passages": [_passage(passage) for passage in answer.passages],
        "timings_ms": {
            "retrieval": round(answer.timings.retrieval, 3),
            "evidence": round(answer.timings.evidence, 3),
            "generation": round(answer.timings.generation, 3),
            "total": round(answer.timings.total, 3),
        },
        "fingerprint": {"corpus": answer.fingerprint.corpus, "config": answer.fingerprint.config},
    }


def search_to_json(question: str, passages: Iterable[Passage]) -> dict[str, Any]:
    """Give passages the shape of `assistant search --json`: they are those of `assistant ask --json`.

    Args:
        question: As it was asked.
        passages: In the order of their ranks.
    """
    return {"schema": SCHEMA, "question": question, "passages": [_passage(passage) for passage in passages]}


def history_from_json(content: bytes, *, path: Path) -> tuple[ConversationTurn, ...]:
    """Read the turns before a question.

    Args:
        content: A JSON list of objects with "question" and "answer", oldest first.
        path: Where it was read from, for messages.

    Raises:
        HistoryInvalid: If it is anything else; the message names the turn, from 1.
    """
    try:
        rows = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise HistoryInvalid(path, detail=f"it is not JSON in UTF-8 ({error})") from error
    if not isinstance(rows, list):
        raise HistoryInvalid(path, detail="it is not a list")
    return tuple(_turn(row, number, path=path) for number, row in enumerate(rows, start=1))


def _turn(row: Any, number: int, *, path: Path) -> ConversationTurn:
    if not isinstance(row, dict) or set(row) != {"question", "answer"}:
        raise HistoryInvalid(path, detail=f'turn {number} is not an object with "question" and "answer" alone')
    for field, value in row.items():
        if not isinstance(value, str):
            raise HistoryInvalid(path, detail=f"the {field} of turn {number} is no text")
    if not row["question"].strip():
        raise HistoryInvalid(path, detail=f"the question of turn {number} is empty")
    return ConversationTurn(question=row["question"], answer=row["answer"])


def documents_to_json(records: Iterable[DocumentRecord]) -> dict[str, Any]:
    """Give a list of documents the shape of `assistant documents list --json`."""
    return {"schema": SCHEMA, "documents": [record_to_json(record) for record in records]}


def record_to_json(record: DocumentRecord) -> dict[str, Any]:
    """Give one line of the list of documents its JSON shape."""
    return {
        "document": record.document_id,
        "state": record.state.value,
        "code": record.code,
        "reason": record.reason,
        "pages": record.pages,
        "chunks": record.chunks,
        "digest": record.digest,
        "title": record.title,
        "tags": list(record.tags),
    }


def document_to_json(document: Document, *, with_text: bool = False) -> dict[str, Any]:
    """Give a document the shape of `assistant documents show --json`.

    Args:
        document: As the catalog holds it.
        with_text: Whether the whole text is wanted; null otherwise.

    Returns:
        Its metadata, pages and headings with their spans, and on request its text.
    """
    return {
        "schema": SCHEMA,
        "document": document.id,
        "digest": document.digest,
        "title": document.title,
        "authors": list(document.authors),
        "date": document.date,
        "language": document.language,
        "tags": list(document.tags),
        "notices": list(document.notices),
        "characters": len(document.text),
        "pages": [{"page": page.number, "start": page.start, "end": page.end} for page in document.pages],
        "headings": [
            {
                "level": block.level,
                "start": block.start,
                "end": block.end,
                "text": document.text[block.start : block.end],
            }
            for block in document.blocks
            if block.kind is BlockKind.HEADING
        ],
        "text": document.text if with_text else None,
    }


def _abstention(abstention: Abstention | None) -> dict[str, Any] | None:
    if abstention is None:
        return None
    return {"reason": abstention.reason, "missing_terms": list(abstention.missing_terms)}


def _sentence(sentence: AnswerSentence) -> dict[str, Any]:
    return {
        "text": sentence.text,
        "citations": list(sentence.citations),
        "support": sentence.support.value,
        "signals": None if sentence.signals is None else asdict(sentence.signals),
    }


def _statement(statement: Statement) -> dict[str, Any]:
    return {"words": statement.words, "citation": statement.citation}


def _citation(citation: Citation) -> dict[str, Any]:
    return {
        "marker": citation.marker,
        "document": citation.document_id,
        "digest": citation.digest,
        "title": citation.title,
        "page": citation.page,
        "section": section_to_json(citation.section),
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
    }


def _passage(passage: Passage) -> dict[str, Any]:
    return {
        "rank": passage.rank,
        "score": passage.score,
        "document": passage.document_id,
        "title": passage.title,
        "page": passage.chunk.page,
        "section": section_to_json(passage.chunk.section),
        "start": passage.chunk.start,
        "end": passage.chunk.end,
        "text": passage.chunk.text,
        "signals": asdict(passage.signals),
    }
