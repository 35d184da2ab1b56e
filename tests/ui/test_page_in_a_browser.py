"""The whole page in a headless Chromium, over a real corpus that the real command ingested and serves."""

from __future__ import annotations

import re

import pytest
from reportlab.pdfgen import canvas

pytestmark = pytest.mark.browser

DIRECTOR = "Who was the first director of the Kestrel observatory?"
NOWHERE = "Which zebra won the chess championship of Patagonia?"


def test_a_question_is_answered_and_a_marker_shows_the_quote_in_its_place(open_tab, corpus_texts):
    tab = open_tab()
    turn = tab.ask(DIRECTOR)
    assert "Maria Holt" in turn.locator(".sentences").text_content()
    assert "no language model used: sentences are quoted exactly" in turn.text_content()
    told = turn.locator(".sentences p", has_text="Maria Holt")
    told.locator("button.marker").click()
    quote = tab.marked()
    assert quote == told.locator(".sentence").text_content()
    assert quote == turn.locator(".source .quote", has_text="Maria Holt").text_content()
    assert " ".join(quote.split()) in " ".join(corpus_texts["kestrel.md"].split())
    reader = tab.page.locator("#reader")
    start, end = map(int, re.search(r"verified: characters (\d+)–(\d+) of kestrel\.md", reader.text_content()).groups())
    assert end - start == len(quote)
    assert "Founding" in reader.text_content()
    assert "The building stands" in reader.locator(".passage").text_content()


def test_the_panel_opens_and_closes_by_keyboard(open_tab):
    tab = open_tab()
    marker = tab.ask(DIRECTOR).locator("button.marker").first
    marker.focus()
    tab.page.keyboard.press("Enter")
    tab.marked()
    assert marker.get_attribute("aria-expanded") == "true"
    tab.page.keyboard.press("Escape")
    tab.page.locator("#reader-panel").wait_for(state="hidden")
    assert marker.evaluate("button => document.activeElement === button")
    assert tab.page.locator("#conversation").get_attribute("role") == "log"


def test_the_same_source_opens_again_after_it_was_closed(open_tab):
    tab = open_tab()
    source = tab.ask(DIRECTOR).locator("button.source").first
    for _ in range(2):
        source.click()
        tab.marked()
        tab.page.locator("#close-reader").click()
        tab.page.locator("#reader-panel").wait_for(state="hidden")


def test_an_abstention_shows_the_nearest_passages(open_tab):
    tab = open_tab()
    turn = tab.ask(NOWHERE)
    assert "No answer in your documents" in turn.text_content()
    assert "zebra" in turn.locator(".missing").text_content()
    turn.locator("button.near").first.click()
    tab.marked()
    assert "Nearest passage 1, not an answer" in tab.page.locator("#reader").text_content()


def test_an_example_question_is_asked_by_its_button(open_tab):
    tab = open_tab()
    tab.page.get_by_role("button", name=DIRECTOR).click()
    tab.page.locator(".turn .sentences").wait_for()
    assert not tab.page.locator("#welcome-box").is_visible()


def test_two_tabs_share_nothing(open_tab):
    first, second = open_tab(), open_tab()
    first.ask(DIRECTOR)
    second.ask("How long may ships be without a pilot?")
    assert first.page.locator(".turn").count() == second.page.locator(".turn").count() == 1
    assert "Kestrel" not in second.page.locator(".question").text_content()


def test_what_a_person_types_is_text(open_tab):
    tab = open_tab()
    question = '<img src=x onerror="window.hit=1"> **bold** `code`'
    assert tab.ask(question).locator(".question").text_content().endswith(question)
    assert tab.page.evaluate("window.hit") is None


def test_several_files_are_dropped_together_and_named_with_their_verdicts(open_tab, tmp_path, corpus_texts):
    tab = open_tab()
    bridge = tmp_path / "bridge.pdf"
    drawing = canvas.Canvas(str(bridge))
    drawing.drawString(72, 720, "The Larkspur bridge is 412 metres long and was opened in 1987.")
    drawing.showPage()
    drawing.save()
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing of the kind")
    (tmp_path / "copy of the rules.md").write_text(corpus_texts["harbour.md"], encoding="utf-8")
    tab.open_documents()
    dropped = [str(bridge), str(tmp_path / "broken.pdf"), str(tmp_path / "copy of the rules.md")]
    tab.page.set_input_files("#drop input[type=file]", dropped)
    job = tab.page.locator(".job.done, .job.failed").filter(has_text="bridge.pdf")
    job.wait_for(timeout=120_000)
    told = job.locator(".outcomes li").all_text_contents()
    assert told[0] == "bridge.pdfadded"
    assert told[1].startswith("broken.pdfproblem: damaged")
    assert told[2].startswith("copy of the rules.mdduplicate")
    assert "harbour.md" in told[2]
    tab.page.get_by_role("tab", name="Ask").click()
    turn = tab.ask("How long is the Larkspur bridge?")
    assert "412 metres" in turn.locator(".sentences").text_content()
    assert "page 1" in turn.locator(".source", has_text="412 metres").text_content()


def test_a_finished_job_is_still_told_after_a_reload(open_tab, tmp_path):
    tab = open_tab()
    (tmp_path / "late.md").write_text("# Late\n\nThe late train leaves at midnight.\n", encoding="utf-8")
    tab.open_documents()
    tab.page.set_input_files("#drop input[type=file]", str(tmp_path / "late.md"))
    tab.page.locator(".outcomes .name", has_text="late.md").wait_for()
    tab.reload()
    tab.open_documents()
    tab.page.locator(".job.done, .job.failed").filter(has_text="late.md").wait_for(timeout=120_000)
    assert tab.page.locator(".outcomes li", has_text="late.md").text_content() == "late.mdadded"


def test_a_document_ingested_from_a_terminal_appears_without_a_restart(open_tab, place, ingest_from_a_terminal):
    tab = open_tab()
    tab.open_documents()
    fresh = place / "corpus" / "orchard.md"
    fresh.write_text("# The orchard\n\nThe orchard of Arden grows forty kinds of pears.\n", encoding="utf-8")
    ingest_from_a_terminal()
    tab.page.locator("table.documents", has_text="orchard.md").wait_for()
    tab.page.get_by_role("tab", name="Ask").click()
    turn = tab.ask("How many kinds of pears grow in the orchard of Arden?")
    assert "forty kinds of pears" in turn.text_content()


def test_a_second_answer_is_scrolled_to_its_question(open_tab):
    tab = open_tab(viewport={"width": 900, "height": 500})
    tab.ask(DIRECTOR)
    turn = tab.ask(NOWHERE)
    tab.page.wait_for_function("document.querySelectorAll('.turn')[1].getBoundingClientRect().top < 60")
    assert turn.locator(".question").is_visible()
