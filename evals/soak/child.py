"""What is done to a stored corpus in a process of its own: `python -m evals.soak.child ask | mend | write DATA_DIR`.

A damaged index may end the process that opens it; a writer is killed or refused.
"""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import count
from pathlib import Path

import numpy as np

from assistant.catalog import CatalogChange, IndexedContent, PathEntry, SourceKind, SourceRecord
from assistant.doctor import repair_index
from assistant.indexing import Index, open_index
from assistant.indexing.checking import find_faults
from assistant.settings import Settings
from assistant.types import Block, BlockKind, Chunk, Document, Sentence

QUESTIONS = 20
K = 10
NOISE = 0.3
SOURCE = "soak"
_SEED = 20261124
_PARAGRAPHS = 8


def run(mode: str, data_dir: Path, *, timeout_seconds: float = 300) -> subprocess.CompletedProcess[str]:
    """Run a mode in a child process and wait for it."""
    command = [sys.executable, "-m", "evals.soak.child", mode, str(data_dir)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout_seconds, check=False)


def start(mode: str, data_dir: Path) -> subprocess.Popen[str]:
    """Start a mode in a child process; the caller ends it."""
    command = [sys.executable, "-m", "evals.soak.child", mode, str(data_dir)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def ask(settings: Settings) -> dict[str, object]:
    """Rank chunks for some vectors near stored ones: the same ones for the same corpus."""
    with open_index(settings) as index:
        vectors = index.catalog.sample_vectors(at_most=QUESTIONS)
        noise = np.random.default_rng(_SEED)
        ranked = []
        for name in sorted(vectors):
            vector = vectors[name] + NOISE * noise.standard_normal(len(vectors[name])) / np.sqrt(len(vectors[name]))
            unit = (vector / np.linalg.norm(vector)).astype(np.float32)
            ranked.append([hit.chunk_id for hit in index.candidates(unit, k=K).hits])
        return {"ranked": ranked, "notices": index.notices()}


def mend(settings: Settings) -> dict[str, object]:
    """Open for writing, which mends the index, and check everything; repair what the check finds; check and ask."""
    open_index(settings, write=True).close()
    found = _check(settings)
    if found:
        repair_index(settings)
    return {**ask(settings), "found": found, "faults": _check(settings) if found else found}


def _check(settings: Settings) -> list[str]:
    with open_index(settings) as index:
        return list(find_faults(index.catalog, settings.data_dir))


def write(settings: Settings) -> None:
    """Add a document after the other and say so, until the process is ended."""
    with open_index(settings, write=True) as index:
        prepare(index)
        dimension = index.catalog.vectors().matrix.shape[1]
        start = sum(record.source == SOURCE for record in index.catalog.documents())
        for number in count(start):
            index.apply(make_change(number, dimension=dimension))
            sys.stdout.write(f"{name_of(number)}\n")
            sys.stdout.flush()


def prepare(index: Index) -> None:
    """Add the source of the documents that are made."""
    index.catalog.set_source(SourceRecord(name=SOURCE, kind=SourceKind.FOLDER, root=""))


def name_of(number: int) -> str:
    """Name a made document."""
    return f"{SOURCE}/{number:05d}.txt"


def text_of(number: int) -> str:
    """Give a made document's text."""
    return "\n\n".join(f"Note {number} has a paragraph {part} of its own." for part in range(_PARAGRAPHS))


def make_change(number: int, *, dimension: int) -> CatalogChange:
    """Make a document of a few paragraphs with drawn vectors."""
    text, digest = text_of(number), f"{number:064d}"
    chunks, start = [], 0
    for ordinal, part in enumerate(text.split("\n\n")):
        end = start + len(part)
        identifier = f"{SOURCE}-{number}-{ordinal}"
        chunks.append(
            Chunk(id=identifier, digest=digest, ordinal=ordinal, start=start, end=end, text=part, context="", page=None,
                  section=())
        )  # fmt: skip
        start = end + 2
    blocks = tuple(Block(start=one.start, end=one.end, kind=BlockKind.PARAGRAPH) for one in chunks)
    document = Document(id="", digest=digest, text=text, title=name_of(number), blocks=blocks)
    matrix = np.random.default_rng(number).standard_normal((len(chunks), dimension))
    content = IndexedContent(
        document=document,
        chunks=chunks,
        vectors=(matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float32),
        sentences=[Sentence(start=one.start, end=one.end, kind=BlockKind.PARAGRAPH) for one in chunks],
        sentence_vectors=None,
    )
    path = PathEntry(document_id=name_of(number), source=SOURCE, digest=digest, size=len(text), mtime_ns=0)
    return CatalogChange(contents=[content], paths=[path])


def main() -> None:
    """Do what the command line says."""
    mode, settings = sys.argv[1], Settings(data_dir=Path(sys.argv[2]), exact_scan_limit=0)
    if mode == "write":
        write(settings)
    else:
        sys.stdout.write(json.dumps(ask(settings) if mode == "ask" else mend(settings)))


if __name__ == "__main__":
    main()
