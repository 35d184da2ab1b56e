"""Chunks are spans, fit the window, follow headings, and keep sentences and tables whole."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.types import BlockKind, Document, Page
from ingest.chunking import SPECIAL_TOKENS, chunk_document, page_at
from ingest.parsed import Facts, TextBuilder
from ingest.sentences import sentences_of


class Words:
    """A tokenizer whose tokens are words and single marks."""

    def token_offsets(self, text):
        return [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)]

    def count_tokens(self, text):
        return len(self.token_offsets(text))


def document_of(*blocks, title="T", pages=()):
    builder = TextBuilder()
    for kind, text, *level in blocks:
        builder.add(BlockKind(kind), text, level=level[0] if level else 0)
    parsed = builder.build(facts=Facts())
    return Document(id="a.md", digest="0" * 64, text=parsed.text, title=title, blocks=parsed.blocks, pages=pages)


def chunks_of(document, max_tokens=40):
    return chunk_document(document, max_tokens=max_tokens, tokenizer=Words())


WORD = st.text(alphabet="abcXYZ1é", min_size=1, max_size=9)
PROSE = st.lists(WORD | st.sampled_from([".", ". ", "! ", ", "]), max_size=40).map(" ".join)
BLOCK = st.one_of(
    st.tuples(st.just("heading"), st.lists(WORD, max_size=30).map(" ".join), st.integers(1, 4)),
    st.tuples(st.sampled_from(["paragraph", "item", "row"]), PROSE),
    st.tuples(st.just("code"), st.text(alphabet="ab \n", max_size=60)),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(BLOCK, max_size=14), st.integers(16, 80), PROSE)
def test_chunks_keep_their_promises(blocks, max_tokens, title):
    document = document_of(*blocks, title=" ".join(title.split()) or "T")
    sentences = sentences_of(document)
    chunks = chunk_document(document, max_tokens=max_tokens, tokenizer=Words(), sentences=sentences)
    last = 0
    for ordinal, chunk in enumerate(chunks):
        assert document.text[chunk.start : chunk.end] == chunk.text == chunk.text.strip() != ""
        assert chunk.ordinal == ordinal and last <= chunk.start
        assert Words().count_tokens(chunk.embedded_text) + SPECIAL_TOKENS <= max_tokens
        last = chunk.end
    assert len({chunk.id for chunk in chunks}) == len(chunks)
    for sentence in sentences:
        if sentence.kind is BlockKind.HEADING:
            continue
        touching = [c for c in chunks if c.start < sentence.end and sentence.start < c.end]
        assert touching, "every sentence is in a chunk"
        if len(touching) > 1:
            whole = Words().count_tokens(document.text[sentence.start : sentence.end])
            assert whole > max_tokens * 0.25, "only a long sentence is cut"
    assert bool(chunks) == any(document.text.strip())


def test_chunks_of_the_real_model_fit_its_window(embedder, starter_corpus):
    from ingest.building import as_document
    from ingest.reading import read_any

    for path in sorted(starter_corpus.rglob("*.*")):
        document = as_document(read_any(path.read_bytes(), name=path.name), document_id=path.name, digest="0" * 64)
        for chunk in chunk_document(document, max_tokens=embedder.max_tokens, tokenizer=embedder):
            assert embedder.count_tokens(chunk.embedded_text) + SPECIAL_TOKENS <= embedder.max_tokens
            assert document.text[chunk.start : chunk.end] == chunk.text


def test_a_chunk_never_crosses_a_heading_and_names_its_section():
    document = document_of(
        ("heading", "T", 1), ("heading", "One", 2), ("paragraph", "A b."), ("heading", "Two", 2), ("paragraph", "C d.")
    )
    assert [(chunk.text, chunk.section, chunk.context) for chunk in chunks_of(document)] == [
        ("A b.", ("T", "One"), "T › One"),
        ("C d.", ("T", "Two"), "T › Two"),
    ]


def test_a_heading_without_a_body_can_still_be_found():
    assert [chunk.text for chunk in chunks_of(document_of(("heading", "Only", 1)))] == ["Only"]
    document = document_of(("heading", "One", 1), ("heading", "Two", 1), ("paragraph", "Text."))
    assert [chunk.text for chunk in chunks_of(document)] == ["One", "Text."]


def test_a_table_that_fits_is_not_torn_and_a_long_one_names_its_columns():
    rows = [("row", "Name | Year")] + [("row", f"craft{number} | {2000 + number}") for number in range(8)]
    prose = ("paragraph", "Some words come first and fill the better half of the chunk, so that it ends right there.")
    torn = chunks_of(document_of(prose, *rows))
    assert [chunk.text.count("\n") for chunk in torn] == [0, 8]
    long = chunks_of(document_of(*(rows[:1] + rows[1:] * 3)))
    assert long[0].context == "T" and long[0].text.startswith("Name | Year")
    assert all(chunk.context == "T › Name | Year" for chunk in long[1:]) and len(long) > 2


def test_paragraphs_are_kept_whole_where_the_chunk_is_half_full():
    paragraph = "One two three four five six. " * 3
    document = document_of(("paragraph", paragraph), ("paragraph", paragraph), ("paragraph", paragraph))
    assert [chunk.text for chunk in chunks_of(document)] == [paragraph.strip()] * 3


def test_equal_passages_have_different_ids_and_ids_hold_no_offset():
    twice = document_of(("heading", "A", 1), ("paragraph", "Same."), ("heading", "A", 1), ("paragraph", "Same."))
    shifted = document_of(
        ("heading", "Longer before", 1), ("paragraph", "New."), ("heading", "A", 1), ("paragraph", "Same.")
    )
    first, second = chunks_of(twice)
    assert first.id != second.id and re.fullmatch(r"[0-9a-f]{32}", first.id)
    assert chunks_of(shifted)[1].id == first.id


def test_a_sentence_longer_than_a_chunk_is_cut_at_white_space():
    words = " ".join(f"word{number}" for number in range(100))
    chunks = chunks_of(document_of(("paragraph", words)))
    assert len(chunks) > 2 and " ".join(chunk.text for chunk in chunks) == words


def test_a_text_without_spaces_is_cut_by_characters():
    chunks = chunks_of(document_of(("paragraph", "a" * 5_000)))
    assert "".join(chunk.text for chunk in chunks) == "a" * 5_000 and len(chunks) > 2


def test_items_rows_and_lines_of_code_are_sentences():
    document = document_of(
        ("heading", "H", 1),
        ("paragraph", "One. Two."),
        ("item", "Five-year rule: decided. Before, it was 25."),
        ("row", "a | b"),
        ("code", "x = 1\n  y = 2"),
    )
    found = [(s.kind.value, document.text[s.start : s.end]) for s in sentences_of(document)]
    assert found == [
        ("heading", "H"),
        ("paragraph", "One."),
        ("paragraph", "Two."),
        ("item", "Five-year rule: decided. Before, it was 25."),
        ("row", "a | b"),
        ("code", "x = 1"),
        ("code", "y = 2"),
    ]


def test_pages_are_found_by_offset():
    pages = (Page(start=0, end=5, number=1), Page(start=5, end=5, number=2), Page(start=5, end=9, number=3))
    document = document_of(("paragraph", "Abcd efgh"), pages=pages)
    assert [page_at(document, offset) for offset in (0, 4, 5, 8)] == [1, 1, 3, 3]
    assert chunks_of(document)[0].page == 1


def test_a_window_that_is_too_small_is_refused():
    with pytest.raises(ValueError, match="max_tokens is 8"):
        chunks_of(document_of(("paragraph", "A.")), max_tokens=8)
