import pytest
from documents import blocks_of

from ingest.limits import DEFAULT_LIMITS
from ingest.readers import plain
from ingest.readers.decoding import decode
from ingest.verdicts import Code, Refusal


def read(text):
    return plain.read(text.encode() if isinstance(text, str) else text, limits=DEFAULT_LIMITS)


WRAPPED = """AN ASSOCIATION: DRAFT NOTE

Subject: a planned association
Date: 12 May 2025

1. WHAT IS EXPECTED

The desk expects that an international association for deep-space
exploration will be founded this year. The working name is long, and
the date is open.

Three kinds:

- space agencies,
- academic institutions that
  have rockets,

A title
=======

a) First question?
b) Second question?
"""


def test_wrapped_lines_are_joined_and_structure_is_seen():
    assert blocks_of(read(WRAPPED)) == [
        ("heading", "AN ASSOCIATION: DRAFT NOTE"),
        ("paragraph", "Subject: a planned association"),
        ("paragraph", "Date: 12 May 2025"),
        ("heading", "1. WHAT IS EXPECTED"),
        (
            "paragraph",
            "The desk expects that an international association for deep-space exploration will be founded this year. "
            "The working name is long, and the date is open.",
        ),
        ("paragraph", "Three kinds:"),
        ("item", "space agencies,"),
        ("item", "academic institutions that have rockets,"),
        ("heading", "A title"),
        ("item", "First question?"),
        ("item", "Second question?"),
    ]


def test_header_lines_give_facts():
    facts = read(WRAPPED).facts
    assert (facts.title, facts.date) == ("AN ASSOCIATION: DRAFT NOTE", "2025-05-12")


def test_lines_of_a_text_that_was_not_wrapped_by_hand_stay_apart():
    long_line = "word " * 60
    parsed = read(f"{long_line}\nA short line\nAnother short line\n")
    assert len(parsed.blocks) == 3


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Café".encode(), "Café"),
        (b"\xef\xbb\xbfCaf\xc3\xa9", "Café"),
        ("Café".encode("utf-16"), "Café"),
        ("Café noir and more".encode("utf-16-le"), "Café noir and more"),
        (b"Caf\xe9 \x93quoted\x94", "Café “quoted”"),
        ("日本語のテキスト".encode("shift_jis"), "日本語のテキスト"),
    ],
)
def test_encodings_are_told_apart(data, text):
    assert decode(data).text == text


def test_a_guessed_encoding_is_said():
    assert decode(b"Caf\xe9").notices == ("Not UTF-8: read as cp1252.",)


def test_binary_data_is_refused():
    with pytest.raises(Refusal) as caught:
        read(bytes(range(256)) * 4)
    assert caught.value.code is Code.BINARY


def test_invisible_characters_are_stripped_and_combined_ones_kept():
    parsed = read("He\u200bllo\u202e w\U000e0041or\ufe0fld cafe\u0301.")
    assert parsed.text == "Hello world cafe\u0301."


def test_line_ends_of_every_kind_are_line_feeds():
    assert read("- a\r\n- b\r- c\u2028- d").text == "- a\n- b\n- c\n- d"
