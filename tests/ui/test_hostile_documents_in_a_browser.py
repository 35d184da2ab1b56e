"""What a hostile document can do to the page in a headless Chromium: be read, and nothing else."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


def test_a_hostile_document_fetches_and_runs_nothing(open_tab, beacon):
    tab = open_tab()
    turn = tab.ask("Who wrote the Velvet protocol?")
    assert "The Velvet protocol was written by Ada Quill" in turn.text_content()
    for button in turn.locator("button.ref").all():
        button.click()
        tab.marked()
        assert "onerror=" in tab.page.locator("#reader").text_content()
        tab.page.locator("#close-reader").click()
        tab.page.locator("#reader-panel").wait_for(state="hidden")
    tab.open_documents()
    assert "onerror=" in tab.page.locator("table.documents").text_content()
    tab.page.wait_for_timeout(1500)
    assert tab.page.evaluate("window.hit") is None
    assert beacon.hits == []
    handlers = """() => [...document.querySelectorAll('*')].flatMap(element => [...element.attributes])
        .filter(attribute => attribute.name.startsWith('on') || /^\\s*javascript:/i.test(attribute.value)).length"""
    assert tab.page.evaluate(handlers) == 0


def test_an_injected_script_would_not_run_either(open_tab, beacon):
    tab = open_tab()
    tab.page.evaluate(
        """beacon => {
            const box = document.createElement('div');
            const images = `<img src="${beacon}/x.png"><img src="data:," onerror="window.hit=1">`;
            box.innerHTML = `${images}<iframe src="${beacon}"></iframe>`;
            document.body.append(box);
            const script = document.createElement('script');
            script.textContent = 'window.hit = 1';
            document.body.append(script);
        }""",
        f"http://127.0.0.1:{beacon.server_port}",
    )
    tab.page.wait_for_timeout(1000)
    assert tab.page.evaluate("window.hit") is None
    assert beacon.hits == []
    assert tab.faults
    tab.faults.clear()  # the policy's own reports of what it refused
    tab.requested[:] = [url for url in tab.requested if url.startswith(tab.url)]
