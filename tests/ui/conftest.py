"""The page as the real command serves it over a small ingested corpus, and a browser to look at it."""

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
CUT_OFF = ("AbortError", "Unexpected error Connection errored out")
"""How the page's client says that a request of it ended early."""
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

    def reload(self):
        """Load the page anew. That requests of the page before are cut off by it is no fault."""
        self.page.reload()
        self.page.locator("#question textarea").wait_for()
        self.faults[:] = [fault for fault in self.faults if not fault.startswith(CUT_OFF)]

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


@pytest.fixture(scope="session")
def beacon():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Beacon)
    server.hits = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def place(tmp_path_factory, beacon, models_dir):
    """A folder with a corpus, ingested by the command."""
    folder = tmp_path_factory.mktemp("page")
    corpus = folder / "corpus"
    corpus.mkdir()
    (corpus / "kestrel.md").write_text(KESTREL, encoding="utf-8")
    (corpus / "harbour.md").write_text(HARBOUR, encoding="utf-8")
    (corpus / HOSTILE_NAME).write_text(hostile_text(f"http://127.0.0.1:{beacon.server_port}"), encoding="utf-8")
    (corpus / ".examples.txt").write_text(f"{DIRECTOR}\n", encoding="utf-8")
    run_command("ingest", cwd=folder, models_dir=models_dir)
    return folder


def environment(models_dir):
    return os.environ | {"ASSISTANT_MODELS_DIR": str(models_dir)}


def run_command(*arguments, cwd, models_dir):
    done = subprocess.run(
        [COMMAND, *arguments], cwd=cwd, env=environment(models_dir), capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
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


@pytest.fixture
def ingest_from_a_terminal(place, models_dir):
    """Run the command's own ingest beside the served page."""
    return lambda: run_command("ingest", cwd=place, models_dir=models_dir)


@pytest.fixture
def corpus_texts(place):
    """The text of each document that is no trap, by name."""
    return {name: (place / "corpus" / name).read_text(encoding="utf-8") for name in ("kestrel.md", "harbour.md")}
