"""What every reader's text goes through: invisible characters go, garbled text is refused, facts are clean."""

import sys
import unicodedata

import pytest

from ingest.normalise import verbatim
from ingest.reading import read_any
from ingest.verdicts import Code, Refusal

VISIBLE_FORMATS = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
"""Signs of category Cf that are drawn, around numbers."""


def test_no_character_without_a_shape_stays():
    formats = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) == "Cf"]
    selectors = [chr(code) for code in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))]
    hidden = [char for char in (*formats, *selectors) if char not in VISIBLE_FORMATS]
    assert len(hidden) > 400
    assert verbatim("".join(f"a{char}" for char in hidden)) == "a" * len(hidden)
    assert verbatim(VISIBLE_FORMATS) == VISIBLE_FORMATS


def test_what_a_file_says_about_itself_is_cleaned_too():
    text = "---\ntitle: The\u200b gate\U000e0041\nauthor: A\u202eda\ntags: [har\u2060bour]\n---\n\nShips pay."
    facts = read_any(text.encode(), name="a.md").facts
    assert (facts.title, facts.authors, facts.tags) == ("The gate", ("Ada",), ("harbour",))


@pytest.mark.parametrize("stray", ["\ufffd", "\ue123", "\U000f1234", "\u0378"])
def test_garbled_text_is_refused(stray):
    with pytest.raises(Refusal) as caught:
        read_any(f"some words {stray * 4}".encode(), name="a.txt")
    assert caught.value.code is Code.BAD_ENCODING
    assert read_any(f"many more words around one sign {stray}".encode(), name="a.txt").text.endswith(stray)
