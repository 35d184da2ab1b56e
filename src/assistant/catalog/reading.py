"""Reading the catalog: documents, texts, files, the journal. Each works on a snapshot the caller holds."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from assistant.catalog.records import (
    FileRecord,
    RunRecord,
    SealedContent,
    SourceKind,
    SourceRecord,
)
from assistant.catalog.seals import digest_of_map, digest_of_text
from assistant.errors import DocumentNotFound
from assistant.types import (
    Block,
    BlockKind,
    Document,
    DocumentRecord,
    DocumentState,
    Page,
    Section,
)


def list_documents(connection: sqlite3.Connection) -> list[DocumentRecord]:
    """List every document, problems included, by id."""
    rows = connection.execute(
        "SELECT p.document_id, p.source, p.state, p.code, p.reason, c.page_count, coalesce(c.chunk_count, 0),"
        " p.digest, c.title, c.date, c.language, coalesce(c.tags, '[]'), p.tags, p.folder_tags"
        " FROM paths AS p LEFT JOIN contents AS c USING (content) ORDER BY p.document_id"
    )
    return [_document_record(row) for row in rows]


def _document_record(row: Sequence[Any]) -> DocumentRecord:
    document_id, source, state, code, reason, pages, chunks, digest, title, date, language, *tags = row
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
        tags=_merged(tags),
    )


def _merged(lists: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted({tag for written in lists for tag in json.loads(written)}))


def read_document(connection: sqlite3.Connection, document_id: str) -> Document:
    """Read a document as it was ingested, its path's tags merged in.

    Raises:
        DocumentNotFound: If no indexed document has this id.
    """
    row = connection.execute(
        "SELECT c.content, c.digest, c.text, c.title, c.authors, c.date, c.language, c.notices, c.tags,"
        " p.tags, p.folder_tags FROM paths AS p JOIN contents AS c USING (content) WHERE p.document_id = ?",
        (document_id,),
    ).fetchone()
    if row is None:
        raise _not_found(connection, document_id)
    content, digest, text, title, authors, date, language, notices, *tags = row
    return Document(
        id=document_id,
        digest=digest,
        text=text,
        title=title,
        authors=tuple(json.loads(authors)),
        date=date,
        language=language,
        tags=_merged(tags),
        pages=read_pages(connection, content),
        blocks=tuple(
            Block(start=start, end=end, kind=BlockKind(kind), level=level)
            for start, end, kind, level in connection.execute(
                "SELECT start_at, end_at, kind, level FROM blocks WHERE content = ? ORDER BY ordinal", (content,)
            )
        ),
        notices=tuple(json.loads(notices)),
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


def read_sealed_content(connection: sqlite3.Connection, document_id: str) -> SealedContent | None:
    """Read what a document's citations rest on; None if any of it was altered since it was stored.

    Raises:
        DocumentNotFound: If no indexed document has this id.
    """
    row = connection.execute(
        "SELECT c.content, c.digest, c.text, c.text_digest, c.map_digest, c.tags FROM paths AS p JOIN contents AS c"
        " USING (content) WHERE p.document_id = ?",
        (document_id,),
    ).fetchone()
    if row is None:
        raise _not_found(connection, document_id)
    content, digest, text, text_digest, map_digest, tags = row
    pages, sections = read_pages(connection, content), read_sections(connection, digest)
    if digest_of_text(text) != text_digest or digest_of_map(pages, sections) != map_digest:
        return None
    return SealedContent(text=text, pages=pages, sections=sections, tags=tuple(json.loads(tags)))


def _not_found(connection: sqlite3.Connection, document_id: str) -> DocumentNotFound:
    known = [row[0] for row in connection.execute("SELECT document_id FROM paths")]
    return DocumentNotFound(document_id, nearest=get_close_matches(document_id, known, n=3))


def list_sources(connection: sqlite3.Connection) -> list[SourceRecord]:
    """List the sources by name."""
    rows = connection.execute("SELECT name, kind, root FROM sources ORDER BY name")
    return [SourceRecord(name=name, kind=SourceKind(kind), root=root) for name, kind, root in rows]


_FILE_COLUMNS = "document_id, source, digest, size, mtime_ns, state, code, tags, folder_tags"


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
    document_id, source, digest, size, mtime_ns, state, code, tags, folder_tags = row
    return FileRecord(
        document_id=document_id,
        source=source,
        digest=digest,
        size=size,
        mtime_ns=mtime_ns,
        state=DocumentState(state),
        code=code,
        tags=tuple(json.loads(tags)),
        folder_tags=tuple(json.loads(folder_tags)),
    )


def find_present_name(connection: sqlite3.Connection, former: str) -> str | None:
    """Tell the id that a document has since it moved away from another one; None if none did."""
    row = connection.execute("SELECT document_id FROM former_names WHERE former = ?", (former,)).fetchone()
    return None if row is None else str(row[0])


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
