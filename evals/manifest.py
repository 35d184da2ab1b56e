"""What a run was made with: gold set, corpus, settings, versions, machine and load."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from assistant.settings import Settings
from assistant.types import DocumentRecord, Fingerprint
from evals.folder import SCHEMA
from evals.gold import Selection
from evals.intervals import BOOTSTRAP_SAMPLES, BOOTSTRAP_SEED
from evals.run import Run

PACKAGES = ("assistant", "chromadb", "numpy", "openvino", "tokenizers", "nltk", "PyStemmer")
GIT_TIMEOUT_SECONDS = 5


def load_average() -> list[float] | None:
    """Read the machine's load over 1, 5 and 15 minutes; None where the system does not tell."""
    return [round(load, 2) for load in os.getloadavg()] if hasattr(os, "getloadavg") else None


def describe_machine() -> dict[str, Any]:
    """Describe the machine and what runs on it.

    Returns:
        System, processor, cores and Python version.
    """
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInputs:
    """What a run is made from, known before the first question."""

    gold: Mapping[str, Any]
    """Which questions: `describe_gold` for a gold file, `evals.benchmarks.session` for a benchmark."""
    settings: Settings
    fingerprint: Fingerprint
    documents: str
    """A hash of the documents alone: runs over the same ones can be compared, however they were indexed."""
    depth: int
    """Passages ranked for the ranking metrics."""
    unconfirmed: int = 0
    """Questions that were left out because no person has confirmed them."""

    def key(self) -> dict[str, Any]:
        """Tell what must be the same for an interrupted run to be resumed."""
        return {"schema": SCHEMA, "gold": dict(self.gold), "depth": self.depth, "fingerprint": asdict(self.fingerprint)}

    def manifest(self, run: Run, *, started: datetime, load_before: list[float] | None) -> dict[str, Any]:
        """Put together everything that a run's figures depend on.

        Args:
            run: The finished run.
            started: When it began.
            load_before: The load average then.

        Returns:
            A manifest that JSON can hold. `fingerprints` has one entry unless the corpus changed during the run.
        """
        answers = [record.answer for record in run.records if record.answer]
        fingerprints = {tuple(answer["fingerprint"].items()) for answer in answers}
        finished = datetime.now(UTC)
        return {
            **self.key(),
            "documents": self.documents,
            "questions": len(run.records),
            "unconfirmed": self.unconfirmed,
            "untimed": sum(record.was_asked and record.timing is None for record in run.records),
            "resumed": run.resumed,
            "fingerprints": [dict(one) for one in sorted(fingerprints)],
            "settings": self.settings.model_dump(mode="json"),
            "versions": {package: _version(package) for package in PACKAGES},
            "commit": find_commit(Path(__file__).parent),
            "machine": describe_machine(),
            "load_average": {"before": load_before, "after": load_average()},
            "peak_memory_mib": peak_memory_mib(),
            "started": started.isoformat(timespec="seconds"),
            "seconds": round((finished - started).total_seconds(), 3),
            "bootstrap": {"seed": BOOTSTRAP_SEED, "samples": BOOTSTRAP_SAMPLES},
        }


def describe_gold(gold: Path, selection: Selection) -> dict[str, Any]:
    """Name a gold file with its hash, and which of its questions are asked."""
    digest = hashlib.sha256(gold.read_bytes()).hexdigest()
    return {"file": str(gold), "sha256": digest, **asdict(selection)}


def hash_documents(records: Iterable[DocumentRecord]) -> str:
    """Hash which documents there are and what they hold, however they are indexed."""
    held = sorted((record.document_id, record.digest) for record in records if record.digest)
    return hashlib.sha256(json.dumps(held).encode("utf-8", "surrogatepass")).hexdigest()


def peak_memory_mib() -> float | None:
    """Read the most memory that this process has held so far; None where the system does not tell."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="utf-8").splitlines() if status.exists() else []
    kib = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
    return round(kib[0] / 1024, 1) if kib else None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def find_commit(folder: Path) -> str | None:
    """Name the commit of a checkout, with `+changes` where files differ from it.

    Args:
        folder: Inside the checkout.

    Returns:
        The commit, or None outside a checkout or without git.
    """
    head = _git(["rev-parse", "HEAD"], folder)
    if head is None:
        return None
    return f"{head}+changes" if _git(["status", "--porcelain", "--untracked-files=no"], folder) else head


def _git(arguments: Sequence[str], folder: Path) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=GIT_TIMEOUT_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
