"""The documents and the jobs that add to them as HTML."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from assistant.types import DocumentRecord, DocumentState
from ingest.progress import spoken
from ingest.reports import Progress, Stage
from ingest.sources import UPLOADS
from ingest.verdicts import MEANINGS, Code
from ui.markup import element, text, unseen
from ui.outcomes import Fate, Outcome
from ui.running import Job, JobKind, JobState

_MOST_ROWS = 500
_HEADINGS = ("Document", "State", "Pages", "Chunks", "Date", "")
_BAR_STEPS = 20
_TONES = {
    Fate.ADDED: "indexed",
    Fate.REPLACED: "indexed",
    Fate.DUPLICATE: "same",
    Fate.UNCHANGED: "same",
    Fate.MOVED: "indexed",
    Fate.REMOVED: "same",
    Fate.PROBLEM: "problem",
    Fate.NOT_READ: "problem",
}
_STAGES = {
    Stage.SCAN: "Looking at the files",
    Stage.MODEL: "Preparing the embedding model",
    Stage.INDEX: "Reading and indexing",
}


def key_of(document_id: str) -> str:
    """Name a document in the page's classes, where an id could not stand."""
    return hashlib.sha256(document_id.encode("utf-8", "backslashreplace")).hexdigest()[:16]


def render_documents(documents: Sequence[DocumentRecord]) -> str:
    """Write the list of documents, problems first, with what can be done to each.

    Args:
        documents: In the order to show.

    Returns:
        A table; a sentence where there are none.
    """
    problems = sum(record.state is DocumentState.PROBLEM for record in documents)
    again = _button("Read the folder again", "sync")
    if problems:
        again += _button("Try the problem again" if problems == 1 else f"Try all {problems} problems again", "retry")
    toolbar = element("div", again, classes="toolbar")
    if not documents:
        told = "No documents yet. Drop some above, or run assistant ingest in a terminal."
        return toolbar + text("p", told, classes="empty")
    ordered = sorted(documents, key=lambda record: (record.state is not DocumentState.PROBLEM, record.document_id))
    head = element("tr", "".join(text("th", heading) for heading in _HEADINGS))
    rows = "".join(_row(record) for record in ordered[:_MOST_ROWS])
    hidden = len(ordered) - _MOST_ROWS
    more = text("p", f"{hidden} more; assistant documents list shows them all.", classes="empty") if hidden > 0 else ""
    return toolbar + element("table", element("thead", head) + element("tbody", rows), classes="documents") + more


def _row(record: DocumentRecord) -> str:
    name = text("span", record.title or record.document_id, classes="title")
    if record.title is not None and record.title != record.document_id:
        name += text("span", record.document_id, classes="where")
    if record.tags:
        name += text("span", ", ".join(record.tags), classes="where tags")
    if record.state is DocumentState.PROBLEM:
        state = text("span", f"problem: {record.code or 'unknown'}", classes="state problem")
        state += text("span", f"{record.reason or ''} {_remedy(record.code)}".strip(), classes="where")
    else:
        state = text("span", "searchable", classes="state indexed")
    cells = (
        element("td", name)
        + element("td", state)
        + _number(record.pages)
        + _number(record.chunks if record.state is DocumentState.INDEXED else None)
        + text("td", record.date or "", classes="date")
        + element("td", _actions(record), classes="actions")
    )
    return element("tr", cells)


def _actions(record: DocumentRecord) -> str:
    key, unseen_name = key_of(record.document_id), unseen(f" {record.document_id}")
    kept = "upload" if record.document_id.startswith(f"{UPLOADS}/") else "in-folder"
    again = ""
    if record.state is DocumentState.PROBLEM:
        again = _button("Try again", "retry", key=key, unseen_name=unseen_name)
    return again + _button("Remove", "remove", key=key, unseen_name=unseen_name, kept=kept)


def _button(said: str, action: str, *, key: str | None = None, unseen_name: str = "", kept: str = "") -> str:
    """Write a button that the page's script acts for; it reads the classes."""
    classes = " ".join(part for part in ("act", f"act-{action}", f"doc-{key}" if key else "", kept) if part)
    return element("button", text("span", said) + unseen_name, classes=classes, attributes='type="button"')


def _remedy(code: str | None) -> str:
    """Tell what to do about a problem; nothing for a code of another version."""
    return MEANINGS[Code(code)].action if code in set(Code) else ""


def _number(value: int | None) -> str:
    return text("td", "" if value is None else str(value), classes="count")


def render_jobs(jobs: Sequence[Job]) -> str:
    """Write what was asked for since the server started, newest first; empty without any."""
    return "".join(_job(job) for job in jobs)


_TITLES = {
    JobKind.ADD: ("{count}, waiting for the one before", "Adding {count} …", "{count} done", "{count} not added"),
    JobKind.RETRY: (
        "{count} to read again, waiting for the one before",
        "Reading {count} again …",
        "{count} read again",
        "{count} not read again",
    ),
    JobKind.REMOVE: ("{count} to remove, waiting for the one before", "Removing …", "Removed", "Not removed"),
    JobKind.SYNC: (
        "The folder, waiting for the one before",
        "Reading the folder again …",
        "The folder read again",
        "The folder was not read",
    ),
}
_STATES = (JobState.WAITING, JobState.RUNNING, JobState.DONE, JobState.FAILED)


def _job(job: Job) -> str:
    count = f"{len(job.names)} {'file' if len(job.names) == 1 else 'files'}"
    heading = _TITLES[job.kind][_STATES.index(job.state)].format(count=count)
    if job.state is JobState.DONE:
        heading += f" in {job.seconds:.1f} s"
        if job.kind is JobKind.SYNC and not job.outcomes:
            heading += ": nothing is new"
    body = text("h3", heading, classes="job-title")
    if job.note is not None:
        body += text("p", job.note, classes="fault" if job.state is JobState.FAILED else "notice")
    if job.state is JobState.RUNNING and job.progress is not None:
        body += _progress(job.progress)
    if job.outcomes:
        body += element("ul", "".join(_outcome(outcome) for outcome in job.outcomes), classes="outcomes")
    elif not job.finished:
        body += element(
            "ul", "".join(element("li", text("span", name, classes="name")) for name in job.names), classes="outcomes"
        )
    return element("section", body, classes=f"job {job.state}")


def _progress(progress: Progress) -> str:
    """Write how far a job is; the bar has twenty steps, since its width is a class and not a style."""
    said = _STAGES[progress.stage]
    bar = ""
    if progress.total:
        share = min(_BAR_STEPS, _BAR_STEPS * progress.done // progress.total)
        bar = element("div", element("div", "", classes=f"bar-fill step-{share}"), classes="bar")
        said += f": {progress.done} of {progress.total}"
        if progress.remaining_seconds:
            said += f", {spoken(progress.remaining_seconds)} left"
    return bar + text("p", said, classes="where")


def _outcome(outcome: Outcome) -> str:
    said = f"{outcome.fate}: {outcome.code}" if outcome.fate is Fate.PROBLEM else outcome.fate
    line = text("span", outcome.name, classes="name") + text("span", said, classes=f"state {_TONES[outcome.fate]}")
    return element("li", line + (text("span", outcome.detail, classes="where") if outcome.detail else ""))
