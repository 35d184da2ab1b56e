"""The documents and the jobs that add to them as HTML."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.types import DocumentRecord, DocumentState
from ingest.reports import Progress, Stage
from ui.jobs import Fate, Job, JobState, Outcome
from ui.markup import element, text

_MOST_ROWS = 500
_HEADINGS = ("Document", "State", "Pages", "Chunks", "Date")
_BAR_STEPS = 20
_TONES = {
    Fate.ADDED: "indexed",
    Fate.REPLACED: "indexed",
    Fate.DUPLICATE: "same",
    Fate.UNCHANGED: "same",
    Fate.PROBLEM: "problem",
    Fate.NOT_READ: "problem",
}
_STAGES = {
    Stage.SCAN: "Looking at the files",
    Stage.MODEL: "Preparing the embedding model",
    Stage.INDEX: "Reading and indexing",
}


def render_documents(documents: Sequence[DocumentRecord]) -> str:
    """Write the list of documents, problems first.

    Args:
        documents: In the order to show.

    Returns:
        A table; a sentence where there are none.
    """
    if not documents:
        return text("p", "No documents yet. Drop some above, or run assistant ingest in a terminal.", classes="empty")
    ordered = sorted(documents, key=lambda record: (record.state is not DocumentState.PROBLEM, record.document_id))
    head = element("tr", "".join(text("th", heading) for heading in _HEADINGS))
    rows = "".join(_row(record) for record in ordered[:_MOST_ROWS])
    hidden = len(ordered) - _MOST_ROWS
    more = text("p", f"{hidden} more; assistant documents list shows them all.", classes="empty") if hidden > 0 else ""
    return element("table", element("thead", head) + element("tbody", rows), classes="documents") + more


def _row(record: DocumentRecord) -> str:
    name = text("span", record.title or record.document_id, classes="title")
    if record.title is not None and record.title != record.document_id:
        name += text("span", record.document_id, classes="where")
    if record.state is DocumentState.PROBLEM:
        state = text("span", f"problem: {record.code or 'unknown'}", classes="state problem")
        state += text("span", record.reason or "", classes="where")
    else:
        state = text("span", "searchable", classes="state indexed")
    cells = (
        element("td", name)
        + element("td", state)
        + _number(record.pages)
        + _number(record.chunks)
        + text("td", record.date or "", classes="date")
    )
    return element("tr", cells)


def _number(value: int | None) -> str:
    return text("td", "" if value is None else str(value), classes="count")


def render_jobs(jobs: Sequence[Job]) -> str:
    """Write what was dropped since the server started, newest first; empty without any."""
    return "".join(_job(job) for job in jobs)


def _job(job: Job) -> str:
    count = f"{len(job.names)} {'file' if len(job.names) == 1 else 'files'}"
    heading = {
        JobState.WAITING: f"{count}, waiting for the one before",
        JobState.RUNNING: f"Adding {count} …",
        JobState.DONE: f"{count} done in {job.seconds:.1f} s",
        JobState.FAILED: f"{count} not added",
    }[job.state]
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
    return bar + text("p", said, classes="where")


def _outcome(outcome: Outcome) -> str:
    said = f"{outcome.fate}: {outcome.code}" if outcome.fate is Fate.PROBLEM else outcome.fate
    line = text("span", outcome.name, classes="name") + text("span", said, classes=f"state {_TONES[outcome.fate]}")
    return element("li", line + (text("span", outcome.detail, classes="where") if outcome.detail else ""))
