"""Stored vectors: float32, one per chunk id."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from assistant.catalog.records import VectorTable

_ROWS_AT_ONCE = 4096
_WITHIN_CHUNKS = (
    "FROM json_each(?) AS wanted CROSS JOIN chunks ON chunks.id = wanted.value"
    " CROSS JOIN occurrences AS o ON o.chunk = chunks.chunk"
    " AND o.content = (SELECT min(content) FROM occurrences WHERE chunk = chunks.chunk)"
    " CROSS JOIN sentences AS s ON s.content = o.content AND s.start_at BETWEEN o.start_at AND o.end_at"
    " WHERE s.end_at <= o.end_at AND s.vector IS NOT NULL"
)
"""Joins asked chunk ids to the sentences of one occurrence that have a vector."""


def count_chunks(connection: sqlite3.Connection) -> int:
    """Count the distinct chunk ids."""
    return int(connection.execute("SELECT count(*) FROM chunks").fetchone()[0])


def list_chunks(connection: sqlite3.Connection) -> frozenset[str]:
    """List the distinct chunk ids."""
    return frozenset(row[0] for row in connection.execute("SELECT id FROM chunks"))


def sample_vectors(connection: sqlite3.Connection, *, at_most: int) -> dict[str, NDArray[np.float32]]:
    """Take vectors evenly from all that are stored, by chunk id; the same ones each time."""
    ids = [row[0] for row in connection.execute("SELECT id FROM chunks ORDER BY id")]
    step = -(-len(ids) // at_most) or 1
    return known_vectors(connection, ids[::step])


def dimension_of(connection: sqlite3.Connection) -> int:
    """Read the dimension of the stored vectors; 0 before the first."""
    return int(connection.execute("SELECT dimension FROM state").fetchone()[0] or 0)


def load_table(connection: sqlite3.Connection) -> VectorTable:
    """Load every vector, by chunk id.

    The rows come in the order they are stored, which is fast, and each is put at its place in the order of ids.
    """
    listed = connection.execute("SELECT id, chunk FROM chunks ORDER BY id").fetchall()
    ids = tuple(identifier for identifier, _ in listed)
    row_of_key = {key: row for row, (_, key) in enumerate(listed)}
    matrix = np.zeros((len(ids), dimension_of(connection)), dtype=np.float32)
    cursor = connection.execute("SELECT chunk, vector FROM chunk_vectors ORDER BY chunk")
    while batch := cursor.fetchmany(_ROWS_AT_ONCE):
        rows = [row_of_key[key] for key, _ in batch]
        matrix[rows] = np.frombuffer(b"".join(vector for _, vector in batch), dtype="<f4").reshape(len(batch), -1)
    matrix.flags.writeable = False
    return VectorTable(ids, matrix, {identifier: row for row, identifier in enumerate(ids)})


def known_vectors(connection: sqlite3.Connection, chunk_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    """Look up stored vectors; ids that are not stored are left out."""
    rows = connection.execute(
        "SELECT k.id, v.vector FROM json_each(?) AS wanted CROSS JOIN chunks AS k ON k.id = wanted.value"
        " CROSS JOIN chunk_vectors AS v ON v.chunk = k.chunk",
        (json.dumps(list(chunk_ids)),),
    )
    return {
        identifier: np.frombuffer(vector, dtype="<f4").astype(np.float32, copy=False) for identifier, vector in rows
    }


def sentence_vectors(connection: sqlite3.Connection, chunk_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    """Look up the vectors of the sentences within each chunk, as rows in order; a chunk without any is left out."""
    rows = connection.execute(
        f"SELECT chunks.id, s.vector {_WITHIN_CHUNKS} ORDER BY chunks.chunk, s.start_at",
        (json.dumps(list(chunk_ids)),),
    )
    found: dict[str, list[bytes]] = {}
    for identifier, vector in rows:
        found.setdefault(identifier, []).append(vector)
    return {
        identifier: np.frombuffer(b"".join(vectors), dtype="<f2").reshape(len(vectors), -1).astype(np.float32)
        for identifier, vectors in found.items()
    }


def known_sentences(
    connection: sqlite3.Connection, chunk_ids: Sequence[str]
) -> dict[str, dict[tuple[int, int], NDArray[np.float32]]]:
    """Look up the vectors of the sentences within each chunk, by their span counted from the chunk's end.

    A chunk without any is left out, and so is a sentence that reaches over a chunk's end.
    """
    rows = connection.execute(
        f"SELECT chunks.id, s.start_at - o.end_at, s.end_at - o.end_at, s.vector {_WITHIN_CHUNKS}",
        (json.dumps(list(chunk_ids)),),
    )
    found: dict[str, dict[tuple[int, int], NDArray[np.float32]]] = {}
    for identifier, start, end, vector in rows:
        found.setdefault(identifier, {})[start, end] = np.frombuffer(vector, dtype="<f2").astype(np.float32)
    return found


def vectors_of(connection: sqlite3.Connection, chunk_ids: Sequence[str]) -> NDArray[np.float32]:
    """Look up stored vectors as rows in the order asked.

    Raises:
        ValueError: If an id is not stored.
    """
    known = known_vectors(connection, chunk_ids)
    if missing := [identifier for identifier in chunk_ids if identifier not in known]:
        raise ValueError(f"{len(missing)} chunks have no stored vector, the first is {missing[0]}")
    if not chunk_ids:
        return np.zeros((0, dimension_of(connection)), dtype=np.float32)
    return np.stack([known[identifier] for identifier in chunk_ids])
