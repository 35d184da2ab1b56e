"""From parsed texts to what the catalog stores: chunks, sentences and their vectors."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from assistant.catalog import Catalog, IndexedContent
from assistant.embedding import Embedder
from assistant.errors import DocumentNotFound
from assistant.types import Chunk, Document, Sentence, Span
from ingest.chunking import chunk_document, sentences_of
from ingest.parsed import ParsedText

REMEMBERED = 20_000
"""Sentences whose vectors are kept in a run, since many come again in other documents; 30 MB of 384 dimensions."""
SLICE = 128
"""Texts embedded between two looks at the cancel event."""


class Cancelled(Exception):
    """The person wants the sync to end; what was not stored yet is left for the next one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CutDocument:
    """A document with its chunks and sentences, not embedded yet."""

    document: Document
    chunks: list[Chunk]
    sentences: list[Sentence]
    former: str | None
    """The digest of the content that it replaces, whose sentence vectors are used again."""

    @property
    def texts(self) -> int:
        """How many texts it has to embed at most."""
        return len(self.chunks) + len(self.sentences)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PreparedBatch:
    """Documents with the vectors of theirs that are known."""

    cuts: tuple[CutDocument, ...]
    missing: Mapping[str, str]
    """By chunk id, the texts of the chunks that have to be embedded."""
    chunk_vectors: dict[str, NDArray[np.float32]]
    """By chunk id."""
    sentence_vectors: dict[str, NDArray[np.float32]]
    """By text."""


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
        self._recent: dict[str, NDArray[np.float32]] = {}
        self.embedded_chunks = 0
        self.model_seconds = 0.0

    def cut(self, document: Document, *, former: str | None) -> CutDocument:
        """Cut a document into chunks and sentences.

        Args:
            document: With its blocks.
            former: The digest of the content it replaces, if it does.

        Returns:
            The cut document.
        """
        sentences = sentences_of(document)
        chunks = chunk_document(document, max_tokens=self._max_tokens, tokenizer=self._embedder, sentences=sentences)
        return CutDocument(document=document, chunks=chunks, sentences=sentences, former=former)

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
        """Look up which vectors of some documents are known: in the catalog, or from the batches before.

        Args:
            batch: Documents with different digests.

        Returns:
            The batch, ready to be completed, also in another thread.
        """
        wanted = {chunk.id: chunk.embedded_text for cut in batch for chunk in cut.chunks}
        chunk_vectors = self._catalog.known_vectors(list(wanted))
        missing = {name: text for name, text in wanted.items() if name not in chunk_vectors}
        self.embedded_chunks += len(missing)
        texts = {cut.document.text[one.start : one.end]: None for cut in batch for one in cut.sentences}
        sentence_vectors = {text: self._recent[text] for text in texts if text in self._recent}
        for cut in batch:
            sentence_vectors |= self._former_vectors(cut.former) if cut.former else {}
        return PreparedBatch(
            cuts=tuple(batch), missing=missing, chunk_vectors=chunk_vectors, sentence_vectors=sentence_vectors
        )

    def complete(self, prepared: PreparedBatch) -> list[IndexedContent]:
        """Embed what is missing. Touches no catalog; one batch at a time.

        Args:
            prepared: As `prepare` left it.

        Returns:
            What the catalog stores, in the order of the batch.

        Raises:
            Cancelled: If the cancel event was set meanwhile.
        """
        missing = prepared.missing
        embedded = self._embedded(list(missing), text_of=missing.__getitem__)
        chunk_vectors = prepared.chunk_vectors | embedded
        # A chunk of one sentence without a title over it is that sentence.
        known = {missing[name]: vector for name, vector in embedded.items()} | prepared.sentence_vectors
        texts = {cut.document.text[one.start : one.end]: None for cut in prepared.cuts for one in cut.sentences}
        fresh = self._embedded([text for text in texts if text not in known], text_of=str)
        self._remember(fresh)
        sentence_vectors = known | fresh
        return [
            IndexedContent(
                document=cut.document,
                chunks=cut.chunks,
                vectors=self._rows(chunk_vectors[chunk.id] for chunk in cut.chunks),
                sentences=cut.sentences,
                sentence_vectors=self._rows(
                    sentence_vectors[cut.document.text[one.start : one.end]] for one in cut.sentences
                ),
            )
            for cut in prepared.cuts
        ]

    def _remember(self, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        self._recent.update(vectors)
        for text in list(islice(self._recent, max(0, len(self._recent) - REMEMBERED))):
            del self._recent[text]

    def _former_vectors(self, digest: str) -> dict[str, NDArray[np.float32]]:
        try:
            end = len(self._catalog.content_text(digest))
            stored = self._catalog.sentences(digest, within=Span(start=0, end=end))
        except DocumentNotFound:
            return {}
        return {one.text: one.vector for one in stored if one.vector is not None}

    def _embedded(self, keys: Sequence[str], *, text_of: Callable[[str], str]) -> dict[str, NDArray[np.float32]]:
        vectors: dict[str, NDArray[np.float32]] = {}
        by_length = sorted(keys, key=lambda key: (len(text_of(key)), key))
        for first in range(0, len(by_length), SLICE):
            if self._cancel.is_set():
                raise Cancelled
            part = by_length[first : first + SLICE]
            began = time.perf_counter()
            rows = self._embedder.embed_documents([text_of(key) for key in part])
            self.model_seconds += time.perf_counter() - began
            vectors.update(zip(part, rows, strict=True))
        return vectors

    def _rows(self, vectors: Iterable[NDArray[np.float32]]) -> NDArray[np.float32]:
        rows = list(vectors)
        return np.stack(rows) if rows else np.zeros((0, self._embedder.dimension), dtype=np.float32)
