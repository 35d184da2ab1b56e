"""What became of the documents of a job, in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from assistant.types import DocumentRecord
from ingest.reports import SyncReport
from ingest.sources import UPLOADS
from ingest.uploads import clean_name
from ingest.verdicts import Verdict

_NUMBERED = re.compile(r" \(\d+\)(?=(\.[^./]*)?$)")
_MOST = 100
"""Documents named of a whole folder."""


class Fate(StrEnum):
    """What became of one document."""

    ADDED = "added"
    REPLACED = "replaced"
    DUPLICATE = "duplicate"
    UNCHANGED = "unchanged"
    PROBLEM = "problem"
    NOT_READ = "not read"
    MOVED = "moved"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One document with what became of it."""

    name: str
    fate: Fate
    code: str | None = None
    """Of a problem, from ingest's closed list; None for the other fates."""
    detail: str | None = None
    """Why, and what to do; None where the fate says it all."""


def describe(report: SyncReport, names: Sequence[str], documents: Sequence[DocumentRecord]) -> tuple[Outcome, ...]:
    """Tell for each dropped file what became of it.

    Args:
        report: Of the ingest that read them. It names documents, which have the files' cleaned names, and a number
            behind the name where two of one name came together.
        names: As they were dropped, in order.
        documents: The catalog's list after the ingest, which tells whose content was known already.

    Returns:
        One outcome per name, in the same order.
    """
    verdicts = {verdict.document_id: verdict for verdict in report.problems}
    fates = {
        **dict.fromkeys(report.added, Fate.ADDED),
        **dict.fromkeys(report.changed, Fate.REPLACED),
        **dict.fromkeys(report.unchanged, Fate.UNCHANGED),
        **dict.fromkeys(verdicts, Fate.PROBLEM),
    }
    digests = {record.document_id: record.digest for record in documents if record.digest is not None}
    outcomes = []
    for name in names:
        document_id = _take(f"{UPLOADS}/{clean_name(name)}", fates)
        fate = fates.pop(document_id) if document_id is not None else Fate.NOT_READ
        if fate is Fate.PROBLEM:
            outcomes.append(replace(_refused(verdicts[document_id or ""]), name=name))
        else:
            twin = _twin(document_id, digests) if fate is Fate.ADDED else None
            told = _told(name, document_id, Fate.DUPLICATE if twin is not None else fate, twin)
            noted = [notice.text for notice in report.notices if notice.document_id == document_id]
            detail = " ".join(part for part in (told.detail, *noted) if part)
            outcomes.append(replace(told, detail=detail or None))
    return tuple(outcomes)


def describe_retry(report: SyncReport, document_ids: Sequence[str]) -> tuple[Outcome, ...]:
    """Tell what came of documents that were read again.

    Args:
        report: Of the run that read them.
        document_ids: Those that were to be read.

    Returns:
        One outcome per id, in the same order.
    """
    verdicts = {verdict.document_id: verdict for verdict in report.problems}
    gone = "Its file could not be found, or reading was stopped before it. Read the folder again."
    return tuple(
        Outcome(name=one, fate=Fate.ADDED)
        if one in report.added
        else _refused(verdicts[one])
        if one in verdicts
        else Outcome(name=one, fate=Fate.NOT_READ, detail=gone)
        for one in document_ids
    )


def describe_sync(report: SyncReport, known: Sequence[DocumentRecord]) -> tuple[Outcome, ...]:
    """Tell what changed when a folder was read again.

    Args:
        report: Of the run.
        known: The catalog's list before it: problems that it names with the same code are no news.

    Returns:
        At most 100 outcomes, problems first.
    """
    before = {record.document_id: record.code for record in known}
    return tuple(_news(report, before))[:_MOST]


def _news(report: SyncReport, before: Mapping[str, str | None]) -> Iterator[Outcome]:
    for verdict in report.problems:
        if before.get(verdict.document_id) != verdict.code:
            yield _refused(verdict)
    for fate, names in ((Fate.ADDED, report.added), (Fate.REPLACED, report.changed), (Fate.REMOVED, report.removed)):
        for name in names:
            yield Outcome(name=name, fate=fate)
    for move in report.moves:
        yield Outcome(name=move.document_id, fate=Fate.MOVED, detail=f"It was {move.former}.")


def _refused(verdict: Verdict) -> Outcome:
    detail = f"{verdict.reason} {verdict.action}"
    return Outcome(name=verdict.document_id, fate=Fate.PROBLEM, code=verdict.code, detail=detail)


def _take(wanted: str, fates: Mapping[str, Fate]) -> str | None:
    """Find the document of a file: the one of its name, or of its name with a number."""
    if wanted in fates:
        return wanted
    return next((document_id for document_id in fates if _NUMBERED.sub("", document_id, count=1) == wanted), None)


def _twin(document_id: str | None, digests: Mapping[str, str]) -> str | None:
    """Find another document with the same content."""
    digest = digests.get(document_id or "")
    return next((other for other in sorted(digests) if other != document_id and digests[other] == digest), None)


def _told(name: str, document_id: str | None, fate: Fate, twin: str | None) -> Outcome:
    details = {
        Fate.DUPLICATE: f"The same file as {twin}. It is found under either name and read once.",
        Fate.REPLACED: "The document of this name had another content; it is replaced.",
        Fate.UNCHANGED: "This very file was there already.",
        Fate.NOT_READ: "Adding was stopped before this file. Drop it again.",
    }
    detail = details.get(fate)
    if detail is None and document_id != f"{UPLOADS}/{name}":
        detail = f"Kept as {document_id}."
    return Outcome(name=name, fate=fate, detail=detail)
