"""Names that end in a number name one thing each."""

import pytest

from assistant.numbered import is_about_a_rival, numbered_names


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("How heavy was Long March 5B in May 2025?", {"march": {"5b"}}),
        ("Chang\u2019e 5-T1 came before Chang'e 5.", {"chang'e": {"5-t1", "5"}}),
        ("Tianwen-2, then Tianwen-3.", {"tianwen": {"2", "3"}}),
        ("By Resolution 77/41 of December 2022", {"resolution": {"77/41"}}),
        ("In 2024 they met on 3 March 2025.", {}),
        ("no name 5", {}),
        ("Article VIII of the treaty, not Article II.", {"article": {"viii", "ii"}}),
        ("Section 4 says so. Voyager Interstellar did not.", {"section": {"4"}}),
    ],
)
def test_a_number_belongs_to_the_name_before_it(text, found):
    assert numbered_names(text) == found


@pytest.mark.parametrize(
    ("text", "heading", "rival"),
    [
        ("Chang'e 6 brought 1,935.3 grams.", "", True),
        ("Chang'e 5 brought 1,731 grams.", "Chang'e 6", False),
        ("Chang'e 5 and Chang'e 6 brought rock.", "", False),
        ("It brought 1,731 grams.", "Chang'e 5", False),
        ("It flew around the Moon.", "Chang'e 5-T1", True),
        ("It brought rock.", "The lunar programme", False),
    ],
)
def test_another_number_makes_a_rival(text, heading, rival):
    assert is_about_a_rival("How many grams did Chang'e 5 bring?", text, heading=heading) is rival


def test_another_article_is_a_rival():
    asked = "What does Article VIII forbid?"
    assert is_about_a_rival(asked, "Article II forbids appropriation.", heading="")
    assert not is_about_a_rival(asked, "Article VIII leaves jurisdiction with the state.", heading="")


def test_without_a_numbered_name_nothing_is_a_rival():
    assert not is_about_a_rival("What came back?", "Chang'e 6 came back.", heading="Chang'e 6")
