"""Reading the catalog: documents, chunks, files, the journal, and what it knows of the vector index."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from assistant.catalog import embeddings, placing, reading
from assistant.catalog.checking import find_faults
from assistant.catalog.database import Database
from assistant.catalog.file_seal import fault_of_file
from assistant.catalog.records import (
    FileRecord,
    IndexMark,
    IndexState,
    Placement,
    RunRecord,
    SealedContent,
    SourceRecord,
    StoredSentence,
    VectorTable,
)
from assistant.types import Chunk, Document, DocumentRecord, Filters, Section, Span

logger = logging.getLogger(__name__)

_Result = TypeVar("_Result")


class CatalogReader:
    """Every question that can be put to the catalog.

    May be used from several threads. Every read sees one state of the corpus; `snapshot` makes several reads of a
    thread see the same one, whatever other processes write meanwhile.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cache_lock = threading.Lock()
        self._table: tuple[int, VectorTable] | None = None
        self._fingerprint: tuple[int, str] | None = None
        self._count: tuple[int, int] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._database.close()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let all reads of this thread inside see the same state."""
        with self._database.reading():
            yield

    def refused_spans(self) -> int:
        """Count the altered spans that reads left out, in this thread's snapshot so far."""
        return self._database.refused

    def _refuse(self, digest: str, start: int, end: int) -> None:
        self._database.note_refused()
        logger.warning("the span [%d, %d) of content %s was altered: withheld", start, end, digest[:12])

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """Lend a connection to the lexical index, on this thread's snapshot where there is one."""
        return self._database.reading()

    # What it is

    def generation(self) -> int:
        """Count the changes to what is visible."""
        with self._database.reading() as connection:
            return int(connection.execute("SELECT generation FROM state").fetchone()[0])

    def build_fingerprint(self) -> str | None:
        """Tell what embedder, chunking and schema built it; None before the first ingest."""
        with self._database.reading() as connection:
            build: str | None = connection.execute("SELECT build FROM state").fetchone()[0]
            return build

    def corpus_fingerprint(self) -> str:
        """Hash the visible documents and what built their index; the same corpus has the same one anywhere."""
        with self.snapshot():
            self._fingerprint = hashed = self._current(self._fingerprint, reading.fingerprint_corpus)
            return hashed[1]

    def _current(
        self, cached: tuple[int, _Result] | None, compute: Callable[[sqlite3.Connection], _Result]
    ) -> tuple[int, _Result]:
        """Keep a cached value of this generation, or compute it."""
        generation = self.generation()
        if cached is not None and cached[0] == generation:
            return cached
        with self._database.reading() as connection:
            return generation, compute(connection)

    # Documents

    def documents(self) -> list[DocumentRecord]:
        """List every document by id, problems included."""
        with self._database.reading() as connection:
            return reading.list_documents(connection)

    def document(self, document_id: str) -> Document:
        """Read a document; raises `DocumentNotFound` with the nearest ids."""
        with self._database.reading() as connection:
            return reading.read_document(connection, document_id)

    def text(self, document_id: str) -> str:
        """Read a document's normalised text; raises `DocumentNotFound`."""
        with self._database.reading() as connection:
            return reading.read_text(connection, document_id)

    def content_text(self, digest: str) -> str:
        """Read a content's normalised text; raises `DocumentNotFound` if no document has it any more."""
        with self._database.reading() as connection:
            return reading.read_content_text(connection, digest)

    def sealed_content(self, document_id: str) -> SealedContent | None:
        """Read what a document's citations rest on.

        Returns:
            Text, pages and sections; None if any of them was altered since it was stored.

        Raises:
            DocumentNotFound: If no indexed document has this id.
        """
        with self._database.reading() as connection:
            return reading.read_sealed_content(connection, document_id)

    def sections(self, digest: str) -> tuple[Section, ...]:
        """Read a content's sections in order; they cover its text."""
        with self._database.reading() as connection:
            return reading.read_sections(connection, digest)

    def sentences(self, digest: str, *, within: Span) -> list[StoredSentence]:
        """Read the sentences of a content that overlap a span, in order, without those that were altered."""
        with self._database.reading() as connection:
            return placing.read_sentences(connection, digest, within=within, refuse=self._refuse)

    # Chunks

    def chunk_count(self) -> int:
        """Count the visible chunk ids, once per generation."""
        with self.snapshot():
            self._count = counted = self._current(self._count, embeddings.count_chunks)
            return counted[1]

    def chunk_ids(self) -> frozenset[str]:
        """List the visible chunk ids."""
        with self._database.reading() as connection:
            return embeddings.list_chunks(connection)

    def vectors(self) -> VectorTable:
        """Load every vector, once per generation."""
        with self.snapshot(), self._cache_lock:
            self._table = loaded = self._current(self._table, embeddings.load_table)
            return loaded[1]

    def vectors_of(self, chunk_ids: Sequence[str]) -> NDArray[np.float32]:
        """Look up vectors as rows in the order asked; raises ValueError for an id that is not stored."""
        with self._database.reading() as connection:
            return embeddings.vectors_of(connection, chunk_ids)

    def known_vectors(self, chunk_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Look up those vectors that are stored, by chunk id."""
        with self._database.reading() as connection:
            return embeddings.known_vectors(connection, chunk_ids)

    def sentence_vectors(self, chunk_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Look up the vectors of the sentences within each chunk, by chunk id, shape (sentences, dimension)."""
        with self._database.reading() as connection:
            return embeddings.sentence_vectors(connection, chunk_ids)

    def known_sentences(self, chunk_ids: Sequence[str]) -> dict[str, dict[tuple[int, int], NDArray[np.float32]]]:
        """Look up the vectors of the sentences within each chunk, by their span counted from the chunk's end."""
        with self.reading() as connection:
            return embeddings.known_sentences(connection, chunk_ids)

    def sample_vectors(self, *, at_most: int) -> dict[str, NDArray[np.float32]]:
        """Take vectors evenly from all that are stored, by chunk id; the same ones each time."""
        with self._database.reading() as connection:
            return embeddings.sample_vectors(connection, at_most=at_most)

    def allowed_chunks(self, filters: Filters) -> frozenset[str] | None:
        """Find the chunks of the documents that a filter lets through; None means everything."""
        if filters == Filters():
            return None
        with self._database.reading() as connection:
            return placing.allowed_chunks(connection, filters)

    def place(self, chunk_ids: Sequence[str], *, filters: Filters = Filters()) -> dict[str, list[Placement]]:  # noqa: B008
        """Find where chunks stand, by chunk id.

        Args:
            chunk_ids: Any ids. Those that are not visible are left out, so that a derived index may know too much.
            filters: Documents that may speak.

        Returns:
            One placement per content that holds the chunk, by document id; for equal files the smallest allowed
            document id speaks. A place whose span was altered is left out.
        """
        with self._database.reading() as connection:
            return placing.place_chunks(connection, chunk_ids, filters=filters, refuse=self._refuse)

    def stands(self, chunk: Chunk) -> bool:
        """Tell whether a placed chunk is still the text of its span; one that is not counts as refused."""
        exact = self.content_text(chunk.digest)[chunk.start : chunk.end] == chunk.text
        if not exact:
            self._refuse(chunk.digest, chunk.start, chunk.end)
        return exact

    # Sources, files, journal

    def sources(self) -> list[SourceRecord]:
        """List the sources by name."""
        with self._database.reading() as connection:
            return reading.list_sources(connection)

    def files(self, source: str) -> list[FileRecord]:
        """List what is remembered of a source's files, by document id, problems included."""
        with self._database.reading() as connection:
            return reading.list_files(connection, source)

    def file(self, document_id: str) -> FileRecord:
        """Look up what is remembered of a document's file, a problem's too; raises `DocumentNotFound`."""
        with self._database.reading() as connection:
            return reading.find_file(connection, document_id)

    def present_name(self, former: str) -> str | None:
        """Tell the id that a document has since it moved away from another one; None if none did."""
        with self._database.reading() as connection:
            return reading.find_present_name(connection, former)

    def runs(self) -> list[RunRecord]:
        """List the journal, oldest first; a run without an end was interrupted or still runs."""
        with self._database.reading() as connection:
            return reading.list_runs(connection)

    def copy_to(self, path: Path) -> None:
        """Write this thread's snapshot into a new file, whatever is written to the catalog meanwhile.

        Raises:
            DiskFull: If there is no space for it.
        """
        self._database.copy_to(path)

    def file_fault(self) -> str | None:
        """Compare every byte of the file with what was noted when it was last closed; None for a whole one."""
        return fault_of_file(self._database.path)

    def check(self) -> list[str]:
        """Check everything that is promised; one line per fault, empty for a healthy catalog."""
        with self._database.reading() as connection:
            return find_faults(connection)

    # The derived index

    def index_mark(self) -> IndexMark:
        """Read all that is known of the vector index."""
        with self._database.reading() as connection:
            generation, state, folder, seal = connection.execute(
                "SELECT generation, index_state, index_folder, index_seal FROM state"
            ).fetchone()
            return IndexMark(generation=generation, state=IndexState(state), folder=folder, seal=seal)

    def index_state(self) -> IndexState:
        """Tell whether the vector index is known to hold what the catalog holds."""
        return self.index_mark().state

    def stale_vectors(self) -> list[str]:
        """List the chunk ids that are gone from here but perhaps not yet from the vector index."""
        with self._database.reading() as connection:
            return [row[0] for row in connection.execute("SELECT id FROM stale_vectors ORDER BY id")]
