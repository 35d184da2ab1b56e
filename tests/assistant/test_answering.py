import pytest

from assistant.answering import Budget
from assistant.questions import read_question
from assistant.wiring import open_assistant
from ingest import sync


@pytest.fixture
def say(house):
    """Answer without ever abstaining."""
    with open_assistant(house.model_copy(update={"abstain_below": 0.0})) as opened:
        yield lambda question, **options: opened.ask(question, **options)


def test_an_answer_is_short(say, house):
    answer = say("Who designed the lighthouse of Vell?")
    assert len(answer.sentences) <= house.answer_sentences
    assert len(answer.text.split()) <= house.answer_words


def test_sentences_of_a_document_stand_in_its_order(say):
    answer = say("the harbour of Vell, its piers and its lighthouse")
    for one, other in zip(answer.citations, answer.citations[1:], strict=False):
        assert one.document_id != other.document_id or one.start < other.start


def test_a_pronoun_brings_the_sentence_before_it(say):
    texts = [sentence.text for sentence in say("How many piers are there?").sentences]
    at = next(index for index, text in enumerate(texts) if text.startswith("It has three piers"))
    assert "opened in 1931" in texts[at - 1]


def test_a_list_is_answered_with_its_items_and_its_introduction(say):
    text = say("Which ships belong to the fleet?").text
    assert all(name in text for name in ("consists of", "Marten", "Otter", "Badger"))


def test_both_sides_of_a_comparison_speak(say):
    text = say("Compare what is said of Vell and of Torun").text
    assert "Vell" in text
    assert "Torun" in text


def test_of_two_documents_that_answer_the_newer_speaks_first(say):
    answer = say("How high is the lighthouse of Vell?")
    assert answer.citations[0].document_id == "harbour-2025.md"
    assert "42 metres" in answer.text
    assert "45 metres" in answer.text


def test_nothing_is_said_twice(say):
    texts = [sentence.text for sentence in say("Who designed the lighthouse?").sentences]
    assert len(set(texts)) == len(texts)


def test_more_parts_get_more_room(house):
    one = Budget.of(read_question("Who designed it?"), house)
    two = Budget.of(read_question("Who designed it and when was it opened?"), house)
    assert (one.sentences, one.words) == (house.answer_sentences, house.answer_words)
    assert two.sentences == one.sentences + 1
    assert two.words > one.words


def test_a_word_limit_is_kept_unless_one_sentence_breaks_it(house):
    tight = house.model_copy(update={"answer_words": 20, "abstain_below": 0.0})
    with open_assistant(tight) as assistant:
        answer = assistant.ask("How many workers does a colony hold?")
    assert len(answer.sentences) == 1 or len(answer.text.split()) <= 20


REMARKS = """Remarks on the ferry

Ida Holm wrote the remarks on the ferry of Vell in 2025. She closes with three conditions and a judgement.

The three conditions are these:

1. Honesty. Fares must be told in advance.
2. Care. Boats must be checked every spring.
3. Patience. Nobody must be hurried aboard.
"""


def test_a_list_that_is_introduced_as_what_is_asked_for_is_the_answer(settings):
    (settings.corpus / "remarks.txt").write_text(REMARKS)
    sync([], settings=settings)
    with open_assistant(settings.model_copy(update={"abstain_below": 0.0})) as assistant:
        texts = [sentence.text for sentence in assistant.ask("Which three conditions does Ida Holm set?").sentences]
    at = texts.index("The three conditions are these:")
    assert [text.split(".")[0] for text in texts[at + 1 :]] == ["Honesty", "Care", "Patience"]
