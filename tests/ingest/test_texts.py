"""Documents given as texts: stored as files would be, once each, and never twice."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.catalog import Catalog
from assistant.errors import StaleIndex
from assistant.types import BlockKind
from assistant.wiring import open_assistant
from ingest import add_texts, document_from_text
from ingest.reports import Stage
from ingest.verdicts import Code

VELL = "The harbour of Vell was opened in 1931.\n\nIt has three piers. Ada Brandt designed the lighthouse."


def texts_of(**texts):
    return [document_from_text(name, text, title=name.title()) for name, text in texts.items()]


@given(st.text(alphabet="ab. \n\t\r\u200b\ud800", max_size=60))
def test_the_blocks_are_the_paragraphs(text):
    document = document_from_text("a", text, title="A")
    document.text.encode()
    parts = [part.strip() for part in document.text.replace("\n\n", "\0").split("\0") if part.strip()]
    found = [document.text[block.start : block.end] for block in document.blocks]
    assert "".join("".join(found).split()) == "".join("".join(parts).split())
    assert all(block.kind is BlockKind.PARAGRAPH for block in document.blocks)
    assert all(words == words.strip() and "\n\n" not in words for words in found)


def test_paragraphs_end_at_blank_lines_and_nowhere_else():
    document = document_from_text("a", "One.\nStill one.\n \n\n  Two.\n", title="")
    assert [document.text[block.start : block.end] for block in document.blocks] == ["One.\nStill one.", "Two."]


def test_the_digest_tells_titles_from_texts():
    pairs = [("ab", "c"), ("a", "bc"), ("", "abc"), ("abc", "")]
    assert len({document_from_text("x", text, title=title).digest for title, text in pairs}) == len(pairs)
    assert document_from_text("x", "c", title="t").digest == document_from_text("y", "c", title="t").digest


def test_texts_are_answered_from_and_a_second_call_does_nothing(settings):
    report = add_texts(texts_of(vell=VELL), source="mine", settings=settings)
    assert (report.added, report.chunks, report.embedded_chunks) == (("vell",), 1, 1)
    with open_assistant(settings) as assistant:
        answer = assistant.ask("Who designed the lighthouse?")
        corpus = answer.fingerprint.corpus
        assert "Ada Brandt designed" in answer.text
        assert assistant.view_citation(answer.citations[0], margin=0).quote in VELL
    again = add_texts(texts_of(vell=VELL), source="mine", settings=settings)
    assert again.nothing_done and again.unchanged == ("vell",)
    with Catalog.open(settings.data_dir) as catalog:
        assert catalog.corpus_fingerprint() == corpus


def test_equal_texts_are_one_content(settings):
    documents = [document_from_text(name, VELL, title="Vell") for name in ("a", "b")]
    report = add_texts(documents, source="mine", settings=settings)
    assert report.added == ("a", "b") and report.chunks == 1
    with Catalog.open(settings.data_dir) as catalog:
        assert len({record.digest for record in catalog.documents()}) == 1
        assert catalog.check() == []


def test_another_text_replaces_and_nothing_is_removed(settings):
    add_texts(texts_of(a="Old words.", b="Other words."), source="mine", settings=settings)
    report = add_texts(texts_of(a="New words."), source="mine", settings=settings)
    assert report.changed == ("a",) and report.added == report.removed == ()
    with Catalog.open(settings.data_dir) as catalog:
        assert {name: catalog.text(name) for name in "ab"} == {"a": "New words.", "b": "Other words."}


def test_a_text_without_words_is_a_problem_and_stays_one(settings):
    documents = texts_of(blank=" \n\u200b", vell=VELL)
    report = add_texts(documents, source="mine", settings=settings)
    assert report.added == ("vell",)
    assert [(problem.document_id, problem.code) for problem in report.problems] == [("blank", Code.NO_TEXT)]
    assert add_texts(documents, source="mine", settings=settings).nothing_done


def test_an_id_is_never_two_documents(settings):
    with pytest.raises(ValueError, match="two documents have the id 'a'"):
        add_texts(texts_of(a="x") + texts_of(a="y"), source="mine", settings=settings)
    add_texts(texts_of(a="x"), source="mine", settings=settings)
    with pytest.raises(ValueError, match="belongs to the source 'mine', not to 'other'"):
        add_texts(texts_of(a="x"), source="other", settings=settings)


def test_a_cancelled_call_keeps_whole_batches_and_the_next_one_goes_on(settings):
    long = " ".join(f"Sentence number {number} of this text." for number in range(600))
    documents = texts_of(a=long, b=long + " More.", c="Short.")
    cancel, seen = threading.Event(), []

    def stop_after_the_first(progress):
        seen.append(progress)
        if progress.stage is Stage.INDEX:
            cancel.set()

    report = add_texts(documents, source="mine", settings=settings, progress=stop_after_the_first, cancel=cancel)
    assert report.interrupted and report.added == ("a",)
    assert (seen[-1].done, seen[-1].total) == (1, 3)
    rest = add_texts(documents, source="mine", settings=settings)
    assert (rest.added, rest.unchanged, rest.interrupted) == (("b", "c"), ("a",), False)


def test_other_chunking_is_refused(settings):
    add_texts(texts_of(a="x y z"), source="mine", settings=settings)
    with pytest.raises(StaleIndex):
        add_texts(texts_of(b="x"), source="mine", settings=settings.model_copy(update={"chunk_tokens": 64}))
