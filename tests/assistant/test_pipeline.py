from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from assistant.errors import EmptyCorpus
from assistant.indexing import remove_document
from assistant.pipeline import LONGEST_QUESTION
from assistant.types import ConversationTurn, Filters, Method, Support, Timings
from assistant.wiring import open_assistant
from ingest import sync

QUESTION = "Who designed the lighthouse of Vell?"


def timeless(answer):
    return replace(answer, timings=Timings())


def test_an_answer_cites_every_sentence(asking):
    answer = asking.ask(QUESTION)
    assert "Ada Brandt designed" in answer.text
    assert answer.method is Method.READ
    assert [sentence.citations for sentence in answer.sentences] == [(c.marker,) for c in answer.citations]
    assert all(sentence.support is Support.VERBATIM for sentence in answer.sentences)


def test_a_sentence_says_what_speaks_for_it(asking):
    answer = asking.ask(QUESTION)
    found = next(sentence.signals for sentence in answer.sentences if "Ada Brandt" in sentence.text)
    assert found.answer_type == 1.0
    assert 0.5 < found.coverage < 1  # it does not say of what place
    assert 0 < found.cosine <= 1
    read = answer.passages[found.passage_rank - 1].chunk
    assert "Ada Brandt designed" in read.text


def test_a_sentence_that_was_weighed_for_one_side_alone_has_no_signals(house):
    with open_assistant(house.model_copy(update={"abstain_below": 0.0})) as assistant:
        answer = assistant.ask("What is the difference between Vell and Torun?", top_k=1)
    read = {passage.document_id for passage in answer.passages}
    weighed = {
        citation.document_id: sentence.signals is not None
        for citation, sentence in zip(answer.citations, answer.sentences, strict=True)
    }
    assert len(weighed) > 1
    assert weighed == {document: document in read for document in weighed}


def test_what_is_said_of_the_catalog_has_no_signals(asking):
    assert {sentence.signals for sentence in asking.ask("What documents are there?").sentences} == {None}


def test_the_same_question_gets_the_same_answer(house, asking):
    with open_assistant(house) as other:
        assert timeless(asking.ask(QUESTION)) == timeless(other.ask(QUESTION))


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(st.text(max_size=60) | st.sampled_from([QUESTION, "fleet?", "bees' honey", '"OR" NEAR(', "Vell AND Torun"]))
def test_any_text_gets_an_answer_whose_citations_hold(asking, text):
    answer = asking.ask(text)
    assert (answer.abstention is None) == bool(answer.sentences)
    for citation in answer.citations:
        assert asking.view_citation(citation, margin=0).quote == citation.quote


def test_a_follow_up_is_answered_as_it_is_read_and_the_same_each_time(asking):
    before = (ConversationTurn(question=QUESTION, answer="Ada Brandt designed the lighthouse."),)
    answer = asking.ask("And the harbour?", history=before)
    assert (answer.question, answer.query) == ("And the harbour?", "Who designed the harbour of Vell?")
    assert timeless(answer) == timeless(asking.ask("And the harbour?", history=before))
    assert asking.ask(answer.query).citations == answer.citations


def test_talk_is_answered_from_the_catalog(asking):
    answer = asking.ask("What documents are there?")
    assert answer.method is Method.CATALOG
    assert answer.citations == ()
    assert "bees.txt" in answer.text


@pytest.fixture
def emptied(settings):
    """Settings of a store whose one document was removed."""
    (settings.corpus / "note.md").write_text("The lighthouse of Vell was designed by Ada Brandt.", encoding="utf-8")
    sync([], settings=settings)
    remove_document("note.md", settings=settings)
    return settings


def test_a_store_whose_documents_are_all_gone_is_empty(emptied):
    with open_assistant(emptied) as assistant:
        with pytest.raises(EmptyCorpus, match="Run `assistant ingest` first"):
            assistant.ask(QUESTION)
        with pytest.raises(EmptyCorpus, match="Run `assistant ingest` first"):
            assistant.search(QUESTION)
        assert assistant.ask("hello").method is Method.CATALOG


def test_an_empty_store_says_how_many_documents_could_not_be_read(emptied):
    (emptied.corpus / "note.md").write_bytes(b"")
    sync([], settings=emptied)
    with open_assistant(emptied) as assistant, pytest.raises(EmptyCorpus, match="1 could not be read"):
        assistant.ask(QUESTION)


def test_a_filter_keeps_other_documents_out(asking):
    answer = asking.ask("lighthouse of Vell", filters=Filters(documents=("harbour-2025.md",)))
    assert {passage.document_id for passage in answer.passages} == {"harbour-2025.md"}


def test_top_k_bounds_what_is_read(asking):
    assert len(asking.ask(QUESTION, top_k=1).passages) == 1
    with pytest.raises(ValueError, match="top_k"):
        asking.ask(QUESTION, top_k=0)


def test_an_endless_question_is_cut_and_said_to_be(asking):
    answer = asking.ask(f"{QUESTION} {'really ' * LONGEST_QUESTION}")
    assert any("very long" in notice for notice in answer.notices)


def test_timings_add_up(asking):
    timings = asking.ask(QUESTION).timings
    parts = (timings.retrieval, timings.evidence, timings.generation)
    assert all(part > 0 for part in parts)
    assert sum(parts) <= timings.total


def test_the_fingerprint_is_known_before_the_first_question(asking):
    assert asking.fingerprint() == asking.ask(QUESTION).fingerprint


def test_the_fingerprint_follows_what_can_change_an_answer(house, asking):
    with (
        open_assistant(house.model_copy(update={"top_k": 3})) as other,
        open_assistant(house.model_copy(update={"port": 1})) as same,
    ):
        config = asking.ask(QUESTION).fingerprint.config
        assert other.ask(QUESTION).fingerprint.config != config
        assert same.ask(QUESTION).fingerprint.config == config


def test_a_document_added_meanwhile_is_found(settings):
    (settings.corpus / "one.txt").write_text("The ferry Otter leaves at nine.\n", encoding="utf-8")
    sync([settings.corpus], settings=settings)
    with open_assistant(settings) as assistant:
        before = assistant.ask("hello").fingerprint.corpus
        (settings.corpus / "two.txt").write_text("The castle of Orm has seven towers.\n", encoding="utf-8")
        sync([settings.corpus], settings=settings)
        answer = assistant.ask("How many towers has the castle of Orm?")
        assert "seven towers" in answer.text
        assert answer.fingerprint.corpus != before
        assert len(assistant.documents()) == 2


def test_a_document_in_another_language_is_noticed(settings):
    text = "Der Leuchtturm von Vell wurde im Jahr 1931 gebaut. Er ist zweiundvierzig Meter hoch und steht am Hafen.\n"
    (settings.corpus / "deutsch.txt").write_text(text * 3, encoding="utf-8")
    sync([settings.corpus], settings=settings)
    with open_assistant(settings) as assistant:
        assert any("deutsch.txt" in notice for notice in assistant.ask("Leuchtturm von Vell").notices)


def test_a_question_with_broken_characters_is_asked_all_the_same(asking):
    answer = asking.ask("When was the lighthouse\udcff raised?")
    answer.question.encode("utf-8")
    assert answer.citations or answer.abstention


@pytest.mark.parametrize("top_k", [None, 1, 3])
@pytest.mark.parametrize("question", [QUESTION, "Which is older, the lighthouse of Vell or the harbour?"])
def test_a_search_finds_the_passages_of_the_answer(asking, question, top_k):
    assert asking.search(question, top_k=top_k) == asking.ask(question, top_k=top_k).passages


def test_a_search_ranks_from_one_and_deeper_when_asked(asking):
    passages = asking.search(QUESTION, top_k=50)
    assert [passage.rank for passage in passages] == list(range(1, len(passages) + 1))
    assert [passage.score for passage in passages] == sorted((p.score for p in passages), reverse=True)
    assert len(passages) > 1


def test_a_search_keeps_to_the_filter(asking):
    found = asking.search("lighthouse of Vell", filters=Filters(documents=("harbour-2025.md",)))
    assert {passage.document_id for passage in found} == {"harbour-2025.md"}


def test_a_search_refuses_to_look_for_nothing(asking):
    with pytest.raises(ValueError, match="top_k must be at least 1, not 0"):
        asking.search(QUESTION, top_k=0)


@pytest.mark.parametrize("text", ["", "lighthouse\udcff", "What documents are there?", "Vell " * LONGEST_QUESTION])
def test_any_text_can_be_searched_for(asking, text):
    for passage in asking.search(text):
        assert passage.chunk.text
