"""A sync from the first look at the files to the report."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.catalog import Catalog
from assistant.errors import EmptyCorpus
from assistant.indexing import open_index
from assistant.settings import Settings
from ingest.applying import Applied, apply_plan, known_build
from ingest.plan import Known, Plan, make_plan
from ingest.reports import Progress, ProgressCallback, Stage, SyncReport, silent
from ingest.sources import DEFAULT, Scan, Scope, scan, scopes_of
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

    Returns:
        What was done.

    Raises:
        CorpusNotFound: If a path is not there and was never ingested.
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
    report = _dry_run(request) if dry_run else _locked_run(request)
    return replace(report, seconds=time.perf_counter() - began)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    paths: tuple[Path, ...]
    settings: Settings
    prune: bool
    retry: bool
    progress: ProgressCallback
    cancel: threading.Event


def _dry_run(request: _Request) -> SyncReport:
    try:
        with Catalog.open(request.settings.data_dir) as catalog, catalog.snapshot():
            plan = _planned(request, catalog)
            known = _known_problems(catalog, plan)
    except EmptyCorpus:
        plan, known = _planned(request, None), ()
    return replace(_report_of(plan), problems=(*_refused(plan), *known), dry_run=True)


def _locked_run(request: _Request) -> SyncReport:
    settings = request.settings
    with open_index(settings, write=True, build=known_build(settings)) as index:
        catalog = index.catalog
        plan = _planned(request, catalog)
        if not plan.does_something:
            return replace(_report_of(plan), problems=(*_refused(plan), *_known_problems(catalog, plan)))
        run_id = catalog.begin_run("sync")
        for source in plan.sources:
            catalog.set_source(source)
        applied = apply_plan(plan, index=index, settings=settings, progress=request.progress, cancel=request.cancel)
        report = _done(plan, applied)
        if not report.interrupted:
            catalog.finish_run(run_id, _summary(report))
        return replace(report, problems=(*report.problems, *_known_problems(catalog, plan)))


def _planned(request: _Request, catalog: Catalog | None) -> Plan:
    settings = request.settings
    sources = catalog.sources() if catalog else []
    files = [record for source in sources for record in catalog.files(source.name)] if catalog else []
    tops = {record.document_id.split("/")[0] for record in files if record.source == DEFAULT}
    scopes = scopes_of(request.paths, corpus=settings.corpus, known=sources, taken=tops | _tops(settings.corpus))
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
        plan_retries(plan, known=known, data_dir=settings.data_dir)
    return plan


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
        removed=tuple(one for one in plan.removed if one not in former),
        unchanged=tuple(plan.unchanged),
    )


def _done(plan: Plan, applied: Applied) -> SyncReport:
    """Tell what was done of a plan."""
    planned = _report_of(plan)
    return replace(
        planned,
        added=tuple(one for one in planned.added if one in applied.indexed),
        changed=tuple(one for one in planned.changed if one in applied.indexed),
        problems=(*_refused(plan), *applied.problems),
        notices=tuple(applied.notices),
        interrupted=applied.interrupted,
        chunks=applied.chunks,
        embedded_chunks=applied.embedded_chunks,
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
    counts = {name: len(getattr(report, name)) for name in ("added", "changed", "moved", "removed", "problems")}
    return ", ".join(f"{count} {name}" for name, count in counts.items())
