import pytest

from assistant.phrases import find_dates, find_names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("When did Ada Holm sail to Brill?", ["Ada Holm", "Brill"]),
        ("Iridium 33 met Cosmos 2251 in 2009.", ["Iridium 33", "Cosmos 2251"]),
        ("Two ships and Article II's end", ["Article II"]),
        ("On 3 May 1987 the IAF met.", ["IAF"]),
        ("Which vaccine is Hepatitis A?", ["Hepatitis A"]),
        ("no name here", []),
        ("Debris fell, and more debris burned.", []),
    ],
)
def test_names_are_written_with_capitals_or_digits_and_are_no_dates(text, names):
    assert [name.text for name in find_names(text)] == names


def test_names_linked_by_of_can_be_one():
    text = "Article II of the Brill Treaty"
    assert [name.text for name in find_names(text)] == ["Article II", "Brill Treaty"]
    assert [name.text for name in find_names(text, joined=True)] == [text]


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("on 3 May 1987 and in June 2020", ["3 May 1987", "June 2020"]),
        ("since 1999, in April", ["1999", "April"]),
        ("It may rain; march on", []),
    ],
)
def test_dates(text, dates):
    assert [date.text for date in find_dates(text)] == dates
