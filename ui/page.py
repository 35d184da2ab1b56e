"""The page's components and what they are connected to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import FileData
from gradio.utils import get_upload_folder

from ui.conversation import Conversation
from ui.handlers import LONGEST_QUESTION, Handlers, Told

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
    '<p class="hint">Add documents, several at once: PDF, DOCX, HTML, Markdown or plain text, up to {mib} MiB each. '
    "They stay on this machine.</p>"
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
        with gr.Row(elem_id="topbar"):
            _html(_HEADER, "brand")
            summary = _html("", "summary")
        with gr.Tabs(elem_id="views"):
            with gr.Tab("Ask", id="ask", elem_id="ask-view"):
                _build_ask(handlers, examples)
            with gr.Tab("Documents", id="documents", elem_id="documents-view") as documents_tab:
                _build_documents(handlers, summary, page, documents_tab, max_file_mib)
    page.queue(default_concurrency_limit=8, max_size=64)
    return page


def _html(value: str, name: str) -> gr.Markdown:
    """Place HTML of the program's own; everything else in it was escaped, and gradio's sanitiser reads it again."""
    return gr.Markdown(value, elem_id=name, sanitize_html=True, latex_delimiters=[], container=False)


@dataclass(frozen=True)
class _Desk:
    """The components of the tab where questions are asked."""

    welcome: gr.Column
    offered: Sequence[gr.Button]
    told: gr.Markdown
    question: gr.Textbox
    send: gr.Button
    clear: gr.Button
    panel: gr.Column
    close: gr.Button
    reader: gr.Markdown


def _lay_out_desk(examples: Sequence[str]) -> _Desk:
    with gr.Row(elem_id="desk", equal_height=False):
        with gr.Column(elem_id="talk", scale=3):
            with gr.Column(elem_id="welcome-box") as welcome:
                _html(_WELCOME, "welcome")
                offered = [gr.Button(example, elem_classes="example", size="sm") for example in examples]
            told = _html("", "conversation")
            with gr.Row(elem_id="composer"):
                question = gr.Textbox(
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
                send = gr.Button("Ask", elem_id="send", variant="primary", scale=0, min_width=72)
                clear = gr.Button("New", elem_id="clear", scale=0, min_width=72)
        with gr.Column(elem_id="reader-panel", scale=2, visible=False) as panel:
            with gr.Row(elem_id="reader-head"):
                _html(_READER_HEAD, "reader-title")
                close = gr.Button("Close", elem_id="close-reader", size="sm", scale=0, min_width=72)
            reader = _html("", "reader")
    return _Desk(welcome, offered, told, question, send, clear, panel, close, reader)


def _build_ask(handlers: Handlers, examples: Sequence[str]) -> None:
    conversation = gr.State(Conversation())
    desk = _lay_out_desk(examples)
    reference = gr.Textbox(elem_id="reference", visible="hidden", container=False, show_label=False)

    def ask(asked: str, before: Conversation) -> Iterator[Shown]:
        for step in handlers.ask(asked, before):
            yield _show(step, welcome=False, question="")

    def open_source(chosen: str, now: Conversation) -> Shown:
        return handlers.open_source(chosen, now), gr.update(visible=True)

    def begin_anew() -> Shown:
        return *_show(Told(Conversation(), ""), welcome=True, question=""), gr.update(visible=False)

    outputs = [conversation, desk.told, desk.question, desk.welcome]
    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    asking = gr.on(
        [desk.question.submit, desk.send.click],
        ask,
        [desk.question, conversation],
        outputs,
        trigger_mode="once",
        concurrency_limit=8,
        **quiet,
    )
    all_asking = [asking]
    for button, example in zip(desk.offered, examples, strict=True):
        all_asking.append(button.click(_asking(ask, example), [conversation], outputs, concurrency_limit=8, **quiet))
    for event in all_asking:
        event.failure(
            lambda now: _show(handlers.ask_failed(now), welcome=False, question=""), [conversation], outputs, **quiet
        )
    reference.change(open_source, [reference, conversation], [desk.reader, desk.panel], **quiet)
    desk.close.click(lambda: gr.update(visible=False), None, desk.panel, **quiet)
    desk.clear.click(begin_anew, None, [*outputs, desk.panel], **quiet)


def _asking(
    ask: Callable[[str, Conversation], Iterator[Shown]], example: str
) -> Callable[[Conversation], Iterator[Shown]]:
    """Ask one question whenever its button is pressed."""

    def ask_example(before: Conversation) -> Iterator[Shown]:
        yield from ask(example, before)

    return ask_example


def _show(told: Told, *, welcome: bool, question: str) -> Shown:
    return told.conversation, told.html, question, gr.update(visible=welcome)


def _build_documents(handlers: Handlers, summary: gr.Markdown, page: gr.Blocks, tab: gr.Tab, max_file_mib: int) -> None:
    _html(_DROP.format(mib=max_file_mib), "drop-hint")
    drop = gr.File(label="Documents to add", file_count="multiple", elem_id="drop", height=150, show_label=False)
    refused = _html("", "refused")
    jobs = _html("", "jobs")
    documents = _html("", "documents")
    shown = gr.State(("", "", ""))
    timer = gr.Timer(_REST_SECONDS)

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

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    outputs = [summary, documents, jobs, shown, timer]
    # Unprocessed, since only this way the names arrive as they are; `drop` checks the paths.
    drop.upload(take, drop, [drop, refused, timer], preprocess=False, **quiet)
    for trigger in (page.load, tab.select, timer.tick):
        trigger(refresh, shown, outputs, concurrency_limit=None, **quiet)
