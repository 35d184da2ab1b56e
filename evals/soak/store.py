"""The closed data directory that faults are put into, made once."""

from __future__ import annotations

import shutil
from pathlib import Path

from assistant.catalog import Catalog, SourceKind, SourceRecord
from assistant.indexing import open_index
from assistant.settings import Settings
from evals.benches.scale import SOURCE, fill


def make_store(small: Path, target: Path, *, chunks: int) -> Path:
    """Make a data directory of so many chunks from a small ingested one, unless it is there.

    Args:
        small: The data directory of an ingested corpus.
        target: Where it is made.
        chunks: How many, so that Chroma writes its graph's files, which it does every 1,000.

    Returns:
        The data directory, closed.

    Raises:
        EmptyCorpus: If nothing was ingested into `small`.
    """
    if target.exists():
        Catalog.open(target, write=True).close()  # an older one is brought up to date
        return target
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    with (
        Catalog.open(small) as original,
        open_index(Settings(data_dir=part), write=True, build=original.build_fingerprint()) as index,
    ):
        index.catalog.set_source(SourceRecord(name=SOURCE, kind=SourceKind.FOLDER, root=""))
        fill(original, index.apply, chunks=chunks, progress=lambda done, wanted: None)
    part.rename(target)
    return target
