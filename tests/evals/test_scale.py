"""The made data directory holds what a real one would."""

import numpy as np
import pytest

from assistant.catalog import Catalog, CatalogChange, IndexedContent, PathEntry, SourceKind, SourceRecord
from assistant.types import Block, BlockKind, Chunk, Document, Sentence
from evals.benches.scale import CHUNKS_PER_DOCUMENT, NOISE, fill, make_changes, read_originals

TEXTS = ("One is here. Two follows it.", "Three came late. Four never did.")


def content(number, text):
    half = text.index(". ") + 1
    rng = np.random.default_rng(number)
    unit = rng.standard_normal((3, 8)).astype(np.float32)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    digest = str(number) * 64
    return IndexedContent(
        document=Document(
            id=f"{number}.txt", digest=digest, text=text, title=f"T{number}",
            blocks=(Block(start=0, end=len(text), kind=BlockKind.PARAGRAPH),),
        ),
        chunks=[Chunk(
            id=f"chunk{number}", digest=digest, ordinal=0, start=0, end=len(text), text=text,
            context=f"T{number}", page=None, section=(),
        )],
        vectors=unit[:1],
        sentences=[
            Sentence(start=0, end=half, kind=BlockKind.PARAGRAPH),
            Sentence(start=half + 1, end=len(text), kind=BlockKind.PARAGRAPH),
        ],
        sentence_vectors=unit[1:],
    )  # fmt: skip


@pytest.fixture
def small(tmp_path):
    with Catalog.open(tmp_path / "small", write=True) as catalog:
        catalog.set_source(SourceRecord(name="corpus", kind=SourceKind.FOLDER, root="corpus"))
        contents = [content(number, text) for number, text in enumerate(TEXTS)]
        paths = [
            PathEntry(document_id=made.document.id, source="corpus", digest=made.document.digest, size=1, mtime_ns=0)
            for made in contents
        ]
        catalog.apply(CatalogChange(contents=contents, paths=paths))
        yield catalog


@pytest.fixture
def large(small, tmp_path):
    with Catalog.open(tmp_path / "large", write=True) as catalog:
        catalog.set_source(SourceRecord(name="corpus", kind=SourceKind.FOLDER, root="corpus"))
        fill(small, catalog.apply, chunks=1200, progress=lambda done, wanted: None)
        yield catalog


def test_the_real_documents_and_as_many_chunks_as_asked_are_there_and_sound(small, large):
    assert large.chunk_count() == 1200 + len(TEXTS)
    assert len(large.documents()) == 1200 // CHUNKS_PER_DOCUMENT + len(TEXTS)
    assert large.text("0.txt") == TEXTS[0]
    assert large.check() == []


def test_made_vectors_are_as_near_to_real_ones_as_the_noise_says(small):
    originals = read_originals(small)
    (change, *_) = make_changes(originals, chunks=1000)
    made = np.concatenate([made.vectors for made in change.contents])
    assert np.linalg.norm(made, axis=1) == pytest.approx(1.0, abs=1e-5)
    real = np.stack([original.vector for original in originals])
    nearest = (made @ real.T).max(axis=1)
    # With eight dimensions single cosines spread widely; their mean is what the noise says.
    assert nearest.mean() == pytest.approx(1 / np.sqrt(1 + NOISE**2), abs=0.05)


def test_made_text_is_of_real_sentences_and_the_same_each_time(small):
    first, second = (list(make_changes(read_originals(small), chunks=60)) for _ in range(2))
    real = {text[: text.index(". ") + 1] for text in TEXTS} | {text[text.index(". ") + 2 :] for text in TEXTS}
    for change, again in zip(first, second, strict=True):
        for made, same in zip(change.contents, again.contents, strict=True):
            assert made.document == same.document
            assert (made.vectors == same.vectors).all()
            text = made.document.text
            assert {text[sentence.start : sentence.end] for sentence in made.sentences} <= real
