"""Opening the embedder that the settings name, exporting its model the first time."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from assistant.acceleration import resolve_precision
from assistant.embedding.runtime import MODEL, Embedder, ExportedEmbedder, Manifest
from assistant.embedding.source import ModelSource, find_model
from assistant.settings import Settings


class ExportStopped(Exception):
    """An export was ended because nobody waits for it any more."""


def _never() -> bool:
    return False


def open_embedder(settings: Settings, *, stopped: Callable[[], bool] = _never, shared: bool = False) -> Embedder:
    """Open the model that the settings name.

    The first time, the model is exported into the models folder, which imports torch; later only the export
    is read.

    Args:
        settings: Names the model, the folders, the precision and the batch size.
        stopped: Asked now and then during an export; once true, it is given up.
        shared: Whether to give the one again that was opened so before, which takes half a second less: for questions.
            Whoever embeds documents takes one of its own, so that no question waits for it.

    Returns:
        The embedder, ready to use.

    Raises:
        ModelNotFound: If there is no such model on this machine and it may not be downloaded.
        ModelError: If it can't be exported.
        ExportStopped: If `stopped` said so.
    """
    source, folder, manifest = _locate(settings)
    if manifest is None:
        from assistant.embedding.exporting import export_apart

        manifest = export_apart(source, folder, precision=settings.embedding_precision, stopped=stopped)
    if manifest.runtime == "torch":
        from assistant.embedding.export import TorchEmbedder

        return TorchEmbedder.from_source(source, manifest, batch=settings.embedding_batch)
    opener = _open_shared if shared else _open_exported
    return opener(
        folder,
        manifest,
        (folder / MODEL).stat().st_mtime_ns,
        precision=settings.embedding_precision,
        threads=settings.threads,
        batch=settings.embedding_batch,
    )


def _open_exported(
    folder: Path, manifest: Manifest, _written: int, *, precision: str, threads: int, batch: int
) -> ExportedEmbedder:
    """Compile an exported model. When it was written tells it from a later one, for who keeps what was opened."""
    return ExportedEmbedder.from_folder(folder, manifest, precision=precision, threads=threads, batch=batch)


_open_shared = lru_cache(maxsize=1)(_open_exported)


def describe_embedder(settings: Settings) -> str | None:
    """Tell the fingerprint of the embedder that the settings name, without loading it.

    Args:
        settings: Names the model and the folders.

    Returns:
        `Embedder.fingerprint`, or None when the model was not exported yet or its files changed since.

    Raises:
        ModelNotFound: If there is no such model on this machine and it may not be downloaded.
    """
    manifest = _locate(settings)[2]
    return manifest.fingerprint if manifest else None


def describe_runtime(settings: Settings) -> str | None:
    """Tell what runs the model that the settings name, and in which arithmetic; None before its export.

    Raises:
        ModelNotFound: If there is no such model on this machine and it may not be downloaded.
    """
    manifest = _locate(settings)[2]
    if manifest is None:
        return None
    if manifest.runtime == "torch":
        return "torch, f32: the model could not be exported, so it is slower"
    return f"{manifest.runtime}, {resolve_precision(settings.embedding_precision)}"


def _locate(settings: Settings) -> tuple[ModelSource, Path, Manifest | None]:
    source = find_model(settings.embedding_model, allow_download=settings.allow_model_download)
    slug = re.sub(r"[^A-Za-z0-9]+", "-", source.folder.name if source.folder.name != "model" else source.name).strip(
        "-"
    )
    key = hashlib.sha256(str(source.folder).encode()).hexdigest()[:8]
    folder = settings.models_folder / f"{slug}-{key}"
    manifest = Manifest.read(folder)
    if manifest is not None and manifest.stamp != source.stamp():
        manifest = None
    return source, folder, manifest
