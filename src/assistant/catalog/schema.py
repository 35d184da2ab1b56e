"""The catalog's tables, as numbered migrations.

A migration that was released is never edited: a change is the next one. The number of migrations applied is SQLite's
`user_version`.

`chunks` holds each chunk id once, however many contents share it; `occurrences` says where it stands. Offsets are
code points. `lexical` has one row per chunk with the same rowid, its words already stemmed and parted by spaces: the
tokenizer below parts at white space only, so that a term is one token on both sides.

`former_names` says where a document is now that had another id: gold questions written before it moved still find it.

`text_digest`, `map_digest` (of pages and sections) and `seal` (of a span with its text) are what was true when the row
was written: a row that was altered since, by hand or by a fault, no longer agrees and is not quoted.
"""

from __future__ import annotations

import sqlite3

from assistant.errors import CatalogTooNew, CatalogTooOld

_FIRST = """
CREATE TABLE state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    generation INTEGER NOT NULL,
    build TEXT,
    dimension INTEGER,
    index_state TEXT NOT NULL CHECK (index_state IN ('clean', 'dirty')),
    index_folder TEXT,
    index_seal TEXT
) STRICT;
INSERT INTO state VALUES (1, 0, NULL, NULL, 'clean', NULL, NULL);

CREATE TABLE sources (
    name TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('folder', 'file', 'uploads')),
    root TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE contents (
    content INTEGER PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    text TEXT NOT NULL,
    text_digest TEXT NOT NULL,
    map_digest TEXT NOT NULL,
    title TEXT NOT NULL,
    authors TEXT NOT NULL,
    date TEXT,
    language TEXT,
    tags TEXT NOT NULL,
    page_count INTEGER,
    chunk_count INTEGER NOT NULL
) STRICT;

CREATE TABLE paths (
    document_id TEXT PRIMARY KEY,
    source TEXT NOT NULL REFERENCES sources (name),
    content INTEGER REFERENCES contents (content),
    digest TEXT,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('indexed', 'problem')),
    code TEXT,
    reason TEXT,
    tags TEXT NOT NULL,
    CHECK ((state = 'indexed') = (content IS NOT NULL)),
    CHECK ((state = 'problem') = (code IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX paths_by_content ON paths (content);
CREATE INDEX paths_by_source ON paths (source);

CREATE TABLE pages (
    content INTEGER NOT NULL REFERENCES contents (content) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    start_at INTEGER NOT NULL,
    end_at INTEGER NOT NULL,
    PRIMARY KEY (content, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE sections (
    content INTEGER NOT NULL REFERENCES contents (content) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    start_at INTEGER NOT NULL,
    end_at INTEGER NOT NULL,
    path TEXT NOT NULL,
    PRIMARY KEY (content, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE blocks (
    content INTEGER NOT NULL REFERENCES contents (content) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    start_at INTEGER NOT NULL,
    end_at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    level INTEGER NOT NULL,
    PRIMARY KEY (content, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE sentences (
    sentence INTEGER PRIMARY KEY,
    content INTEGER NOT NULL REFERENCES contents (content) ON DELETE CASCADE,
    start_at INTEGER NOT NULL,
    end_at INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    kind TEXT NOT NULL,
    vector BLOB,
    seal BLOB NOT NULL,
    UNIQUE (content, start_at)
) STRICT;

CREATE TABLE chunks (
    chunk INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    context TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;

CREATE TABLE chunk_vectors (
    chunk INTEGER PRIMARY KEY REFERENCES chunks (chunk) ON DELETE CASCADE,
    vector BLOB NOT NULL
) STRICT;

CREATE TABLE occurrences (
    content INTEGER NOT NULL REFERENCES contents (content) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    chunk INTEGER NOT NULL REFERENCES chunks (chunk),
    start_at INTEGER NOT NULL,
    end_at INTEGER NOT NULL,
    page INTEGER,
    section TEXT NOT NULL,
    seal BLOB NOT NULL,
    PRIMARY KEY (content, ordinal),
    UNIQUE (content, chunk)
) STRICT, WITHOUT ROWID;
CREATE INDEX occurrences_by_chunk ON occurrences (chunk);

CREATE TABLE stale_vectors (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
    run INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    summary TEXT
) STRICT;

CREATE VIRTUAL TABLE lexical USING fts5 (
    context, body,
    tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* P* S* Co'"
);
CREATE VIRTUAL TABLE lexical_terms USING fts5vocab ('lexical', 'row');
"""

_NOTICES = "ALTER TABLE contents ADD COLUMN notices TEXT NOT NULL DEFAULT '[]';"
_FOLDER_TAGS = "ALTER TABLE paths ADD COLUMN folder_tags TEXT NOT NULL DEFAULT '[]';"
_FORMER_NAMES = """
CREATE TABLE former_names (former TEXT PRIMARY KEY, document_id TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""

MIGRATIONS: tuple[str, ...] = (_FIRST, _NOTICES, _FOLDER_TAGS, _FORMER_NAMES)
SCHEMA_VERSION = len(MIGRATIONS)


def schema_version(connection: sqlite3.Connection) -> int:
    """Read how many migrations a database has; 0 for an empty one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def refuse_other_schema(connection: sqlite3.Connection) -> None:
    """Refuse to read a database of another schema.

    Raises:
        CatalogTooNew: If a newer version of the program wrote it.
        CatalogTooOld: If it waits for a migration, which only a writer may do.
    """
    found = schema_version(connection)
    if found > SCHEMA_VERSION:
        raise CatalogTooNew(found=found, known=SCHEMA_VERSION)
    if found < SCHEMA_VERSION:
        raise CatalogTooOld(found=found, known=SCHEMA_VERSION)


def migrate(connection: sqlite3.Connection) -> None:
    """Apply the migrations that a database lacks, each in a transaction of its own.

    Raises:
        CatalogTooNew: If a newer version of the program wrote it.
    """
    found = schema_version(connection)
    if found > SCHEMA_VERSION:
        raise CatalogTooNew(found=found, known=SCHEMA_VERSION)
    for number, script in enumerate(MIGRATIONS[found:], start=found + 1):
        connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")
