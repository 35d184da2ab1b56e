"""What goes into the catalog and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from assistant.types import Chunk, Document, DocumentState, Page, Section, Sentence

DAMAGED_CODE = "store_damaged"
"""The code of a document whose stored content was altered, so that its file has to be read again."""


class SourceKind(StrEnum):
    """Where a source's documents come from."""

    FOLDER = "folder"
    FILE = "file"
    UPLOADS = "uploads"


class IndexState(StrEnum):
    """Whether the derived vector index is known to hold what the catalog holds."""

    CLEAN = "clean"
    DIRTY = "dirty"
    """Being written to, or not closed since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexMark:
    """What the catalog knows of the vector index. Another mark means that an open index is out of date."""

    generation: int
    state: IndexState
    folder: str | None
    """The folder that is in use; None before the first."""
    seal: str | None
    """What its files looked like when it was last closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """A named set of documents."""

    name: str
    kind: SourceKind
    root: str
    """The folder or file it was ingested from; empty for uploads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRecord:
    """What a sync remembers of a file, to see whether it changed."""

    document_id: str
    source: str
    digest: str | None
    size: int
    mtime_ns: int
    state: DocumentState
    code: str | None
    tags: tuple[str, ...] = ()
    """Given for this path."""
    folder_tags: tuple[str, ...] = ()
    """Given by the folders above it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One entry of the journal."""

    run_id: int
    kind: str
    started_at: str
    """UTC, ISO 8601."""
    finished_at: str | None
    """None while it runs, or when it was interrupted."""
    summary: str | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IndexedContent:
    """A document's content, cut and embedded."""

    document: Document
    """Its id is not stored: paths point to contents by digest."""
    chunks: Sequence[Chunk]
    """In order of their ordinals, which run from 0."""
    vectors: NDArray[np.float32]
    """One unit vector per chunk, shape (chunks, dimension)."""
    sentences: Sequence[Sentence]
    """In order, not overlapping, none empty."""
    sentence_vectors: NDArray[np.float32] | None
    """One per sentence, shape (sentences, dimension), zeros where it has none; kept in half precision. None if there
    are none at all."""

    def __post_init__(self) -> None:
        """Refuse what would break a promise of the catalog."""
        self._check_chunks()
        self._check_sentences()
        for name, matrix, rows in (
            ("vectors", self.vectors, len(self.chunks)),
            ("sentence_vectors", self.sentence_vectors, len(self.sentences)),
        ):
            if matrix is None:
                continue
            if matrix.ndim != 2 or matrix.shape[0] != rows:
                raise ValueError(f"{name} of {self.document.id!r}: shape {matrix.shape} for {rows} rows")
            if not np.isfinite(matrix).all():
                raise ValueError(f"{name} of {self.document.id!r} hold a value that is no number")

    def _check_chunks(self) -> None:
        text, name = self.document.text, self.document.id
        for ordinal, chunk in enumerate(self.chunks):
            if chunk.ordinal != ordinal or chunk.digest != self.document.digest:
                raise ValueError(f"chunk {chunk.id} does not stand at {ordinal} of {name!r}")
            if text[chunk.start : chunk.end] != chunk.text:
                raise ValueError(f"chunk {chunk.id} of {name!r} is not the text of its span")
        if len({chunk.id for chunk in self.chunks}) != len(self.chunks):
            raise ValueError(f"two chunks of {name!r} have the same id")

    def _check_sentences(self) -> None:
        last = 0
        for sentence in self.sentences:
            if not last <= sentence.start < sentence.end <= len(self.document.text):
                raise ValueError(
                    f"sentence [{sentence.start}, {sentence.end}) of {self.document.id!r} overlaps or lies outside"
                )
            last = sentence.end


@dataclass(frozen=True, slots=True, kw_only=True)
class PathEntry:
    """A document id that points to an indexed content."""

    document_id: str
    source: str
    digest: str
    size: int
    mtime_ns: int
    tags: tuple[str, ...] = ()
    """Given for this path; the content's own tags come on top."""
    folder_tags: tuple[str, ...] = ()
    """Given by the folders above it; they come on top too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemEntry:
    """A document id that could not be indexed, with the reason."""

    document_id: str
    source: str
    digest: str | None
    code: str
    reason: str
    size: int
    mtime_ns: int
    tags: tuple[str, ...] | None = None
    """Given for this path; None keeps those it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogChange:
    """What happens in one transaction: everything of it becomes visible, or nothing."""

    contents: Sequence[IndexedContent] = ()
    paths: Sequence[PathEntry] = ()
    problems: Sequence[ProblemEntry] = ()
    removed: Sequence[str] = ()
    """Document ids."""
    moved: Sequence[tuple[str, str]] = ()
    """The id that a document had and the one that it has now; the former is among `removed`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """A place where a chunk stands, in the document that speaks for it."""

    document_id: str
    title: str
    date: str | None
    chunk: Chunk


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredSentence:
    """A sentence with its text and, where one was stored, its vector."""

    ordinal: int
    """Position in its content, from 0."""
    sentence: Sentence
    text: str
    vector: NDArray[np.float32] | None
    """Unit length up to half precision, shape (dimension,)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedContent:
    """What a citation rests on, as it was when it was stored."""

    text: str
    pages: tuple[Page, ...]
    sections: tuple[Section, ...]
    """In order; they cover the text."""
    tags: tuple[str, ...]
    """The content's own, without those of the paths that point to it."""


@dataclass(frozen=True, slots=True, eq=False)
class VectorTable:
    """The vectors of every visible chunk."""

    ids: tuple[str, ...]
    """Sorted."""
    matrix: NDArray[np.float32]
    """Row i belongs to `ids[i]`; shape (chunks, dimension)."""
    rows: Mapping[str, int] = field(default_factory=dict)
    """Chunk id to row."""
