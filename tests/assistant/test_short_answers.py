from types import SimpleNamespace

import pytest

from assistant import short_answers
from assistant.questions import read_question
from assistant.short_answers import answer_words, choose_short_answer
from assistant.types import Span

SENTENCE = "Ada Brandt, an engineer from Vell, designed it in 1904."
START = 40
"""Where the sentence begins in its document."""
SURE, UNSURE = 20.0, -20.0


def found(words, *, certainty=SURE, score=1.0, sentence=SENTENCE):
    """Make a sentence of which the reader takes some words for the answer."""
    at = sentence.index(words)
    return SimpleNamespace(
        text=sentence,
        place=("cape.md", START),
        stored=SimpleNamespace(sentence=Span(start=START, end=START + len(sentence))),
        answer=Span(start=START + at, end=START + at + len(words)),
        signals=SimpleNamespace(**dict.fromkeys(short_answers.WEIGHTS, certainty)),
        score=score,
    )


def test_the_words_that_were_asked_for_are_the_short_answer():
    assert choose_short_answer(read_question("Who designed the lighthouse?"), [found("Ada Brandt")]) == "Ada Brandt"


def test_it_is_taken_from_the_best_sentence():
    chosen = [found("Vell", score=0.5), found("1904", score=2.0)]
    assert choose_short_answer(read_question("When was the lighthouse designed?"), chosen) == "1904"


def test_words_of_another_kind_than_asked_for_are_not_shown():
    assert choose_short_answer(read_question("When was the lighthouse designed?"), [found("Ada Brandt")]) is None


def test_words_that_are_too_unlikely_to_be_right_are_not_shown():
    asked = read_question("Who designed the lighthouse?")
    assert choose_short_answer(asked, [found("Ada Brandt", certainty=UNSURE)]) is None


@pytest.mark.parametrize(
    "question",
    [
        "Which engineers designed the lighthouse?",
        "Who designed the lighthouse and when?",
        "Why was the lighthouse built?",
    ],
)
def test_several_things_and_reasons_have_no_short_answer(question):
    assert choose_short_answer(read_question(question), [found("Ada Brandt")]) is None


def test_a_whole_sentence_is_no_short_answer():
    assert choose_short_answer(read_question("What happened?"), [found(SENTENCE)]) is None


def test_without_a_reader_there_is_none():
    sentence = found("Ada Brandt")
    sentence.answer = None
    assert choose_short_answer(read_question("Who designed the lighthouse?"), [sentence]) is None
    assert answer_words(sentence) == ""


@pytest.mark.parametrize(("words", "widened"), [("da Bran", "Ada Brandt"), ("Vell, ", "Vell"), ("190", "1904")])
def test_words_are_whole_and_without_marks_at_their_ends(words, widened):
    assert answer_words(found(words)) == widened
