"""Sentences are exact spans, and abbreviations don't end them."""

from hypothesis import given
from hypothesis import strategies as st

from assistant.sentences import split_sentences


def texts_of(text):
    return [text[span.start : span.end] for span in split_sentences(text)]


def test_abbreviations_and_numbers_do_not_end_a_sentence():
    text = "Federal Law No. 12 of 2019 passed. Dr. Smith weighed 1.5 kg. See Fig. 3 and pp. 4 to 6."
    assert texts_of(text) == [
        "Federal Law No. 12 of 2019 passed.",
        "Dr. Smith weighed 1.5 kg.",
        "See Fig. 3 and pp. 4 to 6.",
    ]


def test_a_no_that_is_an_answer_ends_its_sentence():
    assert texts_of("The answer is no. Three states agreed.") == ["The answer is no.", "Three states agreed."]


def test_questions_exclamations_and_quotes_end_sentences():
    assert texts_of('Is it? Yes! "It works." He left.') == ["Is it?", "Yes!", '"It works."', "He left."]


def test_empty_and_blank_texts_have_no_sentences():
    assert split_sentences("") == []
    assert split_sentences(" \n\t ") == []


@given(st.text(alphabet="aB. !?\n\"'12", max_size=80))
def test_sentences_are_stripped_spans_in_order_that_lose_no_character(text):
    spans = split_sentences(text)
    last = 0
    for span in spans:
        assert last <= span.start < span.end
        assert text[span.start : span.end] == text[span.start : span.end].strip()
        assert not text[last : span.start].strip()
        last = span.end
    assert not text[last:].strip()
