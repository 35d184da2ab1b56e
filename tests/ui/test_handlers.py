"""Facts about what the page does, told without a page."""

from __future__ import annotations

import pytest

from assistant.errors import EmptyCorpus, StaleIndex
from ui.conversation import MOST_TURNS, Conversation
from ui.handlers import Handlers, file_name
from ui.jobs import IngestJobs
from ui.library import Library
from ui.testing import TEXT, FakeAssistant, FakeCatalog, make_answer, make_citation, make_record

QUESTION = "What orbits?"


def refuse_to_ingest(files, *, progress, cancel):
    raise AssertionError("nothing should be ingested here")


def make_handlers(assistant=None, catalog=None):
    library = Library(
        open_assistant=lambda: assistant or FakeAssistant({QUESTION: make_answer(QUESTION)}),
        open_catalog=lambda: catalog or FakeCatalog([make_record()]),
    )
    return Handlers(library, IngestJobs(refuse_to_ingest, list_documents=list))


def no_documents(tmp_path):
    def refuse():
        raise EmptyCorpus(tmp_path)

    return Handlers(
        Library(open_assistant=refuse, open_catalog=refuse), IngestJobs(refuse_to_ingest, list_documents=list)
    )


def last(handlers, question, conversation=None):
    *_, told = handlers.ask(question, conversation or Conversation())
    return told


def test_a_question_is_shown_before_its_answer():
    first, second = make_handlers().ask(QUESTION, Conversation())
    assert "Searching your documents" in first.html
    assert first.conversation.turns[0].answer is None
    assert second.conversation.turns[0].answer == make_answer(QUESTION)


def test_an_empty_question_does_nothing():
    assert list(make_handlers().ask("  \n", Conversation())) == []


def test_a_fault_that_the_person_can_mend_is_told_in_the_conversation():
    handlers = make_handlers(FakeAssistant({QUESTION: StaleIndex(built_with="a", wanted="b")}))
    told = last(handlers, QUESTION)
    assert "The index was built with a, the settings say b." in told.html


def test_without_documents_the_answer_says_how_to_add_some(tmp_path):
    assert "There are no documents yet." in last(no_documents(tmp_path), QUESTION).html


def test_a_bug_leaves_no_question_waiting():
    begun = Conversation().begin(QUESTION)
    told = make_handlers().ask_failed(begun)
    assert "This is a bug in the assistant" in told.html
    assert "Searching" not in told.html


def test_a_bug_does_not_replace_an_answer_that_came():
    settled = last(make_handlers(), QUESTION).conversation
    assert make_handlers().ask_failed(settled).conversation == settled


def test_a_marker_opens_its_quote_in_its_place():
    handlers = make_handlers()
    conversation = last(handlers, QUESTION).conversation
    html = handlers.open_source("c-1-1#7", conversation)
    assert "<mark>&lt;b&gt;Moons&lt;/b&gt; &amp; *stars* orbit.</mark>" in html
    assert "<dt>Dated</dt><dd>2025-07-07</dd>" in html


def test_a_nearest_passage_opens_too():
    handlers = make_handlers()
    conversation = last(handlers, "Who sings?").conversation
    assert "<mark>Rockets fly.</mark>" in handlers.open_source("p-1-1#1", conversation)


def test_a_span_that_no_longer_holds_is_refused_with_its_message():
    handlers = make_handlers(FakeAssistant({QUESTION: make_answer(QUESTION)}, text=TEXT.replace("Moons", "Mines")))
    html = handlers.open_source("c-1-1", last(handlers, QUESTION).conversation)
    assert "does not hold the quoted text any more" in html
    assert "<mark>" not in html


@pytest.mark.parametrize("reference", ["c-1-2", "c-2-1", "p-1-9", "c-1", "", "c-1-1-1", "x-1-1", "c-1-1<b>"])
def test_what_this_tab_never_got_is_not_shown(reference):
    handlers = make_handlers()
    conversation = last(handlers, QUESTION).conversation
    assert "no longer on the server" in handlers.open_source(reference, conversation)


def test_the_reference_of_another_tab_means_nothing_here():
    handlers = make_handlers()
    last(handlers, QUESTION)
    assert "no longer on the server" in handlers.open_source("c-1-1", Conversation())


def test_a_conversation_forgets_its_oldest_turns_and_counts_on():
    conversation = Conversation()
    for _ in range(MOST_TURNS + 3):
        conversation = conversation.begin(QUESTION).settle(make_answer(QUESTION), fault=None, dates={})
    assert [turn.number for turn in conversation.turns] == list(range(4, MOST_TURNS + 4))
    assert conversation.resolve("c-3-1") is None
    assert conversation.resolve(f"c-{MOST_TURNS + 3}-1") == make_citation()


def test_a_document_from_another_process_is_listed_at_the_next_look():
    catalog = FakeCatalog([make_record()])
    handlers = make_handlers(catalog=catalog)
    assert "1 document<" in handlers.shelf().summary
    catalog.records.append(make_record("new.md", title="A new one"))
    listed = handlers.shelf()
    assert "2 documents" in listed.summary
    assert "A new one" in listed.documents


def test_an_empty_library_says_so(tmp_path):
    listed = no_documents(tmp_path).shelf()
    assert "no documents yet" in listed.summary
    assert not listed.busy


def test_the_assistant_is_opened_once_there_are_documents(tmp_path):
    attempts = []

    def open_assistant():
        attempts.append(1)
        if len(attempts) == 1:
            raise EmptyCorpus(tmp_path)
        return FakeAssistant()

    library = Library(open_assistant=open_assistant, open_catalog=lambda: FakeCatalog([]))
    with pytest.raises(EmptyCorpus, match="No documents"):
        library.assistant()
    assert library.assistant() is library.assistant()
    assert len(attempts) == 2


def test_more_files_than_allowed_are_refused_as_a_whole(tmp_path):
    files = [(f"{number}.md", tmp_path / f"{number}.md") for number in range(201)]
    assert "201 files are more than the 200" in make_handlers().drop(files, inside=tmp_path)


def test_a_path_outside_the_uploads_is_refused(tmp_path):
    inside = tmp_path / "uploads"
    inside.mkdir()
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    with pytest.raises(ValueError, match="not one that was uploaded"):
        make_handlers().drop([("a.txt", inside / ".." / "secret.txt")], inside=inside)
    assert secret.exists()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a.pdf", "a.pdf"),
        ("C:\\x\\a.pdf", "a.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..", "unnamed"),
        ("/", "unnamed"),
    ],
)
def test_a_dropped_file_keeps_the_last_part_of_its_name(given, kept):
    assert file_name(given) == kept
