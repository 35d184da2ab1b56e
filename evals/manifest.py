"""What a run was made with: gold set, corpus, settings, versions, machine and load."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from assistant.settings import Settings
from assistant.types import Fingerprint
from evals.intervals import BOOTSTRAP_SAMPLES, BOOTSTRAP_SEED
from evals.run import SCHEMA, Run

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


def build_manifest(
    run: Run, *, gold: Path, split: str | None, settings: Settings, started: datetime, load_before: list[float] | None
) -> dict[str, Any]:
    """Put together everything that a run's figures depend on.

    Args:
        run: The finished run.
        gold: Its gold file.
        split: The only split that was asked, or None for all.
        settings: That the assistant was opened with.
        started: When the run began.
        load_before: The load average then.

    Returns:
        A manifest that JSON can hold. `fingerprints` has one entry unless the corpus changed during the run.
    """
    fingerprints = sorted({_fingerprint(item.answer.fingerprint) for item in run.asked if item.answer})
    finished = datetime.now(UTC)
    return {
        "schema": SCHEMA,
        "gold": {"file": str(gold), "sha256": hashlib.sha256(gold.read_bytes()).hexdigest(), "split": split},
        "questions": len(run.asked),
        "not_scored": sum(not item.judgement.scored for item in run.asked),
        "fingerprints": [dict(zip(("corpus", "config"), pair, strict=True)) for pair in fingerprints],
        "settings": settings.model_dump(mode="json"),
        "versions": {package: _version(package) for package in PACKAGES},
        "commit": find_commit(Path(__file__).parent),
        "machine": describe_machine(),
        "load_average": {"before": load_before, "after": load_average()},
        "started": started.isoformat(timespec="seconds"),
        "seconds": round((finished - started).total_seconds(), 3),
        "bootstrap": {"seed": BOOTSTRAP_SEED, "samples": BOOTSTRAP_SAMPLES},
    }


def _fingerprint(fingerprint: Fingerprint) -> tuple[str, str]:
    fields: Mapping[str, str] = asdict(fingerprint)
    return fields["corpus"], fields["config"]


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
