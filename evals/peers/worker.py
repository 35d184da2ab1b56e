"""`python -m evals.peers.worker JOB RESULT`: one contestant, once, in a process of its own.

A contestant's module is imported here and nowhere else, so that its imports and its memory are its own.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from assistant.environment import prepare_environment
from evals.peers.contestant import ENTRIES, Contestant, Inputs
from evals.peers.stopwatch import MemoryWatch, Stopwatch, peak_mib

WARM_UP = 20
"""Questions asked before any is timed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a worker is told."""

    contestant: str
    folder: str
    names: dict[str, str]
    chunks: str
    models_dir: str
    work: str
    ranked: tuple[str, ...]
    """Questions whose whole rankings are wanted."""
    timed: tuple[str, ...]
    """Questions that are timed, one after another."""
    depth: int
    """Chunks retrieved for a ranking."""
    timed_k: int
    """Chunks retrieved for a timed question."""

    @property
    def inputs(self) -> Inputs:
        """What the contestant is given."""
        return Inputs(
            folder=Path(self.folder),
            names=self.names,
            chunks=Path(self.chunks),
            models_dir=Path(self.models_dir),
            work=Path(self.work),
        )


def run_job(job: Job) -> dict[str, Any]:
    """Import, ingest, ask.

    Args:
        job: What to do.

    Returns:
        Figures of JSON types: seconds of wall time unless named otherwise, memory in MiB, query times in ms.
    """
    memory = MemoryWatch()
    load_before = os.getloadavg()[0]
    entry = next(entry for entry in ENTRIES if entry.name == job.contestant)
    began = time.perf_counter()
    module = import_module(entry.module)
    import_seconds = time.perf_counter() - began
    contestant: Contestant = module.open_contestant(entry.name)
    watch = Stopwatch()
    began, cpu = time.perf_counter(), _cpu_seconds()
    chunks = contestant.ingest(job.inputs, watch)
    ingest_seconds, ingest_cpu = time.perf_counter() - began, _cpu_seconds() - cpu
    watch.recording = False
    rankings = [contestant.search(question, k=job.depth) for question in job.ranked]
    latencies = _time_questions(contestant, job.timed, k=job.timed_k)
    peak, load_after = peak_mib(), os.getloadavg()[0]
    memory.stop()
    return {
        "import_seconds": import_seconds,
        "ingest": {
            "seconds": ingest_seconds,
            "cpu_seconds": ingest_cpu,
            "stages": watch.seconds,
            "documents": len(job.names),
            "chunks": chunks,
            **_count_tokens(watch.embedded, job.models_dir),
        },
        "rankings": rankings,
        "query_ms": latencies,
        "peak_mib": peak,
        "peak_with_children_mib": memory.peak_with_children_mib,
        "load": [round(load_before, 2), round(load_after, 2)],
    }


def _time_questions(contestant: Contestant, questions: Sequence[str], *, k: int) -> list[float]:
    for question in questions[:WARM_UP]:
        contestant.search(question, k=k)
    taken = []
    for question in questions:
        began = time.perf_counter()
        contestant.search(question, k=k)
        taken.append(round(1000 * (time.perf_counter() - began), 3))
    return taken


def _cpu_seconds() -> float:
    """Sum the processor time of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _count_tokens(texts: Sequence[str], models_dir: str) -> dict[str, int]:
    """Count what the model was given and what its window let through, special tokens included."""
    from assistant.embedding import open_embedder
    from assistant.settings import Settings

    embedder = open_embedder(Settings(models_dir=Path(models_dir)))
    lengths = [embedder.count_tokens(text) + 2 for text in texts]
    seen = sum(min(length, embedder.max_tokens) for length in lengths)
    return {"texts": len(texts), "tokens_given": sum(lengths), "tokens_embedded": seen}


def dump_chunks(job: Job) -> None:
    """Write our chunks down for the contestants that take them; exports the model if that was not done yet."""
    from assistant.embedding import open_embedder
    from assistant.settings import Settings
    from ingest.building import as_document
    from ingest.chunking import chunk_document
    from ingest.reading import read_any

    settings = Settings(models_dir=Path(job.models_dir))
    embedder = open_embedder(settings)
    most = min(settings.chunk_tokens, embedder.max_tokens)
    with Path(job.chunks).open("w", encoding="utf-8") as lines:
        for name, document_id in sorted(job.names.items()):
            parsed = read_any((Path(job.folder) / name).read_bytes(), name=name)
            document = as_document(parsed, document_id=document_id, digest="")
            for chunk in chunk_document(document, max_tokens=most, tokenizer=embedder):
                row = {"id": f"{document_id}/{chunk.id}", "document": document_id, "text": chunk.embedded_text}
                lines.write(json.dumps(row) + "\n")


def main(arguments: Sequence[str]) -> None:
    """Do the job of the first file and write what came of it to the second; without a contestant, dump our chunks."""
    prepare_environment()
    fields = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    job = Job(**fields)
    if not job.contestant:
        dump_chunks(job)
        return
    Path(arguments[1]).write_text(json.dumps(run_job(job)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
