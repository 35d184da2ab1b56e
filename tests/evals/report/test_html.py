"""The page: complete, offline, accessible, and the same for the same run."""

import re
from itertools import pairwise

import pytest
from selectolax.lexbor import LexborHTMLParser

from assistant.types import ConversationTurn
from evals.metrics import EVERY
from evals.report.html import render_html
from evals.report.wording import METRICS


@pytest.fixture
def page(folder, report_of):
    return LexborHTMLParser(render_html(report_of(folder)))


def text_of(node):
    return " ".join(node.text(deep=True).split())


def test_every_failed_question_is_there_with_its_mark(page):
    failures = page.css("details.failure")
    assert [text_of(failure.css_first("h4")) for failure in failures] == [
        "Lost?", "Unchosen?", "Chosen?", "Shy?", "Bold?",
    ]  # fmt: skip
    marks = [[text_of(mark) for mark in failure.css(".passages mark")] for failure in failures]
    quote = "Ada wrote the first program."
    assert marks == [[], [quote], [quote], [quote], []]
    assert "rank 2 of retrieval" in text_of(failures[0])
    assert "No answer was given. No." in text_of(failures[3])
    assert "the documents hold none" in text_of(failures[4])


def test_the_diagnoses_are_counted_and_say_where_to_look(page):
    rows = [[text_of(cell) for cell in row.css("th, td")] for row in page.css(".diagnoses tbody tr")]
    assert [(row[0], row[1]) for row in rows] == [
        ("not retrieved", "1"),
        ("retrieved, not chosen", "1"),
        ("chosen, but wrong", "1"),
        ("wrongly abstained", "1"),
        ("wrongly answered", "1"),
        ("wrong; its evidence is not known", "0"),
    ]
    assert rows[0][3].startswith("Retrieval")


def test_the_summary_counts_what_a_manager_asks_for(page):
    tiles = {text_of(tile.css_first("h3")): text_of(tile.css_first(".figure")) for tile in page.css(".tile")}
    assert tiles == {
        "Answered right": "20.0 %", "Wrong answer": "60.0 %", "Wrongly abstained": "20.0 %",
        "Wrongly answered": "50.0 %", "Citations valid": "100 %",
    }  # fmt: skip
    assert "Of 7 questions 2 (29%) came out as they should" in text_of(page.css_first(".lead"))
    assert "This set is small." in text_of(page.css_first(".note.warning"))
    assert "no answer of this run has a calibrated confidence" in text_of(page.css_first("#plots"))


def test_what_was_not_scored_stands_apart(page):
    said = text_of(page.css_first("#unscored"))
    assert "answered, but the gold set names no accepted answer (then)" in said
    assert "2 questions of the gold set were not asked" in said


def test_nothing_runs_and_nothing_is_fetched(page):
    assert page.css("script, link, img, iframe, object, embed, video, audio, base, form") == []
    assert [one for node in page.css("*") for one in node.attributes if one.startswith("on") or one == "src"] == []
    links = [
        node.attributes[name] for node in page.css("*") for name in ("href", "xlink:href") if node.attributes.get(name)
    ]
    assert all(link.startswith("#") for link in links)
    policy = page.css_first("meta[http-equiv]").attributes["content"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    assert "url(h" not in page.html


def test_hostile_texts_are_shown_as_they_are(hostile_folder, report_of):
    page = LexborHTMLParser(render_html(report_of(hostile_folder("http://127.0.0.1:9"))))
    assert page.css("script, img, iframe, svg image, link") == []
    assert len(page.css("style")) == len(page.css("meta[http-equiv]")) == 1
    assert [name for node in page.css("*") for name in node.attributes if name.startswith("on")] == []
    first = page.css_first(".failure h4").text()
    assert "<script>window.hit=1</script>" in first
    assert "{{ 7 * 7 }}" in first


def test_headings_descend_one_level_at_a_time_and_ids_are_unique(page):
    levels = [int(node.tag[1]) for node in page.css("h1, h2, h3, h4, h5")]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = [node.attributes["id"] for node in page.css("[id]")]
    assert len(ids) == len(set(ids))
    targets = [node.attributes["href"][1:] for node in page.css("a[href]")]
    assert set(targets) <= set(ids)


def test_every_heading_of_a_table_has_a_scope(page):
    assert page.css("table")
    assert all(node.attributes.get("scope") in ("col", "row") for node in page.css("th"))
    assert page.css_first("html").attributes["lang"] == "en"


def test_the_same_run_gives_the_same_bytes(folder, report_of):
    assert render_html(report_of(folder)) == render_html(report_of(folder))


def test_every_metric_is_explained():
    stages = re.compile(r"(retrieval|evidence|generation) p\d\d")
    assert {metric.name for metric in EVERY if not stages.fullmatch(metric.name)} == set(METRICS)


def test_a_run_in_which_nothing_was_scored_has_a_page_too(maker, write_folder, report_of):
    before = ConversationTurn(question="What ran?", answer="The program.")
    question = maker.question("And then?", id="then", answers=(), history=(before,))
    answers = {"And then?": maker.answer("And then?", maker.citation("a.md", "It ran years later."))}
    page = LexborHTMLParser(render_html(report_of(write_folder([question], answers))))
    assert "No question could be scored." in text_of(page.css_first("#summary"))
    assert "No question failed." in text_of(page.css_first("#failures"))
