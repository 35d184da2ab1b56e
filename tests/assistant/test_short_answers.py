from types import SimpleNamespace

import pytest

from assistant.questions import read_question
from assistant.short_answers import BAR, answer_words, choose_short_answer, read_words
from assistant.types import Span
from assistant.wiring import open_assistant

SENTENCE = "Ada Brandt, an engineer from Vell, designed it in 1904."
START = 40
"""Where the sentence begins in its document."""
SURE, UNSURE = 20.0, -20.0


def found(words, *, certainty=SURE, score=9.0, sentence=SENTENCE, document="cape.md"):
    """Make a sentence of which the reader takes some words for the answer."""
    at = sentence.index(words)
    return SimpleNamespace(
        text=sentence,
        place=(document, START),
        stored=SimpleNamespace(sentence=Span(start=START, end=START + len(sentence))),
        answer=Span(start=START + at, end=START + at + len(words)),
        signals=SimpleNamespace(reader_span=certainty, reader_answers=certainty, reader_sentence=certainty),
        score=score,
    )


def choose(question, *sentences):
    return choose_short_answer(read_question(question), sentences, sentences)


def test_the_words_that_were_asked_for_are_the_short_answer():
    assert choose("Who designed the lighthouse?", found("Ada Brandt")) == "Ada Brandt"


def test_it_is_taken_from_the_best_sentence():
    best, other = found("1904"), found("Vell", score=0.5, document="other.md")
    assert choose("When was the lighthouse designed?", best, other) == "1904"


def test_a_sentence_that_is_not_in_the_answer_gives_none():
    asked, other = read_question("When was the lighthouse designed?"), found("Vell", document="other.md")
    assert choose_short_answer(asked, [found("1904")], [other]) is None


def test_words_of_another_kind_than_asked_for_are_not_shown():
    assert choose("When was the lighthouse designed?", found("Ada Brandt")) is None


def test_words_that_are_too_unlikely_to_be_right_are_not_shown():
    assert choose("Who designed the lighthouse?", found("Ada Brandt", certainty=UNSURE)) is None


def test_other_words_close_behind_make_it_less_sure():
    asked = read_question("Who designed the lighthouse?")
    best = found("Ada Brandt", certainty=3.0)
    rival = found(
        "Ole Munk", score=8.9, document="other.md", sentence="Ole Munk designed it, with many helpers, in 1911."
    )
    agreeing = found(
        "Brandt", score=8.9, document="other.md", sentence="Brandt designed it, with many helpers, in 1911."
    )
    alone, disputed, backed = (read_words(asked, [best, *more]) for more in ([], [rival], [agreeing]))
    assert disputed.probability < alone.probability == backed.probability
    assert 0 < disputed.probability < 1
    assert 0 < BAR < 1


@pytest.mark.parametrize(
    "question",
    [
        "Which engineers designed the lighthouse?",
        "Who designed the lighthouse and when?",
        "Why was the lighthouse built?",
    ],
)
def test_several_things_and_reasons_have_no_short_answer(question):
    assert choose(question, found("Ada Brandt")) is None


def test_a_whole_sentence_is_no_short_answer():
    assert choose("What happened?", found(SENTENCE)) is None


def test_without_a_reader_there_is_none():
    sentence = found("Ada Brandt")
    sentence.answer = None
    assert choose("Who designed the lighthouse?", sentence) is None
    assert choose("Who designed the lighthouse?") is None
    assert answer_words(sentence) == ""


@pytest.mark.parametrize(("words", "widened"), [("da Bran", "Ada Brandt"), ("Vell, ", "Vell"), ("190", "1904")])
def test_words_are_whole_and_without_marks_at_their_ends(words, widened):
    assert answer_words(found(words)) == widened


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Who designed the lighthouse of Vell?", "Ada Brandt"),
        ("When was the harbour of Vell opened?", "1931"),
        ("When is honey harvested?", "late July"),
    ],
)
def test_the_shipped_reader_marks_the_words_within_a_cited_sentence(asking, question, words):
    answer = asking.ask(question)
    assert answer.short_answer == words
    assert any(words in citation.quote for citation in answer.citations)


def test_without_the_reader_no_words_are_marked(house):
    with open_assistant(house.model_copy(update={"read_passages": 0})) as assistant:
        assert assistant.ask("Who designed the lighthouse of Vell?").short_answer is None
