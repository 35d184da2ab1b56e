"""The comparison: the same documents and questions for each contestant, several rounds, in rotated order."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from evals.benchmarks.types import Benchmark
from evals.manifest import describe_machine, find_commit, load_average
from evals.peers.contestant import ENTRIES, Entry
from evals.peers.loading import draw_sample, load_set, write_files
from evals.peers.quality import measure_quality
from evals.peers.record import ContestantRecord, PeersRecord, Round
from evals.peers.worker import Job

DEPTH = 50
"""Chunks ranked for the quality figures, so that ten documents are among them."""
TIMED_K = 10
WORKER_TIMEOUT_SECONDS = 1800
PACKAGES = (
    "chromadb", "llama-index-core", "llama-index-retrievers-bm25", "llama-index-vector-stores-chroma", "openvino",
    "sentence-transformers", "torch", "txtai",
)  # fmt: skip
_OWN_SETTINGS = "ASSISTANT_"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeersRequest:
    """What to compare."""

    benchmark: Path
    documents: int | None = None
    """None for all."""
    questions: int | None = None
    seed: int = 0
    rounds: int = 3
    """Processes of each contestant, from 1."""
    contestants: tuple[str, ...] = ()
    """By name; empty for all."""
    timed: int = 100
    """Questions timed in each round."""
    models_dir: Path | None = None
    """Where our exported model is kept; None for a folder that goes afterwards."""


def run_peers(request: PeersRequest, *, say: Say) -> PeersRecord:
    """Run a comparison.

    Args:
        request: What to compare.
        say: Is told, line by line, what is done.

    Returns:
        What was measured. A contestant whose packages are missing or that failed is named with the reason.

    Raises:
        ValueError: If the request names an unknown contestant, no round, or an impossible sample.
        BenchmarkError: If the benchmark can't be read.
        subprocess.SubprocessError: If our own chunks can't be made.
    """
    entries = choose_entries(request.contestants)
    if request.rounds < 1:
        raise ValueError(f"there is at least one round, not {request.rounds}")
    whole = load_set(request.benchmark)
    drawn = draw_sample(whole, documents=request.documents, questions=request.questions, seed=request.seed)
    started, load_before, about = datetime.now(UTC), load_average(), _describe(request, whole, drawn)
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        stage = _Stage.prepare(Path(folder), drawn, request)
        say(f"{len(drawn.documents)} documents, {len(drawn.questions)} questions; making our chunks")
        stage.make_chunks()
        results = _play(stage, entries, rounds=request.rounds, say=say)
    about |= {
        "started": started.isoformat(timespec="seconds"),
        "seconds": round((datetime.now(UTC) - started).total_seconds(), 1),
        "load_average": {"before": load_before, "after": load_average()},
    }
    played = [entry for entry in entries if entry.name not in results.skipped]
    return PeersRecord(
        about=about,
        contestants=tuple(_contestant(entry, drawn, results.rounds[entry.name]) for entry in played),
        skipped=results.skipped,
    )


def choose_entries(names: Sequence[str]) -> tuple[Entry, ...]:
    """Find contestants by name.

    Args:
        names: Empty for all.

    Returns:
        In the order of the list.

    Raises:
        ValueError: If a name is not on the list.
    """
    known = [entry.name for entry in ENTRIES]
    if unknown := sorted(set(names) - set(known)):
        raise ValueError(f"no such contestant: {', '.join(unknown)}; there are {', '.join(known)}")
    return tuple(entry for entry in ENTRIES if not names or entry.name in names)


def missing_packages(entry: Entry) -> list[str]:
    """Name the packages that a contestant needs and that are not installed."""
    return [name for name in entry.packages if not _is_there(name)]


def _is_there(name: str) -> bool:
    parts = name.split(".")
    parents = (".".join(parts[:length]) for length in range(1, len(parts)))
    return all(find_spec(parent) for parent in parents) and find_spec(name) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stage:
    """The folder in which a comparison takes place."""

    folder: Path
    job: Job
    """With everything but the contestant and its own folder."""
    all_questions: tuple[str, ...]

    @classmethod
    def prepare(cls, folder: Path, drawn: Benchmark, request: PeersRequest) -> _Stage:
        names = write_files(drawn, folder / "documents")
        questions = tuple(question.question for question in drawn.questions)
        job = Job(
            contestant="",
            folder=str(folder / "documents"),
            names=names,
            chunks=str(folder / "chunks.jsonl"),
            models_dir=str((request.models_dir or folder / "models").resolve()),
            work=str(folder / "chunking"),
            ranked=(),
            timed=questions[: request.timed],
            depth=DEPTH,
            timed_k=TIMED_K,
        )
        return cls(folder=folder, job=job, all_questions=questions)

    def make_chunks(self) -> None:
        _run_worker(self.job, self.folder)

    def play(self, entry: Entry, *, round_number: int) -> dict[str, Any]:
        """Run a contestant; the first round ranks, and every round is timed."""
        with tempfile.TemporaryDirectory(dir=self.folder) as work:
            ranked = self.all_questions if round_number == 0 else ()
            job = replace(self.job, contestant=entry.name, work=work, ranked=ranked)
            return _run_worker(job, Path(work))


def _run_worker(job: Job, folder: Path) -> dict[str, Any]:
    path, result = folder / "job.json", folder / "result.json"
    path.write_text(json.dumps(asdict(job)), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_OWN_SETTINGS)}
    subprocess.run(
        [sys.executable, "-m", "evals.peers.worker", str(path), str(result)],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=WORKER_TIMEOUT_SECONDS,
    )
    return json.loads(result.read_text(encoding="utf-8")) if job.contestant else {}


@dataclass(slots=True)
class _Results:
    rounds: dict[str, list[dict[str, Any]]]
    skipped: dict[str, str]


def _play(stage: _Stage, entries: Sequence[Entry], *, rounds: int, say: Say) -> _Results:
    skipped = {
        entry.name: f"not installed: {', '.join(gone)}" for entry in entries if (gone := missing_packages(entry))
    }
    results = _Results(rounds={entry.name: [] for entry in entries}, skipped=skipped)
    for number in range(rounds):
        shift = number % len(entries)
        for entry in (*entries[shift:], *entries[:shift]):
            if entry.name in results.skipped:
                continue
            try:
                played = stage.play(entry, round_number=number)
            except subprocess.SubprocessError as error:
                results.skipped[entry.name] = _reason(error)
                say(f"{entry.name} failed: {results.skipped[entry.name]}")
                continue
            results.rounds[entry.name].append(played)
            say(f"round {number + 1} of {rounds}, {entry.name}: ingest {played['ingest']['seconds']:.1f} s")
    return results


def _reason(error: subprocess.SubprocessError) -> str:
    lines = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
    return lines[-1] if lines else str(error)


def _contestant(entry: Entry, drawn: Benchmark, played: Sequence[dict[str, Any]]) -> ContestantRecord:
    rankings = played[0]["rankings"]
    return ContestantRecord(
        name=entry.name,
        label=entry.label,
        chunking=entry.chunking,
        quality=measure_quality(drawn.questions, rankings),
        rounds=tuple(Round(**{name: value for name, value in one.items() if name != "rankings"}) for one in played),
    )


def _describe(request: PeersRequest, whole: Benchmark, drawn: Benchmark) -> dict[str, Any]:
    timed = min(request.timed, len(drawn.questions))
    return {
        "set": whole.name,
        "documents": {"n": len(drawn.documents), "of": len(whole.documents), "asked_for": request.documents},
        "questions": {"n": len(drawn.questions), "of": len(whole.questions), "timed": timed},
        "seed": request.seed,
        "rounds": request.rounds,
        "depth": DEPTH,
        "timed_k": TIMED_K,
        "versions": {name: _version(name) for name in PACKAGES},
        "commit": find_commit(Path(__file__).parent),
        "machine": describe_machine(),
    }  # fmt: skip


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
