"""A data directory of many chunks, made from a small ingested one.

What is real: the vectors' model, the starter documents themselves, every sentence and its vector. What is not: a
made chunk is a real chunk's vector with noise, and half of its sentences with others drawn from the whole corpus.
So the vocabulary is that of the small corpus, and each of its words stands in far more chunks than it would in
as many real ones: the hardest case for a lexical index. Answers mean nothing here, only times and sizes do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.catalog import Catalog, CatalogChange, IndexedContent, PathEntry, StoredSentence
from assistant.types import Block, BlockKind, Chunk, Document, DocumentState, Sentence, Span

SEED = 20251123
CHUNKS_PER_DOCUMENT = 50
DOCUMENTS_PER_CHANGE = 20
# Length of the noise added to a unit vector: its cosine with the original is 1 / sqrt(1 + 0.6²) = 0.86.
NOISE = 0.6
SHARE_OF_OWN_SENTENCES = 0.5
SOURCE = "corpus"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Original:
    """A real chunk with its vector and its prose sentences."""

    chunk: Chunk
    vector: NDArray[np.float32]
    sentences: tuple[StoredSentence, ...]


def read_originals(catalog: Catalog) -> tuple[Original, ...]:
    """Read every chunk that holds a sentence with a vector.

    Args:
        catalog: Of the small corpus.

    Returns:
        By chunk id.
    """
    table = catalog.vectors()
    places = catalog.place(table.ids)
    found = []
    for row, chunk_id in enumerate(table.ids):
        chunk = places[chunk_id][0].chunk
        stored = catalog.sentences(chunk.digest, within=Span(start=chunk.start, end=chunk.end))
        sentences = tuple(sentence for sentence in stored if sentence.vector is not None)
        if sentences:
            found.append(Original(chunk=chunk, vector=table.matrix[row], sentences=sentences))
    return tuple(found)


def copy_contents(catalog: Catalog) -> CatalogChange:
    """Put all contents of a small corpus into one change, so that another catalog can hold them too.

    Args:
        catalog: Of the small corpus.

    Returns:
        The change; documents with problems are left out.
    """
    table = catalog.vectors()
    by_digest: dict[str, list[Chunk]] = {}
    for places in catalog.place(table.ids).values():
        for place in places:
            by_digest.setdefault(place.chunk.digest, []).append(place.chunk)
    contents: dict[str, IndexedContent] = {}
    paths = []
    for record in catalog.documents():
        if record.state is not DocumentState.INDEXED or record.digest is None:
            continue
        document = catalog.document(record.document_id)
        chunks = sorted(by_digest.get(record.digest, []), key=lambda chunk: chunk.ordinal)
        contents[record.digest] = _copy_content(catalog, document, chunks)
        paths.append(_path(document))
    return CatalogChange(contents=tuple(contents.values()), paths=tuple(paths))


def _copy_content(catalog: Catalog, document: Document, chunks: Sequence[Chunk]) -> IndexedContent:
    stored = catalog.sentences(document.digest, within=Span(start=0, end=len(document.text)))
    sentence_vectors = [sentence.vector for sentence in stored if sentence.vector is not None]
    return IndexedContent(
        document=document,
        chunks=chunks,
        vectors=catalog.vectors_of([chunk.id for chunk in chunks]),
        sentences=[sentence.sentence for sentence in stored],
        sentence_vectors=np.stack(sentence_vectors) if len(sentence_vectors) == len(stored) and stored else None,
    )


def _path(document: Document) -> PathEntry:
    size = len(document.text.encode())
    return PathEntry(document_id=document.id, source=SOURCE, digest=document.digest, size=size, mtime_ns=0)


def make_changes(originals: Sequence[Original], *, chunks: int) -> Iterator[CatalogChange]:
    """Make documents until there are enough chunks.

    Args:
        originals: What they are made from.
        chunks: How many chunks to make, a multiple of the chunks of a document or a little more will come.

    Yields:
        Changes of up to `DOCUMENTS_PER_CHANGE` documents; the same ones for the same originals.
    """
    rng = np.random.default_rng(SEED)
    pool = [sentence for original in originals for sentence in original.sentences]
    numbers = range(-(-chunks // CHUNKS_PER_DOCUMENT))
    for first in range(0, len(numbers), DOCUMENTS_PER_CHANGE):
        batch = numbers[first : first + DOCUMENTS_PER_CHANGE]
        contents = [_make_content(number, originals, pool, rng=rng) for number in batch]
        yield CatalogChange(contents=contents, paths=[_path(content.document) for content in contents])


def _make_content(
    number: int, originals: Sequence[Original], pool: Sequence[StoredSentence], *, rng: np.random.Generator
) -> IndexedContent:
    """Make one document of noised and recombined chunks."""
    name = f"made/{number:05}.txt"
    digest = hashlib.sha256(f"{SEED} {name}".encode()).hexdigest()
    writer = _Writer()
    chunks: list[Chunk] = []
    vectors = []
    for ordinal in range(CHUNKS_PER_DOCUMENT):
        original = originals[int(rng.integers(len(originals)))]
        span = writer.write(_recombine(original, pool, rng=rng))
        vectors.append(_noised(original.vector, rng=rng))
        chunks.append(
            Chunk(
                id=hashlib.sha256(f"{digest} {ordinal}".encode()).hexdigest()[:32],
                digest=digest,
                ordinal=ordinal,
                start=span.start,
                end=span.end,
                text=writer.text_of(span),
                context=original.chunk.context,
                page=None,
                section=original.chunk.section,
            )
        )
    blocks = tuple(Block(start=chunk.start, end=chunk.end, kind=BlockKind.PARAGRAPH) for chunk in chunks)
    document = Document(id=name, digest=digest, text=writer.text(), title=f"Made document {number}", blocks=blocks)
    return IndexedContent(
        document=document,
        chunks=chunks,
        vectors=np.stack(vectors),
        sentences=writer.sentences,
        sentence_vectors=np.stack(writer.vectors),
    )


def _recombine(original: Original, pool: Sequence[StoredSentence], *, rng: np.random.Generator) -> list[StoredSentence]:
    """Keep some of a chunk's sentences and draw as many as it lacks from all."""
    size = len(original.sentences)
    own = max(1, round(size * SHARE_OF_OWN_SENTENCES))
    kept = [original.sentences[place] for place in sorted(rng.choice(size, size=own, replace=False))]
    return kept + [pool[place] for place in rng.integers(len(pool), size=size - own)]


def _noised(vector: NDArray[np.float32], *, rng: np.random.Generator) -> NDArray[np.float32]:
    noise = rng.standard_normal(len(vector)) * (NOISE / np.sqrt(len(vector)))
    moved = vector + noise
    unit: NDArray[np.float32] = (moved / np.linalg.norm(moved)).astype(np.float32)
    return unit


class _Writer:
    """Writes sentences one after the other and remembers where each stands."""

    def __init__(self) -> None:
        self.sentences: list[Sentence] = []
        self.vectors: list[NDArray[np.float32]] = []
        self._parts: list[str] = []
        self._length = 0

    def write(self, paragraph: Sequence[StoredSentence]) -> Span:
        """Add a paragraph and return its span."""
        if self._parts:
            self._add("\n\n")
        start = self._length
        for place, stored in enumerate(paragraph):
            if place:
                self._add(" ")
            at = self._length
            self._add(stored.text)
            self.sentences.append(Sentence(start=at, end=self._length, kind=BlockKind.PARAGRAPH))
            if stored.vector is not None:
                self.vectors.append(stored.vector)
        return Span(start=start, end=self._length)

    def _add(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)

    def text(self) -> str:
        """Join all paragraphs."""
        return "".join(self._parts)

    def text_of(self, span: Span) -> str:
        """Read a span of what was written."""
        return self.text()[span.start : span.end]


def fill(
    source: Catalog, apply: Callable[[CatalogChange], None], *, chunks: int, progress: Callable[[int, int], None]
) -> None:
    """Write the small corpus and the made documents.

    Args:
        source: Catalog of the small corpus.
        apply: Writes a change to the new data directory.
        chunks: How many chunks to make on top of the real ones.
        progress: Called with the chunks made and wanted.
    """
    apply(copy_contents(source))
    done = 0
    for change in make_changes(read_originals(source), chunks=chunks):
        apply(change)
        done += sum(len(content.chunks) for content in change.contents)
        progress(done, chunks)
