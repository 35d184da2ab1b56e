"""What one tab does under a person's hands, in a headless Chromium: quick questions, and the panel of sources."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

DIRECTOR = "Who was the first director of the Kestrel observatory?"
PILOT = "Which ships need a pilot to enter the harbour of Arden?"
MIRROR = "When was the great telescope mounted?"
PHONE = {"width": 420, "height": 800}
FIELD = "#question textarea"


def questions_of(tab):
    return [text.removeprefix("You asked: ") for text in tab.page.locator(".turn .question").all_text_contents()]


def send_quickly(tab, *questions):
    """Type and send without waiting for anything."""
    tab.page.focus(FIELD)
    for question in questions:
        tab.page.keyboard.insert_text(question)
        tab.page.keyboard.press("Enter")


def test_questions_sent_quickly_each_get_their_own_answer_in_order(open_tab):
    tab = open_tab()
    send_quickly(tab, DIRECTOR, PILOT, MIRROR)
    tab.page.locator(".turn .account, .turn .fault").nth(2).wait_for(timeout=90_000)
    assert questions_of(tab) == [DIRECTOR, PILOT, MIRROR]
    assert tab.page.locator(".turn .fault").all_text_contents() == []
    answers = tab.page.locator(".turn .sentences").all_text_contents()
    for answer, fact in zip(answers, ("Maria Holt", "90 metres", "1923"), strict=True):
        assert fact in answer
    assert tab.page.locator(".pending").count() == 0
    assert tab.page.input_value(FIELD) == ""


def test_a_question_by_a_button_and_one_by_the_keyboard_are_both_answered(open_tab):
    tab = open_tab()
    tab.page.get_by_role("button", name=DIRECTOR).click()
    send_quickly(tab, PILOT)
    tab.page.locator(".turn .account").nth(1).wait_for()
    assert questions_of(tab) == [DIRECTOR, PILOT]


def test_what_is_typed_while_an_answer_is_looked_for_stays(open_tab):
    tab = open_tab()
    send_quickly(tab, DIRECTOR)
    tab.page.keyboard.insert_text("And who")
    tab.page.locator(".turn .account").wait_for()
    tab.page.wait_for_timeout(300)
    assert tab.page.input_value(FIELD) == "And who"


def test_shift_enter_writes_a_second_line(open_tab):
    tab = open_tab()
    tab.page.focus(FIELD)
    tab.page.keyboard.insert_text("Who")
    tab.page.keyboard.press("Shift+Enter")
    tab.page.keyboard.insert_text("came?")
    assert tab.page.input_value(FIELD) == "Who\ncame?"
    assert tab.page.locator(".turn").count() == 0


def test_a_cleared_tab_begins_anew(open_tab):
    tab = open_tab()
    tab.ask(DIRECTOR).locator("button.marker").first.click()
    tab.marked()
    tab.page.locator("#clear").click()
    tab.page.locator("#welcome-box").wait_for()
    assert tab.page.locator(".turn").count() == 0
    assert not tab.page.locator("#reader-panel").is_visible()
    assert "90 metres" in tab.ask(PILOT).text_content()


def test_the_panel_closes_when_the_next_question_is_asked(open_tab):
    tab = open_tab()
    first = tab.ask(DIRECTOR)
    first.locator("button.marker").first.click()
    tab.marked()
    tab.ask(PILOT)
    tab.page.locator("#reader-panel").wait_for(state="hidden")
    assert first.locator("button.is-open").count() == 0
    first.locator("button.marker").first.click()
    tab.page.locator("#reader-panel").wait_for()
    assert "kestrel.md" in tab.page.locator("#reader").text_content()


def test_on_a_phone_the_next_question_can_be_asked_beside_an_open_source(open_tab):
    tab = open_tab(viewport=PHONE)
    tab.ask(DIRECTOR).locator("button.marker").first.click()
    tab.marked()
    panel, composer = (tab.page.locator(name).bounding_box() for name in ("#reader-panel", "#composer"))
    assert panel["y"] >= 0
    assert panel["y"] + panel["height"] <= composer["y"] + 1
    assert composer["y"] + composer["height"] <= PHONE["height"]
    tab.page.locator(FIELD).click(timeout=3000)
    tab.page.locator("#send").click(trial=True, timeout=3000)
    assert "90 metres" in tab.ask(PILOT).text_content()


@pytest.mark.parametrize("reopened", [False, True], ids=["left open", "pressed again"])
def test_a_source_of_a_document_that_was_removed_meanwhile_is_not_shown_as_verified(
    open_tab, place, ingest_from_a_terminal, reopened
):
    gone = place / "corpus" / "ferry.md"
    gone.write_text("# The ferry\n\nThe ferry of Arden leaves at noon from the western pier.\n", encoding="utf-8")
    ingest_from_a_terminal()
    tab = open_tab()
    source = tab.ask("When does the ferry of Arden leave?").locator("button.source", has_text="western pier").first
    source.click()
    assert "western pier" in tab.marked()
    gone.unlink()
    ingest_from_a_terminal()
    if reopened:
        source.click()
    tab.page.locator("#reader .refusal", has_text="does not hold the quoted text any more").wait_for()
    assert "verified" not in tab.page.locator("#reader").text_content()
    assert tab.page.locator("#reader mark").count() == 0


def drop_by_hand(tab, *files):
    """Let files fall on the field, as a person drags them there: names and sizes in bytes of text files."""
    script = """
    files => {
      const dropped = new DataTransfer();
      for (const [name, text, size] of files) dropped.items.add(new File([text.padEnd(size, " ")], name));
      const field = document.querySelector("#drop input[type=file]").parentElement;
      field.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: dropped }));
    }"""
    tab.page.evaluate(script, [list(file) for file in files])


@pytest.mark.parametrize("by_hand", [True, False], ids=["dropped", "chosen"])
def test_one_file_that_is_too_large_keeps_no_other_away(open_tab, tmp_path, by_hand):
    tab = open_tab()
    tab.open_documents()
    text, size = f"# Gauge {by_hand}\n\nThe gauge of line {by_hand} is 1435 millimetres.\n", 25 * 1024 * 1024 + 1
    names = [f"gauge {by_hand}.md", f"large {by_hand}.md"]
    if by_hand:
        drop_by_hand(tab, (names[0], text, 0), (names[1], "x", size))
    else:
        for name, content in zip(names, (text, "x" * size), strict=True):
            (tmp_path / name).write_text(content, encoding="utf-8")
        tab.page.set_input_files("#drop input[type=file]", [str(tmp_path / name) for name in names])
    tab.page.locator("#too-large .fault", has_text=f"{names[1]} is larger than 25 MiB").wait_for()
    done = tab.page.locator(".job.done", has_text=names[0])
    done.wait_for(timeout=120_000)
    assert done.locator(".outcomes li").all_text_contents() == [f"{names[0]}added"]
