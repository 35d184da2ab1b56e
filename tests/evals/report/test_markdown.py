"""The Markdown holds the same, and nothing in it becomes a link, an image or HTML."""

import re

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

from evals.report.markdown import escape, render_report


def rendered(markdown):
    return LexborHTMLParser(MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown))


def test_every_failed_question_is_there_with_its_mark(folder, report_of):
    page = rendered(render_report(report_of(folder)))
    headings = [node.text(deep=True) for node in page.css("h3")]
    assert [one for one in headings if one.endswith("?")] == [
        "lost: Lost?", "unchosen: Unchosen?", "chosen: Chosen?", "shy: Shy?", "bold: Bold?",
    ]  # fmt: skip
    assert {mark.text() for mark in page.css("mark")} == {"Ada wrote the first program."}
    assert page.css("table")


def test_hostile_texts_stand_for_themselves(hostile_folder, report_of):
    page = rendered(render_report(report_of(hostile_folder("http://127.0.0.1:9"))))
    assert page.css("script, img, iframe, svg, style, link, a, meta, p[style]") == []
    assert any("<script>window.hit=1</script>" in heading.text() for heading in page.css("h3"))


@given(st.text(alphabet="<>[]()!*_`~#|\\&;:$@.-+=1a \n\"'", max_size=40))
def test_an_escaped_text_comes_back_as_text(text):
    page = MarkdownIt("commonmark", {"html": True}).enable("table").render(f"x{escape(text)}x")
    assert LexborHTMLParser(page).css_first("p").text() == re.sub(r"\s+", " ", f"x{text}x")


def test_the_same_run_gives_the_same_text(folder, report_of):
    assert render_report(report_of(folder)) == render_report(report_of(folder))
