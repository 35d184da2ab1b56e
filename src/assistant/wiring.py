"""The only place that picks implementations and puts them together."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from assistant.calibration import Calibrated, open_calibration
from assistant.embedding import describe_embedder, find_model, open_embedder, packaged_folder
from assistant.indexing import build_fingerprint, open_index
from assistant.lexical import Lexical
from assistant.pipeline import Assistant
from assistant.reader import FILE, PackagedReader, Reader
from assistant.reranking import CrossEncoderReranker
from assistant.settings import PACKAGED_MODEL, Settings


def open_assistant(settings: Settings, *, around_reader: Callable[[Reader], Reader] | None = None) -> Assistant:
    """Open the data directory that the settings name, to ask questions of it.

    Args:
        settings: All of them; see `assistant.settings`.
        around_reader: Puts something around the reader, where there is one, such as a memory of what it has read.

    Returns:
        The assistant. Close it, or use it as a context manager.

    Raises:
        EmptyCorpus: If nothing was ingested yet.
        StaleIndex: If the index was built with another embedding model or chunking.
        DataDirError: If the data directory can't be read.
        MaxWrongUnreachable: If the setting `max_wrong` can't be kept.
        ModelError: If the embedding model or the cross-encoder can't be opened.
    """
    known = describe_embedder(settings)
    build = None if known is None else build_fingerprint(settings, embedder=known)
    open_index(settings, build=build).close()  # an empty corpus and another build are refused before a model is loaded
    embedder = open_embedder(settings, shared=True)
    reader, reranker = _open_reader(settings), _open_reranker(settings)
    index = open_index(settings, build=build_fingerprint(settings, embedder=embedder.fingerprint))
    return Assistant(
        settings=settings,
        catalog=index.catalog,
        index=index,
        lexical=Lexical(index.catalog.reading),
        embedder=embedder,
        calibrated=open_calibration(settings, embedder=embedder.fingerprint, reader=_joined(reader, reranker)),
        reader=around_reader(reader) if around_reader and reader else reader,
        reranker=reranker,
    )


def describe_reading(settings: Settings) -> tuple[str | None, Calibrated]:
    """Tell what reads passages together with the question, and what confidence rests on.

    Args:
        settings: All of them. A cross-encoder that they name is loaded.

    Returns:
        The fingerprint of what reads, None where nothing does, and the calibration in use.

    Raises:
        MaxWrongUnreachable: If the setting `max_wrong` can't be kept.
        ModelError: If a model can't be opened.
    """
    reading = _joined(_open_reader(settings), _open_reranker(settings))
    return reading, open_calibration(settings, embedder=describe_embedder(settings) or "", reader=reading)


def _joined(*readers: PackagedReader | CrossEncoderReranker | None) -> str | None:
    return "+".join(reader.fingerprint for reader in readers if reader is not None) or None


def _open_reader(settings: Settings) -> PackagedReader | None:
    """Open the reader, which goes with the packaged embedder alone; None with another one, or if it is not wanted."""
    if settings.embedding_model != PACKAGED_MODEL or not settings.read_passages or not FILE.is_file():
        return None
    return _packaged_reader(precision=settings.embedding_precision, threads=settings.threads)


@lru_cache(maxsize=1)
def _packaged_reader(*, precision: str, threads: int) -> PackagedReader:
    """Compile the packaged reader, once a process."""
    return PackagedReader.from_folder(packaged_folder(), precision=precision, threads=threads)


def _open_reranker(settings: Settings) -> CrossEncoderReranker | None:
    """Open the cross-encoder that the settings name; None where they name none."""
    if settings.cross_encoder is None:
        return None
    source = find_model(settings.cross_encoder, allow_download=settings.allow_model_download)
    return CrossEncoderReranker.from_folder(source.folder, fingerprint=f"{source.name}@{source.digest()[:16]}")
