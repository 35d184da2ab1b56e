"""What was altered in the store by hand is neither quoted nor overlooked."""

import json
import shutil
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from assistant.catalog import Catalog
from assistant.catalog.catalog import CATALOG_FILE
from assistant.catalog.seals import seal_span
from assistant.errors import CitationInvalid
from assistant.types import Span
from assistant.wiring import open_assistant

QUESTION = "Who designed the lighthouse of Vell?"
NOTICE = "doctor --check"
ANSWER = "(SELECT sentence FROM sentences JOIN contents USING (content) WHERE" \
    " substr(text, start_at + 1, end_at - start_at) LIKE 'Ada Brandt%')"  # fmt: skip
ITS_CONTENT = f"(SELECT content FROM sentences WHERE sentence = {ANSWER})"

ALTERED_SENTENCES = {
    "the start by whole words": f"UPDATE sentences SET start_at = start_at + 4 WHERE sentence = {ANSWER}",
    "the end by whole words": f"UPDATE sentences SET end_at = end_at - 16 WHERE sentence = {ANSWER}",
    "both ends": f"UPDATE sentences SET start_at = start_at - 41, end_at = end_at - 41 WHERE sentence = {ANSWER}",
    "a start before the text": f"UPDATE sentences SET start_at = -40 WHERE sentence = {ANSWER}",
    "a start behind the end": f"UPDATE sentences SET start_at = end_at + 1 WHERE sentence = {ANSWER}",
    "an end behind the text": f"UPDATE sentences SET end_at = 100000 WHERE sentence = {ANSWER}",
}
ALTERED_CONTENTS = {
    "a word of the answer": "UPDATE contents SET text = replace(text, 'Ada Brandt', 'Eva Brandt')",
    "another word": "UPDATE contents SET text = replace(text, 'Marten', 'Walrus')",
    "words before it": "UPDATE contents SET text = replace(text, 'opened in', 'opened late in')",
    "its heading": "UPDATE sections SET path = '[\"Another town\"]'",
    "its place among the sections": f"UPDATE sections SET end_at = end_at - 1 WHERE content = {ITS_CONTENT}",
    "its digest": "UPDATE contents SET text_digest = digest",
}
ALTERED_CHUNKS = {
    "moved": "UPDATE occurrences SET start_at = start_at + 4, end_at = end_at + 4",
    "the start": "UPDATE occurrences SET start_at = start_at + 4",
    "the end": "UPDATE occurrences SET end_at = end_at - 4",
    "before the text": "UPDATE occurrences SET start_at = -4",
    "the text": "UPDATE chunks SET text = replace(text, 'Brandt', 'Holmes')",
}


@contextmanager
def altered(house, folder, *statements):
    """Settings of a copy of a store after some statements."""
    settings = house.model_copy(update={"data_dir": Path(folder) / "copy", "abstain_below": 0.0})
    shutil.copytree(house.data_dir, settings.data_dir)
    try:
        with closing(sqlite3.connect(settings.data_dir / CATALOG_FILE)) as connection, connection:
            for statement in statements:
                connection.execute(statement)
        yield settings
    finally:
        shutil.rmtree(settings.data_dir)


def ask(settings, question=QUESTION):
    with open_assistant(settings) as assistant:
        return assistant.ask(question)


def faults_of(settings):
    with Catalog.open(settings.data_dir) as catalog:
        return catalog.check()


def stored_texts(settings):
    with Catalog.open(settings.data_dir) as catalog:
        return {record.document_id: catalog.text(record.document_id) for record in catalog.documents()}


@pytest.fixture(scope="module")
def texts(house):
    """The documents as they were stored."""
    return stored_texts(house)


def assert_exact(answer, texts):
    for citation in answer.citations:
        assert texts[citation.document_id][citation.start : citation.end] == citation.quote
    for passage in answer.passages:
        chunk = passage.chunk
        assert texts[passage.document_id][chunk.start : chunk.end] == chunk.text


def test_an_untouched_store_answers_and_has_no_faults(house, tmp_path, texts):
    with altered(house, tmp_path) as settings:
        answer = ask(settings)
        assert any("Ada Brandt designed" in citation.quote for citation in answer.citations)
        assert not any(NOTICE in notice for notice in answer.notices)
        assert_exact(answer, texts)
        assert faults_of(settings) == []


@pytest.mark.parametrize("statement", ALTERED_SENTENCES.values(), ids=ALTERED_SENTENCES)
def test_an_altered_sentence_is_withheld_and_found(house, tmp_path, texts, statement):
    with altered(house, tmp_path, statement) as settings:
        answer = ask(settings)
        assert not any("lighthouse" in citation.quote and "designed" in citation.quote for citation in answer.citations)
        assert_exact(answer, texts)
        assert any("sentence [" in fault for fault in faults_of(settings))


@pytest.mark.parametrize("name", ["the start by whole words", "the end by whole words", "both ends"])
def test_an_altered_sentence_that_was_met_is_said(house, tmp_path, name):
    with altered(house, tmp_path, ALTERED_SENTENCES[name]) as settings:
        assert any(NOTICE in notice for notice in ask(settings).notices)


def test_two_sentences_that_swapped_their_spans_are_both_withheld(house, tmp_path, texts):
    with altered(house, tmp_path) as settings:
        swap_first_sentences(settings)
        with Catalog.open(settings.data_dir) as catalog:
            digest = catalog.document("bees.txt").digest
            left = catalog.sentences(digest, within=Span(start=0, end=10_000))
        answer = ask(settings, "How many eggs does the queen lay?")
        assert 1 not in [stored.ordinal for stored in left]
        assert 2 not in [stored.ordinal for stored in left]
        assert not any("eggs" in citation.quote for citation in answer.citations)
        assert any(NOTICE in notice for notice in answer.notices)
        assert_exact(answer, texts)
        assert sum("sentence [" in fault for fault in faults_of(settings)) >= 2


def swap_first_sentences(settings):
    with closing(sqlite3.connect(settings.data_dir / CATALOG_FILE)) as connection, connection:
        (first, *ends), (second, *others) = connection.execute(
            "SELECT sentence, start_at, end_at FROM sentences WHERE ordinal IN (1, 2)"
            " AND content = (SELECT content FROM paths WHERE document_id = 'bees.txt')"
        )
        connection.execute("UPDATE sentences SET start_at = -1 WHERE sentence = ?", (first,))
        for sentence, span in ((second, ends), (first, others)):
            connection.execute("UPDATE sentences SET start_at = ?, end_at = ? WHERE sentence = ?", (*span, sentence))


@pytest.mark.parametrize("statement", ALTERED_CONTENTS.values(), ids=ALTERED_CONTENTS)
def test_an_altered_content_is_not_cited_and_found(house, tmp_path, statement):
    with altered(house, tmp_path, statement) as settings:
        answer = ask(settings)
        assert "harbour.md" not in {citation.document_id for citation in answer.citations}
        assert any(NOTICE in notice for notice in answer.notices)
        assert any("altered" in fault for fault in faults_of(settings))


def test_an_altered_content_is_not_shown_around_an_older_citation(house, asking, tmp_path):
    citation = next(found for found in asking.ask(QUESTION).citations if found.document_id == "harbour.md")
    with (
        altered(house, tmp_path, ALTERED_CONTENTS["another word"]) as settings,
        open_assistant(settings) as assistant,
        pytest.raises(CitationInvalid, match=NOTICE),
    ):
        assistant.view_citation(citation)


def test_a_passage_does_not_show_text_that_its_document_lacks(house, tmp_path):
    with altered(house, tmp_path, ALTERED_CONTENTS["words before it"]) as settings:
        answer = ask(settings)
        assert_exact(answer, stored_texts(settings))


@pytest.mark.parametrize("statement", ALTERED_CHUNKS.values(), ids=ALTERED_CHUNKS)
def test_an_altered_chunk_is_no_passage_and_is_found(house, tmp_path, texts, statement):
    with altered(house, tmp_path, statement) as settings:
        answer = ask(settings)
        shown = [passage.chunk.text for passage in answer.passages]
        assert not any("Ada Brandt" in text or "Holmes" in text for text in shown)
        assert any(NOTICE in notice for notice in answer.notices)
        assert_exact(answer, texts)
        assert any("chunk" in fault for fault in faults_of(settings))


def test_an_altered_chunk_leaves_the_other_passages(house, tmp_path, texts):
    where = " WHERE content = (SELECT content FROM paths WHERE document_id = 'bees.txt')"
    with altered(house, tmp_path, ALTERED_CHUNKS["moved"] + where) as settings:
        answer = ask(settings)
        assert [passage.rank for passage in answer.passages] == list(range(1, len(answer.passages) + 1))
        assert any("Ada Brandt designed" in citation.quote for citation in answer.citations)
        assert_exact(answer, texts)


def test_a_notice_is_said_for_the_question_that_met_the_fault_only(house, tmp_path):
    where = " WHERE content = (SELECT content FROM paths WHERE document_id = 'bees.txt')"
    with altered(house, tmp_path, ALTERED_CHUNKS["moved"] + where) as settings, open_assistant(settings) as assistant:
        assert any(NOTICE in notice for notice in assistant.ask("How many eggs does the queen lay?").notices)
        assert assistant.ask("hello").notices == ()


@pytest.mark.slow
@pytest.mark.parametrize("statement", [ALTERED_SENTENCES["both ends"], ALTERED_CONTENTS["words before it"]])
def test_what_the_command_quotes_is_what_another_process_shows(assistant, house, tmp_path, statement):
    with altered(house, tmp_path, statement) as settings:
        place = {"cwd": tmp_path, "ASSISTANT_DATA_DIR": str(settings.data_dir)}
        shown = {}
        for question in (QUESTION, "How many eggs does the queen lay?"):
            answer = json.loads(assistant("ask", question, "--json", **place).stdout)
            for found in [*answer["citations"], *answer["passages"]]:
                name = found["document"]
                if name not in shown:
                    shown[name] = assistant("documents", "show", "--text", name, **place).stdout.decode()
                assert shown[name][found["start"] : found["end"]] == (found.get("quote") or found["text"])
        assert b"fault  catalog: content" in assistant("doctor", "--check", code=1, **place).stdout


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    table=st.sampled_from(["sentences", "occurrences"]),
    row=st.integers(0, 30),
    start=st.integers(-60, 60),
    end=st.integers(-60, 60),
)
def test_whatever_is_done_to_a_span_it_is_withheld_and_found(house, tmp_path, texts, table, row, start, end):
    statement = (
        f"UPDATE OR IGNORE {table} SET start_at = start_at + {start}, end_at = end_at + {end} WHERE (content, ordinal)"
        f" IN (SELECT content, ordinal FROM {table} ORDER BY content, ordinal LIMIT 1 OFFSET {row})"
    )
    with altered(house, tmp_path, statement) as settings, Catalog.open(settings.data_dir) as catalog:
        before, after = readable_spans(house, table), readable_spans(settings, table)
        same = spans_in(settings, table) == spans_in(house, table)
        assert bool(catalog.check()) is not same
        assert len(before - after) == (0 if same else 1)
        assert all(texts[document_id][first:last] == text for document_id, first, last, text in after)


def spans_in(settings, table):
    with closing(sqlite3.connect(settings.data_dir / CATALOG_FILE)) as connection:
        return connection.execute(f"SELECT start_at, end_at FROM {table} ORDER BY content, ordinal").fetchall()


def readable_spans(settings, table):
    """Every sentence or every chunk that reading the catalog gives."""
    with Catalog.open(settings.data_dir) as catalog:
        if table == "sentences":
            return {
                (record.document_id, stored.sentence.start, stored.sentence.end, stored.text)
                for record in catalog.documents()
                for stored in catalog.sentences(record.digest, within=Span(start=0, end=100_000))
            }
        return {
            (placed.document_id, placed.chunk.start, placed.chunk.end, placed.chunk.text)
            for places in catalog.place(sorted(catalog.chunk_ids())).values()
            for placed in places
        }


@given(st.sets(st.tuples(st.sampled_from("ab"), st.integers(0, 9), st.integers(0, 9), st.text(max_size=3))))
def test_seals_differ_with_content_span_and_text(spans):
    seals = {seal_span(digest, start=start, end=end, text=text) for digest, start, end, text in spans}
    assert len(seals) == len(spans)
