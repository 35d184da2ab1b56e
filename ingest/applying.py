"""Applying a plan: parse ahead, cut, embed and store batch by batch."""

from __future__ import annotations

import logging
import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout

from assistant.catalog import CatalogChange
from assistant.embedding import Embedder, ExportStopped, describe_embedder
from assistant.errors import StaleIndex
from assistant.indexing import Index, build_fingerprint
from assistant.sentences import split_sentences
from assistant.settings import Settings
from ingest.building import Builder, Cancelled
from ingest.plan import Plan
from ingest.reports import Progress, ProgressCallback, Stage
from ingest.storing import Applied, Queue, Storing, path_entry, problem_entry
from ingest.tools import Tools

__all__ = ["Applied", "apply_plan", "check_build", "known_build", "open_builder"]

logger = logging.getLogger(__name__)
PARSED_AHEAD = 16
"""Documents parsed while earlier ones are embedded."""
MOST_WORKERS = 4


def known_build(settings: Settings) -> str | None:
    """Tell what this run would build the index with, as far as it can be told without opening the model.

    Args:
        settings: Those of this run.

    Returns:
        The build's fingerprint; None before the model was exported.
    """
    embedder = describe_embedder(settings)
    return build_fingerprint(settings, embedder=embedder) if embedder is not None else None


def apply_plan(
    plan: Plan, *, index: Index, tools: Tools, progress: ProgressCallback, cancel: threading.Event
) -> Applied:
    """Do what a plan says.

    Args:
        plan: Made from this index's catalog, under the same lock.
        index: Open for writing.
        tools: Opened where a file is to be read.
        progress: Called after each document.
        cancel: Once set, the work ends; what is not stored by then is left out.

    Returns:
        What was done.

    Raises:
        StaleIndex: If the model, once opened, turns out to be another than the index was built with.
    """
    applied = Applied()
    first = CatalogChange(
        paths=tuple(path_entry(hashed, plan.tags) for hashed in (*plan.link, *plan.touched, *plan.retagged)),
        problems=tuple(problem_entry(file, digest, found) for file, digest, found in plan.broken),
        removed=tuple(plan.removed),
        moved=_moved(plan, set(plan.removed)),
    )
    if first != CatalogChange():
        index.apply(first)
    applied.indexed.update(hashed.file.document_id for hashed in plan.link)
    if plan.read and not cancel.is_set():
        _Reading(plan, index, tools, progress, cancel).run(applied)
    applied.interrupted = cancel.is_set()
    if plan.superseded and not applied.interrupted:
        index.apply(CatalogChange(removed=tuple(plan.superseded), moved=_moved(plan, set(plan.superseded))))
    return applied


def _moved(plan: Plan, removed: set[str]) -> tuple[tuple[str, str], ...]:
    """Give the moves away from ids that are removed."""
    return tuple((move.former, move.document_id) for move in plan.moves if move.former in removed)


class _Reading:
    """Parses, cuts, embeds and stores the files that a plan wants read."""

    def __init__(
        self, plan: Plan, index: Index, tools: Tools, progress: ProgressCallback, cancel: threading.Event
    ) -> None:
        self._queue = Queue(plan, cancel=cancel)
        self._index, self._tools, self._progress, self._cancel = index, tools, progress, cancel

    def run(self, applied: Applied) -> None:
        """Do it. What is done is noted batch by batch."""
        queue, tools = self._queue, self._tools
        workers = min(MOST_WORKERS, os.cpu_count() or 1, len(queue.by_digest))
        # The model is opened while the parsers start.
        with ThreadPoolExecutor(max_workers=1) as model:
            opening = model.submit(tools.embedder, stopped=self._cancel.is_set)
            pool = tools.pool(workers=workers)
            self._progress(Progress(stage=Stage.MODEL, done=0, total=queue.total, document=None))
            split_sentences("Loads the splitter meanwhile. It takes a second.")
            try:
                embedder = _wait_for(opening, self._cancel)
                builder = open_builder(self._index, embedder, settings=tools.settings, cancel=self._cancel)
                storing = Storing(queue, self._index, builder, applied, self._progress, model=model)
                storing.run(pool.parse_all(queue.jobs(), ahead=PARSED_AHEAD))
            except Cancelled:
                logger.info("cancelled; what was stored stays")


def open_builder(index: Index, embedder: Embedder, *, settings: Settings, cancel: threading.Event) -> Builder:
    """Make a builder, once it is sure that its vectors belong with those that are stored.

    Args:
        index: Open for writing.
        embedder: The one that the settings name.
        settings: Those of this run.
        cancel: Once set, the builder stops between two slices.

    Returns:
        The builder.

    Raises:
        StaleIndex: If documents are stored that were built otherwise.
    """
    catalog = index.catalog
    wanted = build_fingerprint(settings, embedder=embedder.fingerprint)
    built = catalog.build_fingerprint()
    if built is not None and built != wanted and catalog.chunk_count():
        raise StaleIndex(built_with=built, wanted=wanted)
    if built != wanted:
        catalog.set_build_fingerprint(wanted)
    return Builder(catalog, embedder, chunk_tokens=settings.chunk_tokens, cancel=cancel)


def check_build(index: Index, tools: Tools, *, cancel: threading.Event) -> None:
    """Make sure that the index belongs to the settings' model where that has to be prepared to tell.

    Args:
        index: Open for writing.
        tools: Open the model.
        cancel: Once set, the model is not prepared.

    Raises:
        StaleIndex: If documents are stored that were built otherwise.
    """
    if not index.catalog.chunk_count():
        return
    try:
        embedder = tools.embedder(stopped=cancel.is_set)
    except ExportStopped:
        logger.info("cancelled before the model was prepared")
        return
    open_builder(index, embedder, settings=tools.settings, cancel=cancel)


def _wait_for(opening: Future[Embedder], cancel: threading.Event) -> Embedder:
    while True:
        try:
            return opening.result(timeout=0.1)
        except ExportStopped:
            raise Cancelled from None
        except FutureTimeout:
            if cancel.is_set():
                raise Cancelled from None
