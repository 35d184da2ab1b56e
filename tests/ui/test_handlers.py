"""Facts about what the page does, told without a page."""

from __future__ import annotations

import copy
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from assistant.errors import EmptyCorpus, StaleIndex
from assistant.types import ConversationTurn, DocumentState
from ingest.reports import SyncReport
from ui.conversation import MOST_TURNS, Conversation
from ui.handlers import Handlers, file_name
from ui.jobs import IngestJobs
from ui.library import Library
from ui.shelf import key_of
from ui.talk import MOST_WAITING, Talk
from ui.testing import TEXT, FakeAssistant, FakeCatalog, make_answer, make_citation, make_programs, make_record

QUESTION = "What orbits?"


def make_handlers(assistant=None, catalog=None):
    library = Library(
        open_assistant=lambda: assistant or FakeAssistant({QUESTION: make_answer(QUESTION)}),
        open_catalog=lambda: catalog or FakeCatalog([make_record()]),
    )
    return Handlers(library, IngestJobs(make_programs(), list_documents=list))


def no_documents(tmp_path):
    def refuse():
        raise EmptyCorpus(tmp_path)

    return Handlers(
        Library(open_assistant=refuse, open_catalog=refuse), IngestJobs(make_programs(), list_documents=list)
    )


def asked(handlers, question, talk=None):
    """What a tab knows after a question, and how it looks."""
    talk = talk or Talk()
    *_, html = handlers.ask([question], talk)
    return talk, html


def test_a_question_is_shown_before_its_answer():
    talk = Talk()
    steps = make_handlers().ask([QUESTION], talk)
    assert "Searching your documents" in next(steps)
    assert talk.conversation.turns[0].answer is None
    assert "Searching" not in next(steps)
    assert talk.conversation.turns[0].answer == make_answer(QUESTION)


def test_a_question_is_asked_with_the_turns_of_its_tab():
    assistant = FakeAssistant({QUESTION: make_answer(QUESTION)})
    talk, _ = asked(make_handlers(assistant), QUESTION)
    asked(make_handlers(assistant), "And why?", talk)
    answered = ConversationTurn(question=QUESTION, answer=make_answer(QUESTION).text)
    assert assistant.histories == [(), (answered,)]


def test_an_empty_question_does_nothing():
    assert list(make_handlers().ask(["  \n"], Talk())) == []


def test_questions_of_two_requests_are_answered_in_the_order_they_were_asked():
    handlers, talk = make_handlers(), Talk()
    first, second = handlers.ask([QUESTION], talk), handlers.ask(["Who sings?"], talk)
    next(first)
    assert "Waiting for the question before it" in next(second)
    with ThreadPoolExecutor(max_workers=1) as other:
        waiting = other.submit(next, second)
        next(first)
        assert [turn.waits for turn in talk.conversation.turns] == [False, True]
        assert not waiting.done(), "the answer before has to be sent first"
        assert list(first) == []
        assert "Waiting" not in waiting.result(timeout=10)
    assert [(turn.question, turn.answer.question) for turn in talk.conversation.turns] == [
        (QUESTION, QUESTION),
        ("Who sings?", "Who sings?"),
    ]


def test_a_request_that_was_dropped_keeps_no_later_question_waiting():
    handlers, talk = make_handlers(), Talk()
    dropped = handlers.ask([QUESTION], talk)
    next(dropped)
    dropped.close()
    assert "Ask again" in talk.conversation.turns[0].fault
    asked(handlers, "Who sings?", talk)
    assert talk.conversation.turns[1].answer is not None


def test_more_questions_than_may_wait_are_refused_by_name():
    handlers, talk = make_handlers(), Talk()
    html = next(handlers.ask([f"Question {number}?" for number in range(MOST_WAITING + 1)], talk))
    assert html.count("questions are waiting already") == 1
    assert "questions are waiting already" in talk.conversation.turns[-1].fault


def test_a_question_that_the_browser_repeats_is_taken_once():
    talk = Talk()
    assert talk.take('[[1, "a"]]') == ["a"]
    assert talk.take('[[1, "a"], [2, "b"], [3, "c"]]') == ["b", "c"]
    assert talk.take('[[3, "c"]]') == []


@pytest.mark.parametrize("sent", ["", "{}", "[1]", '[["x", "y"]]', "[[1]]", "null", "[[1, 2, 3]]"])
def test_what_is_no_list_of_questions_is_left_alone(sent):
    assert Talk().take(sent) == []


def test_a_question_that_was_cleared_while_it_waited_gets_no_place():
    handlers, talk = make_handlers(), Talk()
    steps = handlers.ask([QUESTION], talk)
    next(steps)
    talk.clear()
    assert list(steps) == []
    asked(handlers, "Who sings?", talk)
    assert [(turn.number, turn.question) for turn in talk.conversation.turns] == [(2, "Who sings?")]


def test_a_fault_that_the_person_can_mend_is_told_in_the_conversation():
    handlers = make_handlers(FakeAssistant({QUESTION: StaleIndex(built_with="a", wanted="b")}))
    assert "The index was built with a, the settings say b." in asked(handlers, QUESTION)[1]


def test_without_documents_the_answer_says_how_to_add_some(tmp_path):
    assert "There are no documents yet." in asked(no_documents(tmp_path), QUESTION)[1]


def test_a_bug_leaves_no_question_waiting():
    handlers, talk = make_handlers(FakeAssistant({QUESTION: ZeroDivisionError()})), Talk()
    with pytest.raises(ZeroDivisionError):
        list(handlers.ask([QUESTION], talk))
    assert "This is a bug in the assistant" in talk.conversation.turns[0].fault
    asked(handlers, "Who sings?", talk)
    assert talk.conversation.turns[1].answer is not None


def test_a_marker_opens_its_quote_in_its_place():
    handlers = make_handlers()
    talk, _ = asked(handlers, QUESTION)
    html = handlers.open_source("c-1-1#7", talk).html
    assert "<mark>&lt;b&gt;Moons&lt;/b&gt; &amp; *stars* orbit.</mark>" in html
    assert "<dt>Dated</dt><dd>2025-07-07</dd>" in html


def test_a_nearest_passage_opens_too():
    handlers = make_handlers()
    talk, _ = asked(handlers, "Who sings?")
    assert "<mark>Rockets fly.</mark>" in handlers.open_source("p-1-1#1", talk).html


def test_a_span_that_no_longer_holds_is_refused_with_its_message():
    handlers = make_handlers(FakeAssistant({QUESTION: make_answer(QUESTION)}, text=TEXT.replace("Moons", "Mines")))
    html = handlers.open_source("c-1-1", asked(handlers, QUESTION)[0]).html
    assert "does not hold the quoted text any more" in html
    assert "<mark>" not in html


def test_an_open_source_is_checked_again_when_the_catalog_changed():
    assistant, catalog = FakeAssistant({QUESTION: make_answer(QUESTION)}), FakeCatalog([make_record()])
    handlers = make_handlers(assistant, catalog)
    talk, _ = asked(handlers, QUESTION)
    opened = handlers.open_source("c-1-1", talk)
    assert handlers.check_again(None, talk) is None
    assert handlers.check_again(opened, talk) is None
    assistant.text = TEXT.replace("Moons", "Mines")
    catalog.records.append(make_record("new.md"))
    now = handlers.check_again(opened, talk)
    assert "does not hold the quoted text any more" in now.html
    assert handlers.check_again(now, talk) is None


@pytest.mark.parametrize("reference", ["c-1-2", "c-2-1", "p-1-9", "c-1", "", "c-1-1-1", "x-1-1", "c-1-1<b>"])
def test_what_this_tab_never_got_is_not_shown(reference):
    handlers = make_handlers()
    assert "no longer on the server" in handlers.open_source(reference, asked(handlers, QUESTION)[0]).html


def test_the_reference_of_another_tab_means_nothing_here():
    handlers = make_handlers()
    asked(handlers, QUESTION)
    assert "no longer on the server" in handlers.open_source("c-1-1", copy.deepcopy(Talk())).html


def test_a_cleared_conversation_counts_on():
    handlers = make_handlers()
    talk, _ = asked(handlers, QUESTION)
    talk.clear()
    asked(handlers, QUESTION, talk)
    assert talk.conversation.resolve("c-1-1") is None
    assert talk.conversation.resolve("c-2-1") == make_citation()


def test_a_conversation_forgets_its_oldest_turns_and_counts_on():
    conversation = Conversation()
    for number in range(1, MOST_TURNS + 4):
        conversation = conversation.begin(QUESTION)
        conversation = conversation.settle(replace(conversation.turns[-1], answer=make_answer(QUESTION)))
        assert conversation.turns[-1].number == number
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


def test_files_that_were_too_large_to_send_are_named():
    html = make_handlers().refuse_large('["a/b<1>.pdf", "c.pdf"]', max_mib=25)
    assert "b&lt;1&gt;.pdf is larger than 25 MiB" in html
    assert html.count("was not added") == 2


@pytest.mark.parametrize("sent", ["", "[]", "{}", "null", "1"])
def test_without_a_large_file_nothing_is_said(sent):
    assert make_handlers().refuse_large(sent, max_mib=25) == ""


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


class Acts:
    """Notes what was asked of the programs, which then do nothing."""

    def __init__(self, *records):
        self.done = []
        programs = make_programs(
            retry_problems=lambda ids, **_: self._note("retry", *ids),
            sync_folder=lambda **_: self._note("sync"),
            remove_document=lambda document_id: self._note("remove", document_id),
        )
        library = Library(open_assistant=FakeAssistant, open_catalog=lambda: FakeCatalog(list(records)))
        self._jobs = IngestJobs(programs, list_documents=list)
        self._handlers = Handlers(library, self._jobs)

    def _note(self, *what):
        self.done.append(what)
        return SyncReport()

    def press(self, *sent):
        """Press buttons, and wait for what that began."""
        for one in sent:
            self._handlers.act(one)
        deadline = time.monotonic() + 60
        while not all(job.finished for job in self._jobs.jobs()):
            assert time.monotonic() < deadline, "waited too long"
            time.sleep(0.01)
        self._jobs.close()


def test_the_buttons_of_the_list_act_on_their_document_or_on_all_problems():
    good = make_record("a.md")
    bad, worse = (make_record(name, state=DocumentState.PROBLEM, code="empty") for name in ("b.md", "c.md"))
    pressed = ("sync#1", f"remove:{key_of('a.md')}#2")
    acts = Acts(good, bad, worse)
    acts.press(*pressed, "retry#3", f"retry:{key_of('c.md')}#4")
    assert acts.done == [("sync",), ("remove", "a.md"), ("retry", "b.md", "c.md"), ("retry", "c.md")]


@pytest.mark.parametrize("sent", ["", "remove#1", "remove:#1", "remove:beef#1", f"retry:{'0' * 16}#1", "drop#1"])
def test_a_press_that_names_nothing_listed_does_nothing(sent):
    acts = Acts(make_record("a.md"))
    acts.press(sent)
    assert acts.done == []
