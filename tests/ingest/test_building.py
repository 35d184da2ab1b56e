"""Vectors are made once for a text, whichever document or batch it stands in."""

import threading

import numpy as np
import pytest

from assistant.catalog import Catalog
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


@pytest.fixture
def builder(tmp_path):
    with Catalog.open(tmp_path, write=True) as catalog:
        yield Builder(catalog, CountingEmbedder(), chunk_tokens=64, cancel=threading.Event())


def cut(builder, name, text):
    return builder.cut(document_from_text(name, text, title=name), former=None)


def test_a_sentence_of_several_documents_is_embedded_once(builder):
    batches = [
        [cut(builder, "a", "Ships pay at the gate. They moor."), cut(builder, "b", "Ships pay at the gate.")],
        [cut(builder, "c", "Nobody waits. Ships pay at the gate.")],
    ]
    contents = [content for batch in batches for content in builder.embed(batch)]
    assert builder._embedder.given.count("Ships pay at the gate.") == 1
    shared = [content.sentence_vectors[at] for content, at in zip(contents, (0, 0, 1), strict=True)]
    assert np.array_equal(shared[0], shared[1]) and np.array_equal(shared[1], shared[2])


def test_a_batch_is_completed_in_another_thread_without_the_catalog(builder):
    prepared = builder.prepare([cut(builder, "a", "Ships pay at the gate. They moor.")])
    results = []
    thread = threading.Thread(target=lambda: results.extend(builder.complete(prepared)))
    thread.start()
    thread.join()
    assert [len(content.sentences) for content in results] == [2]
    assert results[0].sentence_vectors.shape == (2, 4)


def test_a_chunk_of_one_sentence_without_a_title_is_embedded_once(builder):
    (content,) = builder.embed([builder.cut(document_from_text("a", "Nobody waits.", title=""), former=None)])
    assert builder._embedder.given == ["Nobody waits."]
    assert np.array_equal(content.vectors, content.sentence_vectors)
