import pytest
from documents import blocks_of

from ingest.limits import DEFAULT_LIMITS
from ingest.readers import html
from ingest.verdicts import Code, Refusal


def read(markup):
    return html.read(markup.encode(), limits=DEFAULT_LIMITS)


PAGE = """<!doctype html><html lang="en"><head><title>A page</title>
<meta name="author" content="Ann; Bob"><meta name="date" content="2025-01-15"><meta name="keywords" content="x, y">
<style>p {color: red}</style></head><body><header>Site</header><nav><a>Home</a></nav>
<main><h1>A page</h1><p>One <b>bold</b>
word.</p><ul><li>first</li><li><p>second</p></li></ul>
<table><tr><th>k</th><th>v</th></tr><tr><td>a<br>b</td><td>1</td></tr></table>
<dl><dt>Date</dt><dd>today</dd></dl><aside><p>Beside.</p></aside>
<pre>x = 1
y = 2</pre><p style="display:none">hidden</p><p hidden>hidden</p><div style="font-size:0">hidden</div>
<script>alert(1)</script><template>hidden</template></main><footer>Foot</footer></body></html>"""


def test_the_main_content_is_read_and_the_furniture_is_not():
    assert blocks_of(read(PAGE)) == [
        ("heading", "A page"),
        ("paragraph", "One bold word."),
        ("item", "first"),
        ("item", "second"),
        ("row", "k | v"),
        ("row", "a b | 1"),
        ("item", "Date: today"),
        ("paragraph", "Beside."),
        ("code", "x = 1\ny = 2"),
    ]


def test_facts_come_from_the_head():
    facts = read(PAGE).facts
    assert (facts.title, facts.authors, facts.date, facts.tags) == ("A page", ("Ann", "Bob"), "2025-01-15", ("x", "y"))


def test_a_page_without_main_loses_its_furniture_only():
    parsed = read("<body><header>Site</header><nav>Menu</nav><div>Words here</div><p>More</p><footer>F</footer></body>")
    assert parsed.text == "Words here\n\nMore"


def test_an_article_keeps_its_own_header():
    parsed = read("<body><article><header><h1>Title</h1></header><p>Text</p></article></body>")
    assert parsed.text == "Title\n\nText"


def test_loose_text_and_unclosed_elements_lose_no_words():
    parsed = read("<body>loose <p>one<p>two<div>three<ul><li>four<li>five</body>")
    assert parsed.text.replace("- ", "").split() == ["loose", "one", "two", "three", "four", "five"]


def test_a_nested_table_stays_in_its_cell():
    parsed = read("<table><tr><td>a<table><tr><td>b</td><td>c</td></tr></table></td><td>d</td></tr></table>")
    assert parsed.text == "a b | c | d"


def test_escaped_markup_is_text_and_stays_text():
    assert read("<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>").text == "<script>alert(1)</script>"


def test_deep_nesting_is_no_danger():
    assert "deep" in read("<div>" * 20_000 + "deep").text


def test_nesting_that_would_take_minutes_is_refused():
    with pytest.raises(Refusal) as caught:
        read("<div>" * 100_000 + "deep")
    assert caught.value.code is Code.DAMAGED
    assert read("<p>word<br>" * 40_000).text.count("word") == 40_000


def test_the_declared_encoding_is_used():
    assert html.read("<meta charset=iso-8859-2><p>Łódź</p>".encode("iso-8859-2"), limits=DEFAULT_LIMITS).text == "Łódź"
