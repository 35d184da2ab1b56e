"""From parsed texts to what the catalog stores: chunks, sentences and their vectors."""

from __future__ import annotations

import threading
import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from assistant.catalog import Catalog, IndexedContent
from assistant.embedding import Embedder, PartedVectors
from assistant.types import Chunk, Document, Sentence, Span
from ingest.chunking import chunk_document, sentences_of
from ingest.parsed import ParsedText

SLICE = 128
"""Texts embedded between two looks at the cancel event."""
Wanted = tuple[str, tuple[Span, ...]]
"""A chunk's id and the sentences it holds whole: a list item and a paragraph of the same text are cut otherwise."""


class Cancelled(Exception):
    """The person wants the sync to end; what was not stored yet is left for the next one."""


@dataclass(frozen=True, kw_only=True)
class CutDocument:
    """A document with its chunks and sentences, not embedded yet."""

    document: Document
    chunks: list[Chunk]
    sentences: list[Sentence]

    @property
    def texts(self) -> int:
        """How many vectors it has."""
        return len(self.chunks) + len(self.sentences)

    @cached_property
    def wanted(self) -> list[Wanted]:
        """Of each chunk its id and the sentences that it holds whole, within its embedded text."""
        return [
            (
                chunk.id,
                tuple(
                    Span(start=one.start - at, end=one.end - at)
                    for one in self.sentences[first:last]
                    if chunk.start <= one.start and one.end <= chunk.end
                ),
            )
            for chunk, (first, last), at in self._reached()
        ]

    def sentence_rows(self, vectors: Sequence[PartedVectors], *, dimension: int) -> NDArray[np.float32]:
        """Give each sentence its vector, as a row.

        Args:
            vectors: Of each chunk, with those of the sentences that it holds whole.
            dimension: Length of a vector.

        Returns:
            Shape (sentences, dimension). A sentence that is cut has the vector of the chunk that holds most of it, the
            first of equal ones; one outside the chunks a row of zeros.
        """
        rows = np.zeros((len(self.sentences), dimension), dtype=np.float32)
        most = [0] * len(self.sentences)
        for (chunk, (first, last), _), found in zip(self._reached(), vectors, strict=True):
            within = iter(found.parts)
            for index in range(first, last):
                one = self.sentences[index]
                held = min(one.end, chunk.end) - max(one.start, chunk.start)
                vector = next(within) if held == one.end - one.start else found.whole
                if held > most[index]:
                    rows[index], most[index] = vector, held
        return rows

    def _reached(self) -> Iterator[tuple[Chunk, tuple[int, int], int]]:
        """Give the chunks, the sentences that each reaches, and what a position in the document is moved by."""
        starts, ends = [one.start for one in self.sentences], [one.end for one in self.sentences]
        for chunk in self.chunks:
            reached = bisect_right(ends, chunk.start), bisect_left(starts, chunk.end)
            yield chunk, reached, chunk.start - (len(chunk.embedded_text) - len(chunk.text))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PreparedBatch:
    """Documents with the vectors of theirs that are known."""

    cuts: tuple[CutDocument, ...]
    missing: Mapping[Wanted, str]
    """The texts of the chunks that have to be embedded."""
    known: Mapping[Wanted, PartedVectors]


def as_document(parsed: ParsedText, *, document_id: str, digest: str) -> Document:
    """Make a document of a parsed text.

    Args:
        parsed: As a reader left it, with a title.
        document_id: Which id it was read for.
        digest: SHA-256 of the bytes that were read.

    Returns:
        The document.
    """
    facts = parsed.facts
    return Document(
        id=document_id,
        digest=digest,
        text=parsed.text,
        title=facts.title or document_id,
        authors=facts.authors,
        date=facts.date,
        language=facts.language,
        tags=facts.tags,
        pages=parsed.pages,
        blocks=parsed.blocks,
        notices=parsed.notices,
    )


class Builder:
    """Cuts documents and embeds what the catalog has no vector for."""

    def __init__(self, catalog: Catalog, embedder: Embedder, *, chunk_tokens: int, cancel: threading.Event) -> None:
        self._catalog, self._embedder, self._cancel = catalog, embedder, cancel
        self._max_tokens = min(chunk_tokens, embedder.max_tokens)
        self.embedded_chunks = 0
        self.model_seconds = 0.0

    def cut(self, document: Document) -> CutDocument:
        """Cut a document into chunks and sentences.

        Args:
            document: With its blocks.

        Returns:
            The cut document.
        """
        sentences = sentences_of(document)
        chunks = chunk_document(document, max_tokens=self._max_tokens, tokenizer=self._embedder, sentences=sentences)
        return CutDocument(document=document, chunks=chunks, sentences=sentences)

    def embed(self, batch: Sequence[CutDocument]) -> list[IndexedContent]:
        """Embed several documents together.

        Args:
            batch: Documents with different digests.

        Returns:
            What the catalog stores, in the order of the batch.

        Raises:
            Cancelled: If the cancel event was set meanwhile.
        """
        return self.complete(self.prepare(batch))

    def prepare(self, batch: Sequence[CutDocument]) -> PreparedBatch:
        """Look up which chunks of some documents are in the catalog, with the vectors of all their sentences.

        Args:
            batch: Documents with different digests.

        Returns:
            The batch, ready to be completed, also in another thread.
        """
        wanted: dict[Wanted, str] = {}
        for cut in batch:
            texts = (chunk.embedded_text for chunk in cut.chunks)
            wanted.update(zip(cut.wanted, texts, strict=True))
        whole = self._catalog.known_vectors(list(dict.fromkeys(name for name, _ in wanted)))
        within = self._catalog.known_sentences(list(whole))
        known: dict[Wanted, PartedVectors] = {}
        for (name, parts), text in wanted.items():
            held = within.get(name, {})
            spans = [(part.start - len(text), part.end - len(text)) for part in parts]
            if name in whole and all(span in held for span in spans):
                known[name, parts] = PartedVectors(whole=whole[name], parts=self._rows(held[span] for span in spans))
        missing = {key: text for key, text in wanted.items() if key not in known}
        self.embedded_chunks += len(missing)
        return PreparedBatch(cuts=tuple(batch), missing=missing, known=known)

    def complete(self, prepared: PreparedBatch) -> list[IndexedContent]:
        """Embed what is missing. Touches no catalog; one batch at a time.

        Args:
            prepared: As `prepare` left it.

        Returns:
            What the catalog stores, in the order of the batch.

        Raises:
            Cancelled: If the cancel event was set meanwhile.
        """
        vectors = {**prepared.known, **self._embedded(prepared.missing)}
        return [
            IndexedContent(
                document=cut.document,
                chunks=cut.chunks,
                vectors=self._rows(vectors[key].whole for key in cut.wanted),
                sentences=cut.sentences,
                sentence_vectors=cut.sentence_rows(
                    [vectors[key] for key in cut.wanted], dimension=self._embedder.dimension
                ),
            )
            for cut in prepared.cuts
        ]

    def _embedded(self, missing: Mapping[Wanted, str]) -> dict[Wanted, PartedVectors]:
        vectors: dict[Wanted, PartedVectors] = {}
        by_length = sorted(missing, key=lambda key: (len(missing[key]), key[0]))
        for first in range(0, len(by_length), SLICE):
            if self._cancel.is_set():
                raise Cancelled
            part = by_length[first : first + SLICE]
            began = time.perf_counter()
            made = self._embedder.embed_with_parts([missing[key] for key in part], [parts for _, parts in part])
            self.model_seconds += time.perf_counter() - began
            vectors.update(zip(part, made, strict=True))
        return vectors

    def _rows(self, vectors: Iterable[NDArray[np.float32]]) -> NDArray[np.float32]:
        rows = list(vectors)
        return np.stack(rows) if rows else np.zeros((0, self._embedder.dimension), dtype=np.float32)
