"""The list of documents under a person's hands, in a headless Chromium."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


def row_of(tab, name):
    return tab.page.locator("table.documents tbody tr", has_text=name)


def test_a_document_is_removed_once_it_is_confirmed_and_comes_back_with_its_folder(
    open_tab, place, ingest_from_a_terminal
):
    file = place / "corpus" / "kiosk.md"
    file.write_text("# The kiosk\n\nThe kiosk of Arden sells maps of the river.\n", encoding="utf-8")
    ingest_from_a_terminal()
    tab = open_tab()
    tab.open_documents()
    row = row_of(tab, "kiosk.md")
    row.get_by_role("button", name="Remove kiosk.md").click()
    tab.page.get_by_role("dialog").get_by_text("Remove kiosk.md?").wait_for()
    tab.page.get_by_role("button", name="Keep it").click()
    tab.page.get_by_role("dialog").wait_for(state="detached")
    row.get_by_role("button", name="Remove kiosk.md").click()
    tab.page.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()
    row.wait_for(state="detached")
    removal = tab.page.locator(".job.done", has_text="kiosk.md")
    removal.wait_for()
    assert removal.count() == 1
    assert "Its file is still in your folder" in removal.text_content()
    tab.page.get_by_role("button", name="Read the folder again").click()
    row.wait_for()
    tab.reload()
    tab.open_documents()
    tab.page.locator(".job.done", has_text="The folder read again").get_by_text("kiosk.md").wait_for()
    file.unlink()
    ingest_from_a_terminal()


def test_a_problem_is_shown_with_its_remedy_and_read_again_once_it_is_mended(open_tab, place, ingest_from_a_terminal):
    file = place / "corpus" / "shutters.md"
    file.write_text("", encoding="utf-8")
    ingest_from_a_terminal()
    tab = open_tab()
    tab.open_documents()
    row = row_of(tab, "shutters.md")
    assert "problem: empty" in row.text_content()
    assert "Add text to it, or remove it." in row.text_content()
    file.write_text("# Shutters\n\nThe shutters of Arden are green.\n", encoding="utf-8")
    row.get_by_role("button", name="Try again shutters.md").click()
    row.get_by_text("searchable").wait_for(timeout=120_000)
    assert "1 file read again" in tab.page.locator(".job.done", has_text="shutters.md").text_content()
    file.unlink()
    ingest_from_a_terminal()
