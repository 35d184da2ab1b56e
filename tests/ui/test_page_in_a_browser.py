"""The whole page in a headless Chromium, over a real corpus that the real command ingested and serves."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from reportlab.pdfgen import canvas

pytestmark = [pytest.mark.browser, pytest.mark.slow]

COMMAND = str(Path(sys.executable).with_name("assistant"))
KESTREL = """# The Kestrel observatory

Date: 2024-03-01

## Founding

The Kestrel observatory was founded on 4 May 1911 in the town of Arden. Its first director was Maria Holt, who came
from the navy. The building stands on a hill above the river.

## Instruments

The great telescope has a mirror of two metres. It was made in Jena and mounted in 1923.
"""
HARBOUR = """# Harbour rules

Ships longer than 90 metres need a pilot to enter the harbour of Arden. The pilot boards at the outer buoy. Mooring fees
are paid on the day of arrival at the harbour office.
"""
DIRECTOR = "Who was the first director of the Kestrel observatory?"
NOWHERE = "Which zebra won the chess championship of Patagonia?"
HOSTILE_NAME = 'velvet <img src=x onerror="window.hit=1"> [a](javascript:hit()).txt'


def hostile_text(beacon: str) -> str:
    payloads = (
        "<script>window.hit=1</script>",
        f'<script src="{beacon}/s.js"></script>',
        f'<img src="{beacon}/i.png" onerror="window.hit=1">',
        f"![alt]({beacon}/m.png)",
        "![alt][pic]",
        f'<svg onload="window.hit=1"><image href="{beacon}/v.png"/></svg>',
        f'<p style="background:url({beacon}/c.png)">styled</p>',
        f"<style>@import url({beacon}/c.css);</style>",
        f'<iframe src="{beacon}/f.html"></iframe>',
        f'<link rel="prefetch" href="{beacon}/l.html"><link rel="stylesheet" href="{beacon}/l.css">',
        f'<video poster="{beacon}/p.png" src="{beacon}/v.mp4" autoplay></video>',
        f'<object data="{beacon}/o"></object><embed src="{beacon}/e">',
        '<details open ontoggle="window.hit=1"><summary>x</summary></details>',
        '<a href="javascript:window.hit=1">press</a>',
        "${window.hit=1} {{constructor.constructor('window.hit=1')()}} $$\\href{javascript:window.hit=1}{x}$$",
        f'<meta http-equiv="refresh" content="0;url={beacon}/r">',
    )
    sentences = " ".join(f"The Velvet protocol was written by Ada Quill {payload} in 1999." for payload in payloads)
    return f"The Velvet protocol </title><script>window.hit=1</script>\n\n{sentences}\n\n[pic]: {beacon}/ref.png\n"


@dataclass
class Tab:
    """One browser tab and what it did."""

    page: object
    url: str
    faults: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)

    def ask(self, question):
        turns = self.page.locator(".turn").count()
        self.page.fill("#question textarea", question)
        self.page.keyboard.press("Enter")
        turn = self.page.locator(".turn").nth(turns)
        turn.locator(".account, .fault").first.wait_for()
        return turn

    def open_documents(self):
        self.page.get_by_role("tab", name="Documents").click()
        self.page.locator("table.documents").wait_for()

    def marked(self):
        self.page.locator("#reader mark").wait_for()
        return self.page.eval_on_selector("#reader mark", "mark => mark.textContent")


class Beacon(BaseHTTPRequestHandler):
    """Counts who comes."""

    def do_GET(self):
        self.server.hits.append(self.path)
        self.send_response(204)
        self.end_headers()

    do_POST = do_HEAD = do_OPTIONS = do_GET

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def beacon():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Beacon)
    server.hits = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def place(tmp_path_factory, beacon, models_dir):
    """A folder with a corpus, ingested by the command."""
    folder = tmp_path_factory.mktemp("page")
    corpus = folder / "corpus"
    corpus.mkdir()
    (corpus / "kestrel.md").write_text(KESTREL, encoding="utf-8")
    (corpus / "harbour.md").write_text(HARBOUR, encoding="utf-8")
    (corpus / HOSTILE_NAME).write_text(hostile_text(f"http://127.0.0.1:{beacon.server_port}"), encoding="utf-8")
    (corpus / ".examples.txt").write_text(f"{DIRECTOR}\n", encoding="utf-8")
    command("ingest", cwd=folder, models_dir=models_dir)
    return folder


def environment(models_dir):
    return os.environ | {"ASSISTANT_MODELS_DIR": str(models_dir)}


def command(*arguments, cwd, models_dir):
    done = subprocess.run(
        [COMMAND, *arguments], cwd=cwd, env=environment(models_dir), capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def address(browser, place, models_dir) -> Iterator[str]:
    """The page, served by the command."""
    server = subprocess.Popen(
        [COMMAND, "ui", "--port", "0"], cwd=place, env=environment(models_dir), stderr=subprocess.PIPE, text=True
    )
    try:
        lines = iter(server.stderr.readline, "")
        found = next((match[0] for line in lines if (match := re.search(r"http://\S+", line))), None)
        assert found is not None, "the page did not start"
        threading.Thread(target=lambda: [None for _ in lines], daemon=True).start()
        yield found
    finally:
        server.terminate()
        server.wait(timeout=30)
        server.stderr.close()


@pytest.fixture
def open_tab(browser, address):
    """Open tabs; at the end of the test none of them may have failed or asked another server for anything."""
    tabs, contexts = [], []

    def opened(**options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        tab = Tab(page, address)
        page.on("console", lambda message: tab.faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: tab.faults.append(str(error)))
        page.on("request", lambda request: tab.requested.append(request.url))
        page.goto(address)
        page.locator("#question textarea").wait_for()
        tabs.append(tab)
        return tab

    yield opened
    for tab in tabs:
        assert tab.faults == []
        assert [url for url in tab.requested if not url.startswith((address, "data:", f"blob:{address}"))] == []
    for context in contexts:
        context.close()


def test_a_question_is_answered_and_a_marker_shows_the_quote_in_its_place(open_tab):
    tab = open_tab()
    turn = tab.ask(DIRECTOR)
    assert "Maria Holt" in turn.locator(".sentences").text_content()
    assert "no language model used: sentences are quoted exactly" in turn.text_content()
    told = turn.locator(".sentences p", has_text="Maria Holt")
    told.locator("button.marker").click()
    quote = tab.marked()
    assert quote == told.locator(".sentence").text_content()
    assert quote == turn.locator(".source .quote", has_text="Maria Holt").text_content()
    assert " ".join(quote.split()) in " ".join(KESTREL.split())
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


def test_several_files_are_dropped_together_and_named_with_their_verdicts(open_tab, tmp_path):
    tab = open_tab()
    bridge = tmp_path / "bridge.pdf"
    drawing = canvas.Canvas(str(bridge))
    drawing.drawString(72, 720, "The Larkspur bridge is 412 metres long and was opened in 1987.")
    drawing.showPage()
    drawing.save()
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing of the kind")
    (tmp_path / "copy of the rules.md").write_text(HARBOUR, encoding="utf-8")
    tab.open_documents()
    dropped = [str(bridge), str(tmp_path / "broken.pdf"), str(tmp_path / "copy of the rules.md")]
    tab.page.set_input_files("#drop input[type=file]", dropped)
    tab.page.locator(".job.done, .job.failed").first.wait_for(timeout=120_000)
    told = tab.page.locator(".job.done .outcomes li").all_text_contents()
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
    tab.page.reload()
    tab.open_documents()
    tab.page.locator(".job.done, .job.failed").filter(has_text="late.md").wait_for(timeout=120_000)
    assert tab.page.locator(".outcomes li", has_text="late.md").text_content() == "late.mdadded"


def test_a_document_ingested_from_a_terminal_appears_without_a_restart(open_tab, place, models_dir):
    tab = open_tab()
    tab.open_documents()
    fresh = place / "corpus" / "orchard.md"
    fresh.write_text("# The orchard\n\nThe orchard of Arden grows forty kinds of pears.\n", encoding="utf-8")
    command("ingest", cwd=place, models_dir=models_dir)
    tab.page.locator("table.documents", has_text="orchard.md").wait_for()
    tab.page.get_by_role("tab", name="Ask").click()
    turn = tab.ask("How many kinds of pears grow in the orchard of Arden?")
    assert "forty kinds of pears" in turn.text_content()


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


def test_a_second_answer_is_scrolled_to_its_question(open_tab):
    tab = open_tab(viewport={"width": 900, "height": 500})
    tab.ask(DIRECTOR)
    turn = tab.ask(NOWHERE)
    tab.page.wait_for_function("document.querySelectorAll('.turn')[1].getBoundingClientRect().top < 60")
    assert turn.locator(".question").is_visible()
