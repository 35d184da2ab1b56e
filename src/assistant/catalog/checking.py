"""What a healthy catalog fulfils, checked against what is stored."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

from assistant.catalog.reading import read_pages, read_sections
from assistant.catalog.seals import digest_of_map, digest_of_text, holds
from assistant.catalog.sections import sections_of
from assistant.terms import stems
from assistant.types import Block, BlockKind

_COUNTED = (
    ("contents that no document points to", "SELECT count(*) FROM contents WHERE content NOT IN"
     " (SELECT content FROM paths WHERE content IS NOT NULL)"),
    ("chunks that stand nowhere", "SELECT count(*) FROM chunks WHERE chunk NOT IN (SELECT chunk FROM occurrences)"),
    ("chunks without a vector", "SELECT count(*) FROM chunks WHERE chunk NOT IN (SELECT chunk FROM chunk_vectors)"),
    ("chunks without a lexical row", "SELECT count(*) FROM chunks WHERE chunk NOT IN (SELECT rowid FROM lexical)"),
    ("lexical rows without a chunk", "SELECT count(*) FROM lexical WHERE rowid NOT IN (SELECT chunk FROM chunks)"),
    ("chunk vectors of another dimension", "SELECT count(*) FROM chunk_vectors, state"
     " WHERE length(vector) IS NOT dimension * 4"),
    ("sentence vectors of another dimension", "SELECT count(*) FROM sentences, state"
     " WHERE vector IS NOT NULL AND length(vector) IS NOT dimension * 2"),
    ("contents with another number of chunks than noted", "SELECT count(*) FROM contents AS c WHERE chunk_count !="
     " (SELECT count(*) FROM occurrences AS o WHERE o.content = c.content)"),
    ("documents that point to another content than their file's", "SELECT count(*) FROM paths AS p"
     " LEFT JOIN contents AS c USING (content) WHERE p.state = 'indexed' AND c.digest IS NOT p.digest"),
    ("documents of no source", "SELECT count(*) FROM paths WHERE source NOT IN (SELECT name FROM sources)"),
    ("visible chunks that are also listed as stale", "SELECT count(*) FROM stale_vectors JOIN chunks USING (id)"),
)  # fmt: skip

_LEXICAL = "SELECT k.context, k.text, l.context, l.body FROM chunks AS k JOIN lexical AS l ON l.rowid = k.chunk"


def find_faults(connection: sqlite3.Connection) -> list[str]:
    """Check the file, its references, its spans, its vectors and its lexical rows.

    Returns:
        One line per fault; empty for a healthy catalog.
    """
    faults = [f"database: {row[0]}" for row in connection.execute("PRAGMA quick_check(20)") if row[0] != "ok"]
    faults += [f"a row of {row[0]} refers to nothing" for row in connection.execute("PRAGMA foreign_key_check")]
    for what, query in _COUNTED:
        (count,) = connection.execute(query).fetchone()
        if count:
            faults.append(f"{what}: {count}")
    if altered := sum(_lexical_differs(row) for row in connection.execute(_LEXICAL)):
        faults.append(f"lexical rows that are not the words of their chunk: {altered}")
    contents = connection.execute("SELECT content FROM contents ORDER BY content").fetchall()
    for (content,) in contents:
        faults += _faults_of_content(connection, content)
    return faults


def _lexical_differs(row: tuple[str, str, str, str]) -> bool:
    context, text, stored_context, stored_text = row
    return (" ".join(stems(context)), " ".join(stems(text))) != (stored_context, stored_text)


def _faults_of_content(connection: sqlite3.Connection, content: int) -> Iterator[str]:
    digest, text, text_digest, map_digest = connection.execute(
        "SELECT digest, text, text_digest, map_digest FROM contents WHERE content = ?", (content,)
    ).fetchone()
    name = f"content {digest[:12]}"
    if digest_of_text(text) != text_digest:
        yield f"{name}: the text was altered"
    if digest_of_map(read_pages(connection, content), read_sections(connection, digest)) != map_digest:
        yield f"{name}: a page or a section was altered"
    for fault in _chunk_faults(connection, content, digest, text):
        yield f"{name}: {fault}"
    for fault in _sentence_faults(connection, content, digest, text):
        yield f"{name}: {fault}"
    if not _sections_agree(connection, content, text):
        yield f"{name}: the sections are not those of its headings"


def _chunk_faults(connection: sqlite3.Connection, content: int, digest: str, text: str) -> Iterator[str]:
    for identifier, start, end, seal, stored in connection.execute(
        "SELECT k.id, o.start_at, o.end_at, o.seal, k.text FROM occurrences AS o JOIN chunks AS k USING (chunk)"
        " WHERE o.content = ?",
        (content,),
    ):
        if text[start:end] != stored:
            yield f"chunk {identifier} is not the text of its span"
        elif not holds(text, digest=digest, start=start, end=end, seal=seal):
            yield f"chunk {identifier}: the span [{start}, {end}) was altered"


def _sentence_faults(connection: sqlite3.Connection, content: int, digest: str, text: str) -> Iterator[str]:
    last = 0
    for start, end, seal in connection.execute(
        "SELECT start_at, end_at, seal FROM sentences WHERE content = ? ORDER BY ordinal", (content,)
    ):
        if not last <= start < end <= len(text):
            yield f"sentence [{start}, {end}) overlaps or lies outside"
        elif not holds(text, digest=digest, start=start, end=end, seal=seal):
            yield f"sentence [{start}, {end}) was altered"
        last = end


def _sections_agree(connection: sqlite3.Connection, content: int, text: str) -> bool:
    blocks = [
        Block(start=start, end=end, kind=BlockKind(kind), level=level)
        for start, end, kind, level in connection.execute(
            "SELECT start_at, end_at, kind, level FROM blocks WHERE content = ? ORDER BY ordinal", (content,)
        )
    ]
    stored = connection.execute(
        "SELECT start_at, end_at, path FROM sections WHERE content = ? ORDER BY ordinal", (content,)
    ).fetchall()
    wanted = [(section.start, section.end, json.dumps(section.path)) for section in sections_of(text, blocks)]
    return wanted == stored
