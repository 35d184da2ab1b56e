"""Reading the catalog: documents, places of chunks, sentences, files. Each works on a snapshot the caller holds."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np

from assistant.catalog.records import FileRecord, Placement, RunRecord, SourceKind, SourceRecord, StoredSentence
from assistant.errors import DocumentNotFound
from assistant.types import (
    Block,
    BlockKind,
    Chunk,
    Document,
    DocumentRecord,
    DocumentState,
    Filters,
    Page,
    Section,
    Sentence,
    Span,
)


def list_documents(connection: sqlite3.Connection) -> list[DocumentRecord]:
    """List every document, problems included, by id."""
    rows = connection.execute(
        "SELECT p.document_id, p.source, p.state, p.code, p.reason, c.page_count, coalesce(c.chunk_count, 0),"
        " p.digest, c.title, c.date, c.language, coalesce(c.tags, '[]'), p.tags"
        " FROM paths AS p LEFT JOIN contents AS c USING (content) ORDER BY p.document_id"
    )
    return [_document_record(row) for row in rows]


def _document_record(row: Sequence[Any]) -> DocumentRecord:
    document_id, source, state, code, reason, pages, chunks, digest, title, date, language, own_tags, path_tags = row
    return DocumentRecord(
        document_id=document_id,
        source=source,
        state=DocumentState(state),
        code=code,
        reason=reason,
        pages=pages,
        chunks=chunks,
        digest=digest,
        title=title,
        date=date,
        language=language,
        tags=_merged(own_tags, path_tags),
    )


def _merged(own_tags: str, path_tags: str) -> tuple[str, ...]:
    return tuple(sorted({*json.loads(own_tags), *json.loads(path_tags)}))


def read_document(connection: sqlite3.Connection, document_id: str) -> Document:
    """Read a document as it was ingested, its path's tags merged in.

    Raises:
        DocumentNotFound: If no indexed document has this id.
    """
    row = connection.execute(
        "SELECT c.content, c.digest, c.text, c.title, c.authors, c.date, c.language, c.tags, p.tags"
        " FROM paths AS p JOIN contents AS c USING (content) WHERE p.document_id = ?",
        (document_id,),
    ).fetchone()
    if row is None:
        raise _not_found(connection, document_id)
    content, digest, text, title, authors, date, language, own_tags, path_tags = row
    return Document(
        id=document_id,
        digest=digest,
        text=text,
        title=title,
        authors=tuple(json.loads(authors)),
        date=date,
        language=language,
        tags=_merged(own_tags, path_tags),
        pages=read_pages(connection, content),
        blocks=tuple(
            Block(start=start, end=end, kind=BlockKind(kind), level=level)
            for start, end, kind, level in connection.execute(
                "SELECT start_at, end_at, kind, level FROM blocks WHERE content = ? ORDER BY ordinal", (content,)
            )
        ),
    )


def read_pages(connection: sqlite3.Connection, content: int) -> tuple[Page, ...]:
    """Read a content's pages in order."""
    rows = connection.execute(
        "SELECT start_at, end_at, number FROM pages WHERE content = ? ORDER BY number", (content,)
    )
    return tuple(Page(start=start, end=end, number=number) for start, end, number in rows)


def read_sections(connection: sqlite3.Connection, digest: str) -> tuple[Section, ...]:
    """Read a content's sections in order."""
    rows = connection.execute(
        "SELECT start_at, end_at, path FROM contents JOIN sections USING (content) WHERE digest = ? ORDER BY ordinal",
        (digest,),
    )
    return tuple(Section(start=start, end=end, path=tuple(json.loads(path))) for start, end, path in rows)


def read_text(connection: sqlite3.Connection, document_id: str) -> str:
    """Read a document's normalised text.

    Raises:
        DocumentNotFound: If no indexed document has this id.
    """
    row = connection.execute(
        "SELECT c.text FROM paths AS p JOIN contents AS c USING (content) WHERE p.document_id = ?", (document_id,)
    ).fetchone()
    if row is None:
        raise _not_found(connection, document_id)
    return str(row[0])


def read_content_text(connection: sqlite3.Connection, digest: str) -> str:
    """Read the normalised text of a content.

    Raises:
        DocumentNotFound: If no document has this content any more.
    """
    row = connection.execute("SELECT text FROM contents WHERE digest = ?", (digest,)).fetchone()
    if row is None:
        raise DocumentNotFound(digest)
    return str(row[0])


def _not_found(connection: sqlite3.Connection, document_id: str) -> DocumentNotFound:
    known = [row[0] for row in connection.execute("SELECT document_id FROM paths")]
    return DocumentNotFound(document_id, nearest=get_close_matches(document_id, known, n=3))


@dataclass(frozen=True, slots=True)
class _Condition:
    """Which rows of `paths AS p` a filter lets through, as SQL and its parameters."""

    sql: str
    parameters: tuple[str, ...]


def _condition(filters: Filters) -> _Condition:
    clauses, parameters = ["p.content IS NOT NULL"], []
    if filters.documents:
        clauses.append("p.document_id IN (SELECT value FROM json_each(?))")
        parameters.append(json.dumps(filters.documents))
    if filters.tags:
        clauses.append(
            "EXISTS (SELECT 1 FROM json_each(?) AS wanted WHERE"
            " wanted.value IN (SELECT value FROM json_each(p.tags))"
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
    connection: sqlite3.Connection, chunk_ids: Sequence[str], *, filters: Filters
) -> dict[str, list[Placement]]:
    """Find where chunks stand.

    Args:
        connection: The snapshot to read.
        chunk_ids: Any ids; those that are not visible are left out of the result.
        filters: Documents that may speak.

    Returns:
        By chunk id, its places by document id and position. For equal files the smallest allowed id speaks.
    """
    condition = _condition(filters)
    rows = connection.execute(
        "SELECT k.id, k.context, k.text, o.ordinal, o.start_at, o.end_at, o.page, o.section, c.digest, c.title,"
        f" c.date, (SELECT min(p.document_id) FROM paths AS p WHERE p.content = o.content AND {condition.sql})"
        " AS speaker FROM json_each(?) AS wanted CROSS JOIN chunks AS k ON k.id = wanted.value"
        " CROSS JOIN occurrences AS o ON o.chunk = k.chunk CROSS JOIN contents AS c ON c.content = o.content"
        " WHERE speaker IS NOT NULL ORDER BY speaker, o.ordinal",
        (*condition.parameters, json.dumps(list(dict.fromkeys(chunk_ids)))),
    )
    places: dict[str, list[Placement]] = {}
    for row in rows:
        places.setdefault(row[0], []).append(_placement(row))
    return places


def _placement(row: Sequence[Any]) -> Placement:
    identifier, context, text, ordinal, start, end, page, section, digest, title, date, speaker = row
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


def read_sentences(connection: sqlite3.Connection, digest: str, *, within: Span) -> list[StoredSentence]:
    """Read the sentences of a content that overlap a span, in order."""
    rows = connection.execute(
        "SELECT s.ordinal, s.start_at, s.end_at, s.kind, s.vector FROM contents AS c"
        " JOIN sentences AS s ON s.content = c.content WHERE c.digest = ?1 AND s.start_at < ?2 AND s.end_at > ?3"
        " AND s.start_at >= coalesce((SELECT max(first.start_at) FROM sentences AS first"
        " WHERE first.content = c.content AND first.start_at <= ?3), 0) ORDER BY s.start_at",
        (digest, within.end, within.start),
    ).fetchall()
    if not rows:
        return []
    text = read_content_text(connection, digest)
    return [
        StoredSentence(
            ordinal=ordinal,
            sentence=Sentence(start=start, end=end, kind=BlockKind(kind)),
            text=text[start:end],
            vector=None if vector is None else np.frombuffer(vector, dtype="<f2").astype(np.float32),
        )
        for ordinal, start, end, kind, vector in rows
    ]


def list_sources(connection: sqlite3.Connection) -> list[SourceRecord]:
    """List the sources by name."""
    rows = connection.execute("SELECT name, kind, root FROM sources ORDER BY name")
    return [SourceRecord(name=name, kind=SourceKind(kind), root=root) for name, kind, root in rows]


_FILE_COLUMNS = "document_id, source, digest, size, mtime_ns, state, code"


def list_files(connection: sqlite3.Connection, source: str) -> list[FileRecord]:
    """List what a sync remembers of a source's files, by document id."""
    rows = connection.execute(f"SELECT {_FILE_COLUMNS} FROM paths WHERE source = ? ORDER BY document_id", (source,))
    return [_file_record(row) for row in rows]


def find_file(connection: sqlite3.Connection, document_id: str) -> FileRecord:
    """Look up what a sync remembers of one file.

    Raises:
        DocumentNotFound: If no document has this id, indexed or not.
    """
    row = connection.execute(f"SELECT {_FILE_COLUMNS} FROM paths WHERE document_id = ?", (document_id,)).fetchone()
    if row is None:
        raise _not_found(connection, document_id)
    return _file_record(row)


def _file_record(row: Sequence[Any]) -> FileRecord:
    document_id, source, digest, size, mtime_ns, state, code = row
    return FileRecord(
        document_id=document_id,
        source=source,
        digest=digest,
        size=size,
        mtime_ns=mtime_ns,
        state=DocumentState(state),
        code=code,
    )


def list_runs(connection: sqlite3.Connection) -> list[RunRecord]:
    """List the journal, oldest first."""
    rows = connection.execute("SELECT run, kind, started_at, finished_at, summary FROM runs ORDER BY run")
    return [
        RunRecord(run_id=run, kind=kind, started_at=started, finished_at=finished, summary=summary)
        for run, kind, started, finished, summary in rows
    ]


def fingerprint_corpus(connection: sqlite3.Connection) -> str:
    """Hash the visible documents and what built their index."""
    (build,) = connection.execute("SELECT build FROM state").fetchone()
    hashed = hashlib.sha256(json.dumps(build).encode())
    for row in connection.execute(
        "SELECT document_id, digest FROM paths WHERE content IS NOT NULL ORDER BY document_id"
    ):
        hashed.update(json.dumps(row).encode())
    return hashed.hexdigest()
