"""One change to the catalog, inside a transaction that the caller holds."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from assistant.catalog.records import CatalogChange, IndexedContent, PathEntry, ProblemEntry
from assistant.catalog.seals import digest_of_map, digest_of_text, seal_span
from assistant.catalog.sections import sections_of
from assistant.terms import stems
from assistant.types import Chunk, Document, Section


def apply_change(connection: sqlite3.Connection, change: CatalogChange) -> bool:
    """Store contents, re-point paths, record problems, remove documents and sweep what nobody points to.

    Returns:
        Whether anything visible changed.

    Raises:
        ValueError: If a path names an unknown source or a content that is not stored, or a vector's dimension is not
            that of the catalog.
    """
    entries: list[PathEntry | ProblemEntry] = [*change.paths, *change.problems]
    touched = [entry.document_id for entry in entries] + list(change.removed)
    before = _visible_state(connection, touched)
    _refuse_unknown_sources(connection, {entry.source for entry in entries})
    candidates = {state[0] for state in before.values() if state[0] is not None}
    for content in change.contents:
        candidates.add(_store_content(connection, content))
    for path in change.paths:
        _point(connection, path)
    for problem in change.problems:
        _record_problem(connection, problem)
    connection.executemany("DELETE FROM paths WHERE document_id = ?", [(name,) for name in change.removed])
    _rename(connection, change)
    _sweep(connection, candidates)
    return before != _visible_state(connection, touched)


def _visible_state(connection: sqlite3.Connection, document_ids: Iterable[str]) -> dict[str, tuple[int | None, ...]]:
    rows = connection.execute(
        "SELECT document_id, content, digest, state, code, reason, tags, folder_tags FROM json_each(?) AS wanted"
        " CROSS JOIN paths ON document_id = wanted.value",
        (json.dumps(sorted(set(document_ids))),),
    )
    return {row[0]: tuple(row[1:]) for row in rows}


def _refuse_unknown_sources(connection: sqlite3.Connection, names: Iterable[str]) -> None:
    known = {row[0] for row in connection.execute("SELECT name FROM sources")}
    if unknown := sorted(set(names) - known):
        raise ValueError(f"sources {unknown} are not in the catalog; set_source comes first")


def _point(connection: sqlite3.Connection, path: PathEntry) -> None:
    content = connection.execute("SELECT content FROM contents WHERE digest = ?", (path.digest,)).fetchone()
    if content is None:
        raise ValueError(f"{path.document_id!r} points to content {path.digest}, which is not stored")
    connection.execute(
        "INSERT OR REPLACE INTO paths (document_id, source, content, digest, size, mtime_ns, state, tags, folder_tags)"
        " VALUES (?, ?, ?, ?, ?, ?, 'indexed', ?, ?)",
        (
            path.document_id,
            path.source,
            content[0],
            path.digest,
            path.size,
            path.mtime_ns,
            json.dumps(path.tags),
            json.dumps(path.folder_tags),
        ),
    )


def _record_problem(connection: sqlite3.Connection, problem: ProblemEntry) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO paths (document_id, source, digest, size, mtime_ns, state, code, reason, tags)"
        " VALUES (?1, ?2, ?3, ?4, ?5, 'problem', ?6, ?7,"
        " coalesce(?8, (SELECT tags FROM paths WHERE document_id = ?1), '[]'))",
        (
            problem.document_id,
            problem.source,
            problem.digest,
            problem.size,
            problem.mtime_ns,
            problem.code,
            problem.reason,
            None if problem.tags is None else json.dumps(problem.tags),
        ),
    )


def _rename(connection: sqlite3.Connection, change: CatalogChange) -> None:
    """Note where documents moved, those included that moved to what is now a former name; forget removed ones."""
    for former, present in change.moved:
        connection.execute("UPDATE former_names SET document_id = ? WHERE document_id = ?", (present, former))
        connection.execute("INSERT OR REPLACE INTO former_names VALUES (?, ?)", (former, present))
    connection.executemany("DELETE FROM former_names WHERE document_id = ?", [(name,) for name in change.removed])


def _store_content(connection: sqlite3.Connection, indexed: IndexedContent) -> int:
    document = indexed.document
    known = connection.execute("SELECT content FROM contents WHERE digest = ?", (document.digest,)).fetchone()
    if known is not None:
        return int(known[0])
    _agree_on_dimension(connection, indexed)
    sections = sections_of(document.text, document.blocks)
    content = _insert_document(connection, document, sections, chunk_count=len(indexed.chunks))
    _insert_maps(connection, content, document, sections)
    _insert_sentences(connection, content, indexed)
    _insert_occurrences(connection, content, indexed.chunks, keys=_store_chunks(connection, indexed))
    return content


def _agree_on_dimension(connection: sqlite3.Connection, indexed: IndexedContent) -> None:
    matrices = [matrix for matrix in (indexed.vectors, indexed.sentence_vectors) if matrix is not None and len(matrix)]
    (stored,) = connection.execute("SELECT dimension FROM state").fetchone()
    for matrix in matrices:
        if stored is None:
            stored = matrix.shape[1]
            connection.execute("UPDATE state SET dimension = ?", (stored,))
        if matrix.shape[1] != stored:
            raise ValueError(f"vectors of dimension {matrix.shape[1]} in a catalog of dimension {stored}")


def _insert_document(
    connection: sqlite3.Connection, document: Document, sections: Sequence[Section], *, chunk_count: int
) -> int:
    cursor = connection.execute(
        "INSERT INTO contents (digest, text, text_digest, map_digest, title, authors, date, language, tags,"
        " page_count, chunk_count, notices) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            document.digest,
            document.text,
            digest_of_text(document.text),
            digest_of_map(document.pages, sections),
            document.title,
            json.dumps(document.authors),
            document.date,
            document.language,
            json.dumps(document.tags),
            len(document.pages) or None,
            chunk_count,
            json.dumps(document.notices),
        ),
    )
    if cursor.lastrowid is None:
        raise ValueError(f"content {document.digest} was not stored")
    return cursor.lastrowid


def _insert_maps(connection: sqlite3.Connection, content: int, document: Document, sections: Sequence[Section]) -> None:
    connection.executemany(
        "INSERT INTO pages VALUES (?, ?, ?, ?)",
        [(content, page.number, page.start, page.end) for page in document.pages],
    )
    connection.executemany(
        "INSERT INTO sections VALUES (?, ?, ?, ?, ?)",
        [
            (content, ordinal, section.start, section.end, json.dumps(section.path))
            for ordinal, section in enumerate(sections)
        ],
    )
    connection.executemany(
        "INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?)",
        [
            (content, ordinal, block.start, block.end, block.kind.value, block.level)
            for ordinal, block in enumerate(document.blocks)
        ],
    )


def _insert_sentences(connection: sqlite3.Connection, content: int, indexed: IndexedContent) -> None:
    vectors: Sequence[bytes | None] = [None] * len(indexed.sentences)
    if indexed.sentence_vectors is not None:
        halves = np.ascontiguousarray(indexed.sentence_vectors, dtype="<f2")
        vectors = [row.tobytes() if row.any() else None for row in halves]
    document = indexed.document
    connection.executemany(
        "INSERT INTO sentences (content, start_at, end_at, ordinal, kind, vector, seal) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (content, one.start, one.end, ordinal, one.kind.value, vector, _seal(document, one.start, one.end))
            for ordinal, (one, vector) in enumerate(zip(indexed.sentences, vectors, strict=True))
        ],
    )


def _insert_occurrences(
    connection: sqlite3.Connection, content: int, chunks: Sequence[Chunk], *, keys: Mapping[str, int]
) -> None:
    connection.executemany(
        "INSERT INTO occurrences VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                content,
                chunk.ordinal,
                keys[chunk.id],
                chunk.start,
                chunk.end,
                chunk.page,
                json.dumps(chunk.section),
                seal_span(chunk.digest, start=chunk.start, end=chunk.end, text=chunk.text),
            )
            for chunk in chunks
        ],
    )


def _seal(document: Document, start: int, end: int) -> bytes:
    return seal_span(document.digest, start=start, end=end, text=document.text[start:end])


def _store_chunks(connection: sqlite3.Connection, indexed: IndexedContent) -> dict[str, int]:
    """Store the chunks that are new, with their vectors and lexical rows, and map all ids to their keys."""
    keys = _chunk_keys(connection, indexed.chunks)
    fresh = [position for position, chunk in enumerate(indexed.chunks) if chunk.id not in keys]
    chunks = [indexed.chunks[position] for position in fresh]
    connection.executemany(
        "INSERT INTO chunks (id, context, text) VALUES (?, ?, ?)", [(c.id, c.context, c.text) for c in chunks]
    )
    keys |= _chunk_keys(connection, chunks)
    vectors = np.ascontiguousarray(indexed.vectors[fresh], dtype="<f4")
    connection.executemany(
        "INSERT INTO chunk_vectors VALUES (?, ?)",
        [(keys[chunk.id], row.tobytes()) for chunk, row in zip(chunks, vectors, strict=True)],
    )
    connection.executemany(
        "INSERT INTO lexical (rowid, context, body) VALUES (?, ?, ?)",
        [(keys[c.id], " ".join(stems(c.context)), " ".join(stems(c.text))) for c in chunks],
    )
    connection.executemany("DELETE FROM stale_vectors WHERE id = ?", [(chunk.id,) for chunk in chunks])
    return keys


def _chunk_keys(connection: sqlite3.Connection, chunks: Sequence[Chunk]) -> dict[str, int]:
    """Map those ids that are stored to their keys.

    Raises:
        ValueError: If an id is stored with another text: it would speak for both.
    """
    wanted = {chunk.id: (chunk.context, chunk.text) for chunk in chunks}
    keys = {}
    for identifier, key, context, text in connection.execute(
        "SELECT k.id, chunk, context, text FROM json_each(?) AS wanted CROSS JOIN chunks AS k ON k.id = wanted.value",
        (json.dumps(list(wanted)),),
    ):
        if wanted[identifier] != (context, text):
            raise ValueError(f"chunk id {identifier} stands for two different texts")
        keys[identifier] = key
    return keys


def _sweep(connection: sqlite3.Connection, candidates: Iterable[int]) -> None:
    """Delete those of the contents that no path points to, and the chunks that stood in them alone."""
    for content in sorted(candidates):
        if connection.execute("SELECT 1 FROM paths WHERE content = ? LIMIT 1", (content,)).fetchone():
            continue
        chunks = connection.execute("SELECT chunk FROM occurrences WHERE content = ?", (content,)).fetchall()
        connection.execute("DELETE FROM contents WHERE content = ?", (content,))
        dead = [
            key
            for key in chunks
            if not connection.execute("SELECT 1 FROM occurrences WHERE chunk = ? LIMIT 1", key).fetchone()
        ]
        connection.executemany("INSERT OR IGNORE INTO stale_vectors SELECT id FROM chunks WHERE chunk = ?", dead)
        connection.executemany("DELETE FROM lexical WHERE rowid = ?", dead)
        connection.executemany("DELETE FROM chunks WHERE chunk = ?", dead)
