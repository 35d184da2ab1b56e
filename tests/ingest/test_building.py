"""Vectors are made once for a text, whichever document or batch it stands in."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from assistant.catalog import Catalog, CatalogChange, PathEntry, SourceKind, SourceRecord
from assistant.embedding import embed_apart
from assistant.types import BlockKind
from ingest import document_from_text
from ingest.building import Builder


class CountingEmbedder:
    """Tells texts apart by a digest of their letters; notes what it was given."""

    dimension, max_tokens, fingerprint = 4, 256, "counting"

    def __init__(self):
        self.given = []

    def count_tokens(self, text):
        return len(text.split())

    def token_offsets(self, text):
        starts = [at for at, char in enumerate(text) if not char.isspace() and (at == 0 or text[at - 1].isspace())]
        return [(start, start + len(text[start:].split()[0])) for start in starts]

    def embed_documents(self, texts):
        self.given += texts
        return np.array([[len(text), 1, 0, 0] for text in texts], dtype=np.float32)

    def embed_with_parts(self, texts, parts):
        return embed_apart(self, texts, parts)


@pytest.fixture
def builder(tmp_path):
    with Catalog.open(tmp_path, write=True) as catalog:
        yield Builder(catalog, CountingEmbedder(), chunk_tokens=64, cancel=threading.Event())


def store(builder, content):
    path = PathEntry(document_id="a", source="s", digest=content.document.digest, size=1, mtime_ns=0)
    builder._catalog.set_source(SourceRecord(name="s", kind=SourceKind.FOLDER, root=""))
    builder._catalog.apply(CatalogChange(contents=[content], paths=[path]))


def zip_sentences(content):
    return zip(content.sentences, content.sentence_vectors, strict=True)


def cut(builder, name, text):
    return builder.cut(document_from_text(name, text, title=name))


def test_what_the_catalog_holds_is_not_embedded_again(builder):
    first = " ".join(["Ships pay at the gate."] * 12)
    (stored,) = builder.embed([builder.cut(document_from_text("a", first, title=""))])
    store(builder, stored)
    builder._embedder.given.clear()
    (again,) = builder.embed([builder.cut(document_from_text("b", f"{first}\n\nNobody waits here.", title=""))])
    known = {chunk.id for chunk in stored.chunks}
    fresh = [chunk.text for chunk in again.chunks if chunk.id not in known]
    assert len(fresh) < len(again.chunks)
    assert [text for text in builder._embedder.given if text in {chunk.text for chunk in stored.chunks}] == []
    assert set(fresh) <= set(builder._embedder.given)
    kept = again.chunks[0]
    assert kept.id in known
    count = sum(one.end <= kept.end for one in again.sentences)
    assert np.array_equal(again.sentence_vectors[:count], stored.sentence_vectors[:count])


def test_a_heading_outside_the_chunks_has_no_vector(builder):
    document = document_from_text("a", "Harbour dues\n\nShips pay.", title="")
    heading, paragraph = document.blocks
    marked = replace(document, blocks=(replace(heading, kind=BlockKind.HEADING, level=1), paragraph))
    (content,) = builder.embed([builder.cut(marked)])
    has_vector = {marked.text[one.start : one.end]: row.any() for one, row in zip_sentences(content)}
    assert has_vector == {"Harbour dues": False, "Ships pay.": True}


def test_a_sentence_that_is_cut_has_the_vector_of_the_chunk_that_holds_most_of_it(builder):
    long = "Ships " + "and boats " * 60 + "pay."
    (content,) = builder.embed([builder.cut(document_from_text("a", long, title=""))])
    assert len(content.chunks) > 1 and len(content.sentences) == 1
    assert content.sentence_vectors[0][0] == max(len(chunk.text) for chunk in content.chunks)


def test_the_chunks_of_a_cut_sentence_are_not_embedded_again_for_an_edit_elsewhere(builder):
    long = "Ships " + "and boats " * 60 + "pay."
    (stored,) = builder.embed([builder.cut(document_from_text("a", long, title=""))])
    store(builder, stored)
    before = builder.embedded_chunks
    (again,) = builder.embed(
        [builder.cut(document_from_text("a", f"{long}\n\n{'Nobody waits here. ' * 16}", title=""))]
    )
    known = {chunk.id for chunk in stored.chunks}
    assert builder.embedded_chunks - before == sum(chunk.id not in known for chunk in again.chunks)
    assert sum(chunk.id in known for chunk in again.chunks) >= 1
    assert np.array_equal(again.sentence_vectors[0], stored.sentence_vectors[0])


def test_one_chunk_whose_documents_cut_it_otherwise_has_the_sentences_of_each(builder):
    """A paragraph of two sentences, and a list item of the same text, which is one."""
    paragraph = document_from_text("a", "Ships pay. They moor.", title="Dues")
    (block,) = paragraph.blocks
    item = replace(paragraph, id="b", digest="b" * 64, blocks=(replace(block, kind=BlockKind.ITEM),))
    for documents in ((paragraph, item), (item, paragraph)):
        made = {content.document.id: content for content in builder.embed([builder.cut(one) for one in documents])}
        assert made["a"].chunks[0].id == made["b"].chunks[0].id
        assert made["a"].sentence_vectors[:, 0].tolist() == [len("Ships pay."), len("They moor.")]
        assert made["b"].sentence_vectors[:, 0].tolist() == [len("Ships pay. They moor.")]


def test_a_batch_is_completed_in_another_thread_without_the_catalog(builder):
    prepared = builder.prepare([cut(builder, "a", "Ships pay at the gate. They moor.")])
    results = []
    thread = threading.Thread(target=lambda: results.extend(builder.complete(prepared)))
    thread.start()
    thread.join()
    assert [len(content.sentences) for content in results] == [2]
    assert results[0].sentence_vectors.shape == (2, 4)


def test_a_chunk_of_one_sentence_without_a_title_is_embedded_once(builder):
    (content,) = builder.embed([builder.cut(document_from_text("a", "Nobody waits.", title=""))])
    assert builder._embedder.given == ["Nobody waits."]
    assert np.array_equal(content.vectors, content.sentence_vectors)
