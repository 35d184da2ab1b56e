from dataclasses import replace

import pytest
from documents import blocks_of, pdf_of

from ingest.limits import DEFAULT_LIMITS
from ingest.readers import pdf
from ingest.verdicts import Code, Refusal

PROSE = [
    "Every probe to the Moon passes through the orbits near the Earth and then",
    "leaves them behind. If those orbits become unsafe, deep space becomes dear",
    "for all of us.",
]
LEFT = [
    "The programme draws no line between",
    "its civil and its military side now,",
    "and large sites are run by soldiers,",
    "who guide all of the probes from the",
    "ground while agencies speak abroad",
    "for them in every case on the left.",
]
RIGHT = [
    "The second column begins with these",
    "words and goes on for several lines,",
    "each about as long as the one above",
    "it, because that is how columns look",
    "when text is set in them, down to a",
    "last line here at the right bottom.",
]


def read(*pages, **settings):
    return pdf.read(pdf_of(*pages, **settings), limits=DEFAULT_LIMITS)


def refusal_of(data):
    with pytest.raises(Refusal) as caught:
        pdf.read(data, limits=DEFAULT_LIMITS)
    return caught.value.code


def test_lines_are_joined_to_paragraphs():
    assert blocks_of(read(PROSE)) == [("paragraph", " ".join(PROSE))]


def test_a_paragraph_over_a_page_end_is_one_text_with_exact_pages():
    parsed = read([*PROSE[:2]], [PROSE[2]])
    assert parsed.text == " ".join(PROSE)
    first, second = parsed.pages
    assert parsed.text[first.start : first.end].strip() == " ".join(PROSE[:2])
    assert parsed.text[second.start : second.end] == PROSE[2]


def test_too_many_pages_are_refused_unread():
    with pytest.raises(Refusal) as caught:
        pdf.read(pdf_of(PROSE, PROSE, PROSE), limits=replace(DEFAULT_LIMITS, pages=2))
    assert (caught.value.code, caught.value.detail) == (Code.TOO_MUCH_TEXT, "3 pages, the limit is 2")


def test_running_headers_and_page_numbers_are_left_out():
    def page(number):
        return [
            (72, 800, "The Annual Report"),
            (72, 700, f"Words of page {['one', 'two', 'three', 'four'][number]}."),
            (290, 30, str(number + 1)),
        ]

    parsed = read(*(page(number) for number in range(4)))
    assert "Annual" not in parsed.text and "1" not in parsed.text
    assert [parsed.text[p.start : p.end].strip() for p in parsed.pages] == [
        f"Words of page {word}." for word in ("one", "two", "three", "four")
    ]


def columns(interleaved):
    left = [(72, 700 - 14 * number, line) for number, line in enumerate(LEFT)]
    right = [(310, 700 - 14 * number, line) for number, line in enumerate(RIGHT)]
    return [entry for pair in zip(left, right, strict=True) for entry in pair] if interleaved else left + right


@pytest.mark.parametrize("interleaved", [False, True])
def test_two_columns_are_read_one_after_the_other(interleaved):
    assert read(columns(interleaved)).text.replace("\n\n", " ") == " ".join(LEFT + RIGHT)


@pytest.mark.parametrize("by_column", [False, True])
def test_table_cells_on_one_line_are_one_row(by_column):
    rows = [("Order", "State", "Date"), ("53", "Finland", "21 January"), ("54", "Norway", "15 May")]
    cells = [(72 + 150 * x, 700 - 20 * y, text) for y, row in enumerate(rows) for x, text in enumerate(row)]
    parsed = read(sorted(cells, key=lambda cell: cell[0]) if by_column else cells)
    assert blocks_of(parsed) == [
        ("row", "Order | State | Date"),
        ("row", "53 | Finland | 21 January"),
        ("row", "54 | Norway | 15 May"),
    ]


def test_words_broken_at_a_line_end_are_mended_by_the_documents_own_words():
    parsed = read(
        ["Exploration of space is long, and deep-space travel is explo-", "ration of the deep-", "space kind."]
    )
    assert "is exploration of the deep-space kind" in parsed.text


def test_a_page_without_text_is_said_and_a_file_without_any_is_refused():
    parsed = read(PROSE, [], PROSE)
    assert parsed.notices == ("Page without text: 2.",)
    assert refusal_of(pdf_of([], [])) is Code.NO_TEXT


def test_encrypted_and_damaged_files_are_refused():
    assert refusal_of(pdf_of(PROSE, encrypt="secret")) is Code.ENCRYPTED
    assert refusal_of(b"%PDF-1.7\nnothing") is Code.DAMAGED


def test_titles_of_programs_are_not_titles():
    assert read(PROSE, title="Microsoft Word - draft.doc").facts.title is None
    assert read(PROSE, title="Orbital traffic").facts.title == "Orbital traffic"
