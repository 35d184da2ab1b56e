"""The page's components and what they are connected to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import FileData
from gradio.utils import get_upload_folder

from ui.handlers import LONGEST_QUESTION, Handlers, Opened
from ui.render import render_conversation
from ui.talk import Talk

TITLE = "Assistant"
HEAD = '<link rel="stylesheet" href="/page/page.css"><script src="/page/page.js" defer></script>'
_HEADER = (
    '<div class="brand"><h1>Assistant</h1><p>Answers from your own documents. Every sentence can be checked.</p></div>'
)
_WELCOME = (
    '<div class="welcome"><h2>Ask your documents</h2>'
    "<p>Each sentence of an answer is quoted from a document and says where it stands. "
    "Press its number to read it in its place.</p></div>"
)
_DROP = (
    '<p class="hint limit-{mib}">Add documents, several at once: PDF, DOCX, HTML, Markdown or plain text, '
    "up to {mib} MiB each. They stay on this machine.</p>"
)
_READER_HEAD = '<p class="panel-title">Source</p>'
_POLL_SECONDS, _REST_SECONDS = 0.7, 3.0
_TEMPORARY_SECONDS = (600, 3600)
"""How often to look for temporary uploads, and how old those are that go."""

Shown = tuple[Any, ...]


def build_page(handlers: Handlers, *, examples: Sequence[str], max_file_mib: int) -> gr.Blocks:
    """Lay out the page and connect it.

    Args:
        handlers: What its controls do.
        examples: Questions offered before the first one; may be empty.
        max_file_mib: The largest file that may be dropped.

    Returns:
        The page, to be mounted.
    """
    page = gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=_TEMPORARY_SECONDS, fill_height=True)
    with page:
        timer = gr.Timer(_REST_SECONDS)
        with gr.Row(elem_id="topbar"):
            _html(_HEADER, "brand")
            summary = _html("", "summary")
        with gr.Tabs(elem_id="views"):
            with gr.Tab("Ask", id="ask", elem_id="ask-view"):
                _build_ask(handlers, examples, timer)
            with gr.Tab("Documents", id="documents", elem_id="documents-view") as documents_tab:
                _build_documents(handlers, summary, _Frame(page, documents_tab, timer), max_file_mib)
    page.queue(default_concurrency_limit=8, max_size=64)
    return page


@dataclass(frozen=True, slots=True)
class _Frame:
    """What the list of documents is kept fresh by."""

    blocks: gr.Blocks
    documents_tab: gr.Tab
    timer: gr.Timer


def _html(value: str, name: str) -> gr.Markdown:
    """Place HTML of the program's own; everything else in it was escaped, and gradio's sanitiser reads it again."""
    return gr.Markdown(value, elem_id=name, sanitize_html=True, latex_delimiters=[], container=False)


@dataclass(frozen=True)
class _Desk:
    """The components of the tab where questions are asked."""

    welcome: gr.Column
    told: gr.Markdown
    clear: gr.Button
    panel: gr.Column
    close: gr.Button
    reader: gr.Markdown


def _lay_out_desk(examples: Sequence[str]) -> _Desk:
    with gr.Row(elem_id="desk", equal_height=False):
        with gr.Column(elem_id="talk", scale=3):
            with gr.Column(elem_id="welcome-box") as welcome:
                _html(_WELCOME, "welcome")
                for example in examples:
                    gr.Button(example, elem_classes="example", size="sm")  # asked by the page's script
            told = _html("", "conversation")
            with gr.Row(elem_id="composer"):
                gr.Textbox(
                    elem_id="question",
                    label="Your question",
                    placeholder="Ask a question …",
                    show_label=False,
                    lines=1,
                    max_lines=5,
                    max_length=LONGEST_QUESTION,
                    container=False,
                    autofocus=True,
                    scale=1,
                )
                gr.Button("Ask", elem_id="send", variant="primary", scale=0, min_width=72)
                clear = gr.Button("New", elem_id="clear", scale=0, min_width=72)
        with gr.Column(elem_id="reader-panel", scale=2, visible=False) as panel:
            with gr.Row(elem_id="reader-head"):
                _html(_READER_HEAD, "reader-title")
                close = gr.Button("Close", elem_id="close-reader", size="sm", scale=0, min_width=72)
            reader = _html("", "reader")
    return _Desk(welcome, told, clear, panel, close, reader)


def _build_ask(handlers: Handlers, examples: Sequence[str], timer: gr.Timer) -> None:
    talk, shown = gr.State(Talk()), gr.State(None)
    desk = _lay_out_desk(examples)
    # The page's script writes here: what was asked, and which source was pressed.
    asked = gr.Textbox(elem_id="asked", visible="hidden", container=False, show_label=False)
    reference = gr.Textbox(elem_id="reference", visible="hidden", container=False, show_label=False)

    def ask(sent: str, tab: Talk) -> Iterator[Shown]:
        hidden = gr.update(visible=False)
        for number, html in enumerate(handlers.ask(tab.take(sent), tab)):
            # The panel belongs to the answer before; it may be opened again while this one is looked for.
            yield tab, html, hidden, (gr.skip() if number else hidden), (gr.skip() if number else None)

    def show_after_bug(tab: Talk) -> str:
        return render_conversation(tab.conversation)

    def begin_anew(tab: Talk) -> Shown:
        tab.clear()
        return tab, "", gr.update(visible=True), gr.update(visible=False), None

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    outputs = [talk, desk.told, desk.welcome, desk.panel, shown]
    asking = asked.change(ask, [asked, talk], outputs, trigger_mode="multiple", concurrency_limit=8, **quiet)
    asking.failure(show_after_bug, [talk], desk.told, **quiet)
    desk.clear.click(begin_anew, talk, outputs, **quiet)
    _build_reader(handlers, desk, reference, _Tab(talk, shown), timer)


@dataclass(frozen=True, slots=True)
class _Tab:
    """The states that belong to one browser tab."""

    talk: gr.State
    shown: gr.State
    """What its panel shows; None while it is closed."""


def _build_reader(handlers: Handlers, desk: _Desk, reference: gr.Textbox, tab: _Tab, timer: gr.Timer) -> None:
    def open_source(chosen: str, talk: Talk) -> Shown:
        opened = handlers.open_source(chosen, talk)
        return opened.html, gr.update(visible=True), opened

    def check_again(opened: Opened | None, talk: Talk) -> Shown:
        now = handlers.check_again(opened, talk)
        return (gr.skip(), gr.skip()) if now is None else (now.html, now)

    def close() -> Shown:
        return gr.update(visible=False), None

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    reference.change(open_source, [reference, tab.talk], [desk.reader, desk.panel, tab.shown], **quiet)
    timer.tick(check_again, [tab.shown, tab.talk], [desk.reader, tab.shown], **quiet)
    desk.close.click(close, None, [desk.panel, tab.shown], **quiet)


def _build_documents(handlers: Handlers, summary: gr.Markdown, page: _Frame, max_file_mib: int) -> None:
    _html(_DROP.format(mib=max_file_mib), "drop-hint")
    drop = gr.File(label="Documents to add", file_count="multiple", elem_id="drop", height=150, show_label=False)
    refused = _html("", "refused")
    too_large = _html("", "too-large")
    kept_back = gr.Textbox(elem_id="kept-back", visible="hidden", container=False, show_label=False)
    # The page's script writes here which button of the list was pressed.
    pressed = gr.Textbox(elem_id="pressed", visible="hidden", container=False, show_label=False)
    jobs = _html("", "jobs")
    documents = _html("", "documents")
    shown = gr.State(("", "", ""))
    timer = page.timer

    def refresh(before: tuple[str, str, str]) -> Shown:
        listed = handlers.shelf()
        now = (listed.summary, listed.documents, listed.jobs)
        pace = gr.update(value=_POLL_SECONDS if listed.busy else _REST_SECONDS)
        changed = [new if new != old else gr.skip() for new, old in zip(now, before, strict=True)]
        return *changed, now if now != before else gr.skip(), pace

    def take(uploaded: list[dict[str, Any]] | None) -> Shown:
        files = [FileData.model_validate(item) for item in uploaded or []]
        received = [(file.orig_name or Path(file.path).name, Path(file.path)) for file in files]
        refusal = handlers.drop(received, inside=Path(get_upload_folder()))
        return None, refusal, gr.update(value=_POLL_SECONDS)

    def act(sent: str) -> dict[str, Any]:
        handlers.act(sent)
        return gr.update(value=_POLL_SECONDS)

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    outputs = [summary, documents, jobs, shown, timer]
    # Unprocessed, since only this way the names arrive as they are; `drop` checks the paths.
    drop.upload(take, drop, [drop, refused, timer], preprocess=False, **quiet)
    # The page's script writes here which files it did not send, since gradio would refuse the others with them.
    kept_back.change(lambda sent: handlers.refuse_large(sent, max_mib=max_file_mib), kept_back, too_large, **quiet)
    pressed.change(act, pressed, timer, trigger_mode="multiple", **quiet)
    for trigger in (page.blocks.load, page.documents_tab.select, timer.tick):
        trigger(refresh, shown, outputs, concurrency_limit=None, **quiet)
