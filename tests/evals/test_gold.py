"""Gold sets are read whole or refused with every fault."""

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from assistant.catalog import Catalog
from assistant.settings import Settings
from assistant.types import Span
from evals.errors import GoldSetInvalid
from evals.gold import load_gold, locate_quote
from ingest import sync


def faults(path, documents):
    with pytest.raises(GoldSetInvalid, match="faults in") as caught:
        load_gold(path, documents=documents)
    return caught.value.faults


def test_a_question_comes_back_with_its_quotes_located(maker, write_gold):
    (question,) = load_gold(write_gold({"tags": ["facts", "names"]}), documents=maker.documents)
    assert (question.id, question.tags, question.split) == ("q1", ("facts", "names"), "dev")
    assert question.answers == ("Ada",)
    (evidence,) = question.evidence
    assert evidence.spans == (Span(start=0, end=9),)
    assert evidence.digest == maker.documents.document("a.md").digest


def test_optional_fields_may_be_left_out_and_blank_lines_are_skipped(maker, write_gold):
    row = {
        "id": "q7",
        "question": "Why?",
        "answers": [],
        "answerable": False,
        "evidence": [],
        "tags": [],
        "split": "test",
    }
    (question,) = load_gold(write_gold("", json.dumps(row), "  "), documents=maker.documents)
    assert (question.tags, question.history, question.answer_parts) == ((), (), ())


def test_parts_history_and_whole_documents_are_kept(maker, write_gold):
    row = {
        "answers": [],
        "answer_parts": [["Ada", "Lovelace"], ["Babbage"]],
        "evidence": [{"document": "b.md"}],
        "history": [{"question": "Who?", "answer": "Ada."}],
    }
    (question,) = load_gold(write_gold(row), documents=maker.documents)
    assert question.answer_parts == (("Ada", "Lovelace"), ("Babbage",))
    assert question.history[0].answer == "Ada."
    assert (question.evidence[0].quote, question.evidence[0].spans) == (None, ())


def test_every_fault_is_named_with_line_and_field(maker, write_gold):
    path = write_gold(
        "{not json",
        {"id": "q1"},
        {"id": "q1"},
        {"colour": "red", "split": "train"},
        {"answers": []},
        {"answerable": False},
        {"evidence": [{"document": "z.md", "quote": "x"}, {"document": "a.md", "quote": "Eve wrote"}]},
        {"answers": ["Ada", "…"], "answer_parts": [["Ada"], []]},
        '{"id": "q9", "id": "q9"}',
        {"answerable": "yes", "answer_parts": []},
    )
    found = faults(path, maker.documents)
    starts = [fault.split(": ")[0] for fault in found]
    assert starts == [
        "line 1, (line)",
        "line 3, id",
        "line 4, split",
        "line 4, colour",
        "line 5, answers",
        "line 6, answers",
        "line 7, evidence.0.document",
        "line 7, evidence.1.quote",
        "line 8, answers.1",
        "line 8, answer_parts.1",
        "line 9, id",
        "line 10, answerable",
    ]
    assert "'q1' was used on line 2" in found[1]
    assert "Did you mean 'a.md'?" in found[6]


@pytest.mark.parametrize("field", ["id", "question", "answers", "answerable", "evidence", "tags", "split"])
def test_a_missing_field_is_a_fault(maker, write_gold, field):
    row = json.loads(write_gold({}).read_text())
    del row[field]
    (fault,) = faults(write_gold(json.dumps(row)), maker.documents)
    assert fault.startswith(f"line 1, {field}: ")


def test_an_empty_file_and_bytes_that_are_no_text_are_faults(maker, write_gold):
    assert faults(write_gold(""), maker.documents) == ("line 1, (line): the file holds no question",)
    path = write_gold("")
    path.write_bytes(b'{"id": "\xff"}')
    assert faults(path, maker.documents)[0].startswith("line 1, (line): not JSON")


def test_evidence_follows_a_document_that_moved_and_was_edited_since(tmp_path, models_dir, write_gold):
    settings = Settings(data_dir=tmp_path / "data", corpus=tmp_path / "corpus", models_dir=models_dir)
    settings.corpus.mkdir()
    before, after = settings.corpus / "ada.md", settings.corpus / "people.md"
    before.write_text("Ada wrote the first program for the machine.\n")
    path = write_gold({"evidence": [{"document": "ada.md", "quote": "the first program"}]})
    sync([], settings=settings)
    before.rename(after)
    sync([], settings=settings)
    after.write_text("In 1843 Ada wrote the first program for the machine.\n")
    sync([], settings=settings)
    with Catalog.open(settings.data_dir) as catalog:
        (question,) = load_gold(path, documents=catalog)
        (evidence,) = question.evidence
        assert (evidence.document_id, evidence.digest) == ("people.md", catalog.document("people.md").digest)
    before.write_text("Another text under the old name.\n")
    sync([], settings=settings)
    with Catalog.open(settings.data_dir) as catalog:
        assert "does not occur in 'ada.md'" in faults(path, catalog)[0]


def test_a_quote_may_differ_in_white_space_but_an_exact_one_comes_first():
    assert locate_quote("built the machine", "He built\nthe  machine.") == (Span(start=3, end=21),)
    assert locate_quote("a b", "a  b, a b, a b") == (Span(start=6, end=9), Span(start=11, end=14))
    assert locate_quote("a.b", "axb") == ()
    with pytest.raises(ValueError, match="not white space"):
        locate_quote(" \n", "text")


@given(st.text(alphabet="ab .\n", min_size=1), st.data())
def test_every_piece_of_a_text_is_found_in_it(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    quote = text[start:end]
    assume(quote.strip())
    assert [text[span.start : span.end] for span in locate_quote(quote, text)] == [quote] * text.count(quote)
    assert locate_quote("  ".join(quote.split()), text)


def test_what_is_no_object_and_what_is_nested_without_end_are_faults(maker, write_gold):
    found = faults(write_gold("[]", "[" * 100_000, '"text"', "NaN"), maker.documents)
    assert [fault.split(": ")[0] for fault in found] == [f"line {number}, (line)" for number in (1, 2, 3, 4)]
