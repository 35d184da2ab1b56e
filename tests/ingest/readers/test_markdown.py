from documents import blocks_of

from ingest.limits import DEFAULT_LIMITS
from ingest.readers import markdown


def read(text):
    return markdown.read(text.encode(), limits=DEFAULT_LIMITS)


def test_front_matter_becomes_facts_and_leaves_the_text():
    parsed = read("---\ntitle: A plan\nauthor: [Ann, Bob]\ndate: 2025-03-04\ntags: moon, mars\nlang: en\n---\n\nBody.")
    assert parsed.text == "Body."
    facts = parsed.facts
    assert (facts.title, facts.authors, facts.date) == ("A plan", ("Ann", "Bob"), "2025-03-04")
    assert (facts.tags, facts.language) == (("moon", "mars"), "en")


def test_front_matter_that_is_no_mapping_stays_in_the_text():
    assert "just a line" in read("---\njust a line\n---\n\nBody.").text


def test_a_yaml_bomb_is_not_expanded():
    bomb = "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n"
    assert read(f"---\n{bomb}---\n\nBody.").text == "Body."


def test_syntax_goes_and_words_stay():
    parsed = read("# Top\n\nSome **bold** and [a link](http://x.example/y) with `code` and ![alt](i.png).\n")
    assert parsed.text == "Top\n\nSome bold and a link with code and alt."
    assert parsed.facts.title == "Top"


def test_tables_lists_code_and_headings_become_blocks():
    parsed = read("## H\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- x\n- y\n  - z\n\n3. n\n\n```\nif a:\n    b\n```\n")
    assert blocks_of(parsed) == [
        ("heading", "H"),
        ("row", "a | b"),
        ("row", "1 | 2"),
        ("item", "x"),
        ("item", "y"),
        ("item", "z"),
        ("item", "n"),
        ("code", "if a:\n    b"),
    ]
    assert "a | b\n1 | 2\n\n- x\n- y\n- z\n\n3. n" in parsed.text


def test_markup_inside_is_read_as_a_page_would_show_it():
    parsed = read("<div>shown<script>alert(1)</script></div>\n\nA<br>B <!-- gone --> <b>C</b>\n")
    assert "shown" in parsed.text and "A B" in parsed.text and "C" in parsed.text
    assert "alert" not in parsed.text and "gone" not in parsed.text


def test_label_lines_are_paragraphs_of_their_own_and_give_facts():
    parsed = read("# T\n\nDate: 5 May 2025\nAuthor: The Desk\nKind of source: notes\n\nText.")
    assert blocks_of(parsed)[1:4] == [
        ("paragraph", "Date: 5 May 2025"),
        ("paragraph", "Author: The Desk"),
        ("paragraph", "Kind of source: notes"),
    ]
    assert parsed.facts.date == "2025-05-05" and parsed.facts.authors == ("The Desk",)
