"""A sync's report in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from ingest.folder_rules import IGNORE_FILE
from ingest.reports import Notice, SyncReport
from ingest.verdicts import Code, Verdict

MOST_NAMES = 20
"""Document ids shown of each kind."""
FEW_NAMES = 5
"""Shown of what is left out, which is the same each time."""


def summarise(report: SyncReport) -> Iterator[str]:
    """Tell in lines what a sync did.

    Args:
        report: What it did, or would do.

    Yields:
        Lines without line ends. Control characters of names are spelled out.
    """
    if report.interrupted:
        yield "Interrupted. What is listed here is stored; run the same command to go on."
    if report.nothing_done:
        yield f"Nothing to do: {_documents(len(report.unchanged))} unchanged."
    else:
        yield from _changes(report)
    yield from _left_out(report.ignored)
    yield from _notices(report.notices)
    yield from _problems(report.problems)


def _changes(report: SyncReport) -> Iterator[str]:
    would = "Would be " if report.dry_run else ""
    yield from _listed(f"{would}added", report.added)
    yield from _listed(f"{would}changed", report.changed)
    yield from _listed(f"{would}moved", [f"{move.former} → {move.document_id}" for move in report.moves])
    yield from _listed(f"{would}removed", report.removed)
    yield from _listed(f"{would}tagged anew", report.retagged)
    if report.unchanged:
        yield f"Unchanged: {len(report.unchanged)}"
    yield from _listed("the same file as another", [f"{one.document_id} = {one.same_as}" for one in report.duplicates])
    if report.dry_run:
        yield "In all: " + ", ".join(f"{count} {fate}" for fate, count in report.counts.items()) + ". Nothing was done."
    else:
        yield _effort(report)


def _effort(report: SyncReport) -> str:
    """Tell what a run made and how fast."""
    said = f"{report.chunks} chunks{f', {report.embedded_chunks} of them embedded' if report.chunks else ''}"
    if report.pages_without_text:
        said += f", {report.pages_without_text} {'page' if report.pages_without_text == 1 else 'pages'} without text"
    said += f", in {report.seconds:.1f} s"
    if report.model_share is not None:
        documents = len(report.added) + len(report.changed)
        rates = f"{documents / report.seconds:.1f} documents and {report.chunks / report.seconds:.1f} chunks a second"
        said += f": {rates}, {report.model_share:.0%} of the time in the embedding model"
    return f"{said}."


def _left_out(ignored: Sequence[str]) -> Iterator[str]:
    if ignored:
        shown = ", ".join(printable(name) for name in ignored[:FEW_NAMES])
        more = f" and {len(ignored) - FEW_NAMES} more" if len(ignored) > FEW_NAMES else ""
        yield f"Left out by {IGNORE_FILE}: {shown}{more}"


def _listed(what: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        yield f"{what[:1].upper()}{what[1:]}: {len(names)}"
        yield from (f"  {printable(name)}" for name in names[:MOST_NAMES])
        if len(names) > MOST_NAMES:
            yield f"  … and {len(names) - MOST_NAMES} more"


def _notices(notices: Sequence[Notice]) -> Iterator[str]:
    for notice in notices[:MOST_NAMES]:
        yield f"Note: {printable(notice.document_id)}: {printable(notice.text)}"
    if len(notices) > MOST_NAMES:
        yield f"  … and {len(notices) - MOST_NAMES} more notes; `assistant documents show ID` has those of a document"


def _problems(problems: Sequence[Verdict]) -> Iterator[str]:
    if not problems:
        return
    yield f"Not indexed: {_documents(len(problems))}"
    by_code: dict[Code, list[Verdict]] = defaultdict(list)
    for problem in problems:
        by_code[problem.code].append(problem)
    for code in sorted(by_code):
        same = by_code[code]
        for problem in same[:MOST_NAMES]:
            yield f"  {printable(problem.document_id)}: {code.value}. {printable(problem.reason)} {problem.action}"
        if len(same) > MOST_NAMES:
            yield f"  … and {len(same) - MOST_NAMES} more with the code {code.value}"


def _documents(count: int) -> str:
    return "1 document" if count == 1 else f"{count} documents"


def printable(name: str) -> str:
    """Spell out what would move a terminal's cursor or hide a part of a name.

    Args:
        name: Any text.

    Returns:
        It with escapes for what is not printable.
    """
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in name)
