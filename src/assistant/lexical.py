"""The lexical index: BM25 over the stemmed words that the catalog writes with each chunk.

It lives in the catalog's database, so that a chunk and its words become visible together, and reads through a
connection that the catalog lends, so that both see the same snapshot.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from assistant.ranking import Hit, Ranking

_CONTEXT_WEIGHT, _BODY_WEIGHT = 1.0, 1.0
"""How much a word counts in a chunk's title and section path, and in its text."""
_DECIMALS = 6
_TIE_MARGIN = 32


class Lexical:
    """BM25 search over the visible chunks."""

    def __init__(self, reading: Callable[[], AbstractContextManager[sqlite3.Connection]]) -> None:
        self._reading = reading

    def search(self, terms: Sequence[str], *, k: int, allowed: frozenset[str] | None = None) -> Ranking:
        """Rank the chunks that hold any of some terms.

        Args:
            terms: Stems as `assistant.terms` makes them; one that is repeated counts as often. They are data: nothing
                in them is query syntax.
            k: How many hits to return at most.
            allowed: Chunk ids that may be returned; None for all.

        Returns:
            Best first, scores unbounded and higher is better, rounded to 6 decimals; ties by chunk id.

        Raises:
            ValueError: If `k` is below 1.

        Source: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, as SQLite's
        `bm25()` computes it (k1 = 1.2, b = 0.75).
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        query = _any_of(terms)
        if not query or (allowed is not None and not allowed):
            return Ranking()
        with self._reading() as connection:
            rows = _best_rows(connection, query, k=k, allowed=allowed)
        hits = sorted((Hit(chunk_id=name, score=score) for name, score in rows), key=lambda h: (-h.score, h.chunk_id))
        return Ranking(hits=tuple(hits[:k]))

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """Count in how many chunks each term stands; 0 for one that the corpus lacks."""
        counts = dict.fromkeys(terms, 0)
        with self._reading() as connection:
            for term, count in connection.execute(
                "SELECT wanted.value, doc FROM json_each(?) AS wanted CROSS JOIN lexical_terms ON term = wanted.value",
                (json.dumps(list(counts)),),
            ):
                counts[term] = count
        return counts

    def terms_of(self, chunk_ids: Sequence[str]) -> dict[str, tuple[list[str], list[str]]]:
        """Look up the stems of each chunk's title and section path, and of its text, in order."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT chunks.id, lexical.context, lexical.body FROM json_each(?) AS wanted"
                " CROSS JOIN chunks ON chunks.id = wanted.value CROSS JOIN lexical ON lexical.rowid = chunks.chunk",
                (json.dumps(list(chunk_ids)),),
            ).fetchall()
        return {name: (context.split(" "), body.split(" ")) for name, context, body in rows}


def _any_of(terms: Sequence[str]) -> str:
    """Write an FTS5 query for any of the terms, each a quoted string; FTS5 adds a score as often as it stands there."""
    quoted = ['"' + term.replace('"', '""') + '"' for term in terms if term.strip() and "\0" not in term]
    return " OR ".join(quoted)


def _best_rows(
    connection: sqlite3.Connection, query: str, *, k: int, allowed: frozenset[str] | None
) -> list[tuple[str, float]]:
    """Fetch the best rows and all that tie with the last of them, so that ids can decide."""
    limit = k + _TIE_MARGIN
    while True:
        rows = _ranked_rows(connection, query, limit=limit, allowed=allowed)
        if len(rows) < limit or rows[k - 1][1] > rows[-1][1]:
            return rows
        limit *= 4


def _ranked_rows(
    connection: sqlite3.Connection, query: str, *, limit: int, allowed: frozenset[str] | None
) -> list[tuple[str, float]]:
    within, parameters = "", [query]
    if allowed is not None:
        # Without the plus, FTS5 would be asked once for each of the rowids.
        within = (
            " AND +rowid IN (SELECT chunk FROM json_each(?) AS wanted CROSS JOIN chunks ON chunks.id = wanted.value)"
        )
        parameters.append(json.dumps(sorted(allowed)))
    rows = connection.execute(
        "SELECT id, score FROM (SELECT rowid AS chunk, rank AS score FROM lexical WHERE lexical MATCH ?"
        f" AND rank MATCH 'bm25({_CONTEXT_WEIGHT}, {_BODY_WEIGHT})'{within} ORDER BY rank LIMIT {limit})"
        " JOIN chunks USING (chunk) ORDER BY score",
        parameters,
    )
    return [(name, round(-score, _DECIMALS)) for name, score in rows]
