"""Where chunks and sentences stand. What was altered since it was stored is withheld."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assistant.catalog.reading import read_content_text
from assistant.catalog.records import Placement, StoredSentence
from assistant.catalog.seals import holds, seal_span
from assistant.types import BlockKind, Chunk, Filters, Sentence, Span

Refuse = Callable[[str, int, int], None]
"""Told of each span that was altered since it was stored: its content's digest, its start and its end."""


@dataclass(frozen=True, slots=True)
class _Condition:
    """Which rows of `paths AS p` a filter lets through, as SQL and its parameters."""

    sql: str
    parameters: tuple[str, ...]


def _condition(filters: Filters, *, document: str = "p.document_id") -> _Condition:
    clauses, parameters = ["p.content IS NOT NULL"], []
    if filters.documents:
        clauses.append(f"{document} IN (SELECT value FROM json_each(?))")
        parameters.append(json.dumps(filters.documents))
    if filters.folders:
        clauses.append(
            "EXISTS (SELECT 1 FROM json_each(?) AS folder"
            " WHERE substr(p.document_id, 1, length(folder.value)) = folder.value)"
        )
        parameters.append(json.dumps([f"{folder.rstrip('/')}/" for folder in filters.folders]))
    if filters.tags:
        clauses.append(
            "EXISTS (SELECT 1 FROM json_each(?) AS wanted WHERE"
            " wanted.value IN (SELECT value FROM json_each(p.tags))"
            " OR wanted.value IN (SELECT value FROM json_each(p.folder_tags))"
            " OR wanted.value IN (SELECT own.value FROM contents AS tagged, json_each(tagged.tags) AS own"
            " WHERE tagged.content = p.content))"
        )
        parameters.append(json.dumps(filters.tags))
    return _Condition(" AND ".join(clauses), tuple(parameters))


def allowed_chunks(connection: sqlite3.Connection, filters: Filters) -> frozenset[str]:
    """Find the chunks of the documents that a filter lets through."""
    condition = _condition(filters)
    rows = connection.execute(
        "SELECT k.id FROM chunks AS k WHERE k.chunk IN (SELECT o.chunk FROM paths AS p"
        f" JOIN occurrences AS o ON o.content = p.content WHERE {condition.sql})",
        condition.parameters,
    )
    return frozenset(row[0] for row in rows)


def place_chunks(
    connection: sqlite3.Connection, chunk_ids: Sequence[str], *, filters: Filters, refuse: Refuse
) -> dict[str, list[Placement]]:
    """Find where chunks stand.

    Args:
        connection: The snapshot to read.
        chunk_ids: Any ids; those that are not visible are left out of the result.
        filters: Documents that may speak.
        refuse: Told of the altered spans, which are left out.

    Returns:
        By chunk id, its places by document id and position. For equal files the smallest allowed id speaks.
    """
    condition = _condition(filters, document="+p.document_id")  # the plus: no search for each id in each chunk's paths
    rows = connection.execute(
        "SELECT k.id, k.context, k.text, o.ordinal, o.start_at, o.end_at, o.page, o.section, o.seal, c.digest, c.title,"
        " c.date, min(p.document_id) AS speaker FROM json_each(?) AS wanted"
        " CROSS JOIN chunks AS k ON k.id = wanted.value CROSS JOIN occurrences AS o ON o.chunk = k.chunk"
        " CROSS JOIN contents AS c ON c.content = o.content"
        f" CROSS JOIN paths AS p ON p.content = o.content WHERE {condition.sql}"
        " GROUP BY k.chunk, o.content ORDER BY speaker, o.ordinal",
        (json.dumps(list(dict.fromkeys(chunk_ids))), *condition.parameters),
    )
    places: dict[str, list[Placement]] = {}
    for row in rows:
        placement = _placement(row, refuse=refuse)
        if placement is not None:
            places.setdefault(row[0], []).append(placement)
    return places


def _placement(row: Sequence[Any], *, refuse: Refuse) -> Placement | None:
    identifier, context, text, ordinal, start, end, page, section, seal, digest, title, date, speaker = row
    if seal_span(digest, start=start, end=end, text=text) != seal:
        refuse(digest, start, end)
        return None
    chunk = Chunk(
        id=identifier,
        digest=digest,
        ordinal=ordinal,
        start=start,
        end=end,
        text=text,
        context=context,
        page=page,
        section=tuple(json.loads(section)),
    )
    return Placement(document_id=speaker, title=title, date=date, chunk=chunk)


def read_sentences(
    connection: sqlite3.Connection, digest: str, *, within: Span, refuse: Refuse
) -> list[StoredSentence]:
    """Read the sentences of a content that overlap a span, in order, without those that were altered."""
    rows = connection.execute(
        "SELECT s.ordinal, s.start_at, s.end_at, s.kind, s.vector, s.seal FROM contents AS c"
        " JOIN sentences AS s ON s.content = c.content WHERE c.digest = ?1 AND s.start_at < ?2 AND s.end_at > ?3"
        " AND s.start_at >= coalesce((SELECT max(first.start_at) FROM sentences AS first"
        " WHERE first.content = c.content AND first.start_at <= ?3), 0) ORDER BY s.start_at",
        (digest, within.end, within.start),
    ).fetchall()
    if not rows:
        return []
    text = read_content_text(connection, digest)
    sentences = []
    for ordinal, start, end, kind, vector, seal in rows:
        if not holds(text, digest=digest, start=start, end=end, seal=seal):
            refuse(digest, start, end)
            continue
        sentences.append(
            StoredSentence(
                ordinal=ordinal,
                sentence=Sentence(start=start, end=end, kind=BlockKind(kind)),
                text=text[start:end],
                vector=None if vector is None else np.frombuffer(vector, dtype="<f2").astype(np.float32),
            )
        )
    return sentences
