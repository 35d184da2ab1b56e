"""Small stored corpora for the tests of the store: real text, vectors drawn from the text's hash."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np

from assistant.catalog import (
    CatalogChange,
    IndexedContent,
    PathEntry,
    ProblemEntry,
    SourceKind,
    SourceRecord,
)
from assistant.types import Block, BlockKind, Chunk, Document, Page, Sentence

DIMENSION = 16
SOURCE = SourceRecord(name="corpus", kind=SourceKind.FOLDER, root="/corpus")
UPLOADS = SourceRecord(name="uploads", kind=SourceKind.UPLOADS, root="")


def digest_of(text):
    return hashlib.sha256(text.encode()).hexdigest()


def vector_of(text, *, dimension=DIMENSION):
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    vector = np.random.default_rng(seed).standard_normal(dimension)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def vectors_of(texts, *, dimension=DIMENSION):
    rows = [vector_of(text, dimension=dimension) for text in texts]
    return np.array(rows, dtype=np.float32).reshape(-1, dimension)


def spans_of(text, separator):
    start = 0
    for part in text.split(separator):
        if part.strip():
            yield start, start + len(part)
        start += len(part) + len(separator)


def chunks_of(text, *, title, digest):
    """One chunk per paragraph; an equal paragraph further down has another occurrence."""
    seen = {}
    for ordinal, (start, end) in enumerate(spans_of(text, "\n\n")):
        body = text[start:end]
        seen[body] = seen.get(body, 0) + 1
        yield Chunk(
            id=digest_of(f"{title}\0{body}\0{seen[body]}"),
            digest=digest,
            ordinal=ordinal,
            start=start,
            end=end,
            text=body,
            context=title,
            page=1,
            section=("Part",),
        )


def content_of(text, *, title="Title", tags=(), dimension=DIMENSION):
    """One chunk per paragraph, one sentence per line, headings where a line begins with #."""
    digest = digest_of(text)
    blocks = tuple(
        Block(start=start, end=end, kind=BlockKind.HEADING, level=len(line) - len(line.lstrip("#")))
        if (line := text[start:end]).startswith("#")
        else Block(start=start, end=end, kind=BlockKind.PARAGRAPH)
        for start, end in spans_of(text, "\n")
    )
    document = Document(
        id="", digest=digest, text=text, title=title, authors=("Ann",), date="2024-05", language="en", tags=tags,
        pages=(Page(start=0, end=len(text), number=1),), blocks=blocks,
    )  # fmt: skip
    chunks = list(chunks_of(text, title=title, digest=digest))
    sentences = [Sentence(start=block.start, end=block.end, kind=block.kind) for block in blocks]
    return IndexedContent(
        document=document,
        chunks=chunks,
        vectors=vectors_of([chunk.id for chunk in chunks], dimension=dimension),
        sentences=sentences,
        sentence_vectors=vectors_of([text[s.start : s.end] for s in sentences], dimension=dimension),
    )


def change_of(texts: Mapping[str, str], *, removed=(), source=SOURCE, tags=(), title="Title"):
    """Texts by document id, as one change."""
    return CatalogChange(
        contents=[content_of(text, title=title) for text in texts.values()],
        paths=[
            PathEntry(
                document_id=name, source=source.name, digest=digest_of(text), size=len(text), mtime_ns=1, tags=tags
            )
            for name, text in texts.items()
        ],
        removed=tuple(removed),
    )


def problem(document_id, *, code="empty", digest=None):
    return ProblemEntry(
        document_id=document_id,
        source=SOURCE.name,
        digest=digest,
        code=code,
        reason="Nothing in it.",
        size=0,
        mtime_ns=1,
    )


def paragraphs(count, *, prefix="note"):
    return "\n\n".join(f"{prefix} {number} tells of satellite {number} in orbit" for number in range(count))
