"""A sync from the first look at the files to the report."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.catalog import Catalog, FileRecord, SourceRecord
from assistant.errors import EmptyCorpus
from assistant.indexing import open_index
from assistant.settings import Settings
from assistant.types import DocumentState
from ingest.applying import Applied, apply_plan, check_build, known_build
from ingest.plan import Known, Plan
from ingest.planning import make_plan
from ingest.reports import Progress, ProgressCallback, Stage, SyncReport, silent
from ingest.scanning import scan
from ingest.sources import DEFAULT, Scan, Scope, path_of, scopes_of
from ingest.tools import Tools
from ingest.uploads import plan_retries
from ingest.verdicts import Code, Verdict, verdict


def sync(
    paths: Sequence[Path],
    *,
    settings: Settings,
    prune: bool = False,
    dry_run: bool = False,
    retry: bool = False,
    progress: ProgressCallback | None = None,
    cancel: threading.Event | None = None,
    tools: Tools | None = None,
) -> SyncReport:
    """Make the catalog agree with some folders and files.

    Args:
        paths: Folders and files; empty means the default source, `settings.corpus`.
        settings: Where everything is, and its limits.
        prune: Whether more than half of a source's documents may be removed.
        dry_run: Whether to tell only what would be done.
        retry: Whether files with a known problem are read again; without paths, uploads too.
        progress: Called now and then, in the calling thread.
        cancel: Once set, the sync ends after the batch at hand; the next one goes on from there.
        tools: Used and left open, for several runs after one another; None opens what is needed for this run alone.

    Returns:
        What was done.

    Raises:
        CorpusNotFound: If a path is not there and was never ingested.
        RuleFileError: If an `.assistantignore` or `.assistanttags` file can't be used. Nothing was changed then.
        PruneRefused: If too much would be removed. Nothing was changed then.
        StaleIndex: If the index was built with another embedding model or chunking.
        DataDirLocked: If another process writes.
    """
    request = _Request(
        paths=tuple(paths),
        settings=settings,
        prune=prune,
        retry=retry,
        progress=progress or silent,
        cancel=cancel or threading.Event(),
    )
    began = time.perf_counter()
    if dry_run:
        report = _dry_run(request)
    else:
        with nullcontext(tools) if tools is not None else Tools(settings) as usable:
            report = _locked_run(request, usable)
    return replace(report, seconds=time.perf_counter() - began)


def retry_problems(
    document_ids: Sequence[str],
    *,
    settings: Settings,
    progress: ProgressCallback | None = None,
    cancel: threading.Event | None = None,
) -> SyncReport:
    """Read documents again that could not be read before, of any source, uploads included, and nothing else.

    Args:
        document_ids: Problems; others are left out, and so are those whose file is gone.
        settings: Where everything is, and its limits.
        progress: As for `sync`.
        cancel: As for `sync`.

    Returns:
        What came of them.

    Raises:
        EmptyCorpus: If nothing was ever ingested.
        StaleIndex: If the index was built with another embedding model or chunking.
        DataDirLocked: If another process writes.
    """
    request = _Request(
        paths=(),
        only=frozenset(document_ids),
        settings=settings,
        prune=False,
        retry=True,
        progress=progress or silent,
        cancel=cancel or threading.Event(),
    )
    began = time.perf_counter()
    Catalog.open(settings.data_dir).close()  # nothing is created to find no problem in it
    with Tools(settings) as tools:
        report = _locked_run(request, tools)
    return replace(report, seconds=time.perf_counter() - began)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    paths: tuple[Path, ...]
    settings: Settings
    prune: bool
    retry: bool
    progress: ProgressCallback
    cancel: threading.Event
    only: frozenset[str] | None = None
    """Problems that alone are looked at; None for all that the paths hold."""


def _dry_run(request: _Request) -> SyncReport:
    try:
        with Catalog.open(request.settings.data_dir) as catalog, catalog.snapshot():
            plan = _planned(request, catalog)
            known = _known_problems(catalog, plan)
    except EmptyCorpus:
        plan, known = _planned(request, None), ()
    return replace(_report_of(plan), problems=(*_refused(plan), *known), dry_run=True)


def _locked_run(request: _Request, tools: Tools) -> SyncReport:
    settings = request.settings
    build = known_build(settings)
    with open_index(settings, write=True, build=build) as index:
        catalog = index.catalog
        plan = _planned(request, catalog)
        if build is None:
            check_build(index, tools, cancel=request.cancel)
        if not plan.does_something:
            return replace(_report_of(plan), problems=(*_refused(plan), *_known_problems(catalog, plan)))
        run_id = catalog.begin_run("sync")
        for source in plan.sources:
            catalog.set_source(source)
        applied = apply_plan(plan, index=index, tools=tools, progress=request.progress, cancel=request.cancel)
        report = _done(plan, applied)
        if not report.interrupted:
            catalog.finish_run(run_id, _summary(report))
        return replace(report, problems=(*report.problems, *_known_problems(catalog, plan)))


def _planned(request: _Request, catalog: Catalog | None) -> Plan:
    settings = request.settings
    sources = catalog.sources() if catalog else []
    files = [record for source in sources for record in catalog.files(source.name)] if catalog else []
    paths = request.paths if request.only is None else _problem_files(request.only, files, sources)
    tops = {record.document_id.split("/")[0] for record in files if record.source == DEFAULT}
    scopes: list[Scope] = []
    if paths or request.only is None:
        scopes = scopes_of(paths, corpus=settings.corpus, known=sources, taken=tops | _tops(settings.corpus))
    found: list[tuple[Scope, Scan]] = []
    for scope in scopes:
        files_so_far = sum(len(earlier.files) for _, earlier in found)
        request.progress(Progress(stage=Stage.SCAN, done=files_so_far, total=None, document=None))
        found.append((scope, scan(scope, excluded=settings.data_dir)))
    known = Known.from_records(files)
    plan = make_plan(
        found,
        known=known,
        max_bytes=settings.max_file_mib * 1024 * 1024,
        prune=request.prune,
        retry=request.retry,
    )
    if request.retry and not request.paths:
        plan_retries(plan, known=known, data_dir=settings.data_dir, only=request.only)
    return plan


def _problem_files(
    only: frozenset[str], files: Sequence[FileRecord], sources: Sequence[SourceRecord]
) -> tuple[Path, ...]:
    """Find the files of some problems that are in folders."""
    by_name = {source.name: source for source in sources if source.root}
    paths = (
        path_of(record.document_id, by_name[record.source])
        for record in files
        if record.document_id in only and record.state is DocumentState.PROBLEM and record.source in by_name
    )
    return tuple(path for path in paths if path.exists())


def _tops(corpus: Path) -> set[str]:
    """List the first parts of the ids that the default source has or may get."""
    try:
        return {entry.name for entry in corpus.iterdir()}
    except OSError:  # not there, no folder, or not to be read: the scan tells which
        return set()


def _report_of(plan: Plan) -> SyncReport:
    """Tell what a plan will do if every file turns out to be readable."""
    moved = {move.document_id for move in plan.moves}
    former = {move.former for move in plan.moves}
    new = [hashed.file.document_id for hashed in (*plan.read, *plan.link)]
    return SyncReport(
        added=tuple(sorted(one for one in new if one not in plan.changed and one not in moved)),
        changed=tuple(sorted(plan.changed)),
        moves=tuple(plan.moves),
        removed=tuple(sorted({*plan.removed, *plan.superseded} - former)),
        unchanged=tuple(plan.unchanged),
        retagged=tuple(sorted(hashed.file.document_id for hashed in plan.retagged)),
        duplicates=tuple(plan.duplicates),
        ignored=tuple(sorted(plan.ignored)),
    )


def _done(plan: Plan, applied: Applied) -> SyncReport:
    """Tell what was done of a plan."""
    planned, indexed = _report_of(plan), applied.indexed
    moves = tuple(move for move in planned.moves if move.document_id in indexed)
    former = {move.former for move in moves}
    waiting = {*plan.superseded} if applied.interrupted else set()
    return replace(
        planned,
        added=tuple(one for one in planned.added if one in indexed),
        changed=tuple(one for one in planned.changed if one in indexed),
        moves=moves,
        removed=tuple(sorted({*plan.removed, *plan.superseded} - former - waiting)),
        duplicates=tuple(one for one in planned.duplicates if one.document_id in indexed),
        problems=(*_refused(plan), *applied.problems),
        notices=tuple(applied.notices),
        interrupted=applied.interrupted,
        chunks=applied.chunks,
        embedded_chunks=applied.embedded_chunks,
        pages_without_text=applied.pages_without_text,
        model_seconds=applied.model_seconds,
    )


def _refused(plan: Plan) -> tuple[Verdict, ...]:
    return (*(found for _, _, found in plan.broken), *plan.unstored)


def _known_problems(catalog: Catalog, plan: Plan) -> tuple[Verdict, ...]:
    """Tell the problems that earlier runs found and that are still there."""
    wanted = set(plan.known_problems)
    if not wanted:
        return ()
    return tuple(
        replace(verdict(record.document_id, Code(record.code or "")), reason=record.reason or "")
        for record in catalog.documents()
        if record.document_id in wanted
    )


def _summary(report: SyncReport) -> str:
    return ", ".join(f"{count} {fate}" for fate, count in report.counts.items())
