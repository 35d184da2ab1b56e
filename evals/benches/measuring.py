"""Repeated timings and how they are written down."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 9
COMMAND_TIMEOUT_SECONDS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One figure, measured several times."""

    name: str
    values: tuple[float, ...]
    """In the order measured."""
    unit: str
    load: float | None
    """The machine's load over the last minute, at the end; None where the system does not tell."""

    def line(self) -> str:
        """Write the median with how far the values spread."""
        middle, low, high = statistics.median(self.values), min(self.values), max(self.values)
        spread = f"n {len(self.values)}, min {low:.3f}, max {high:.3f}"
        load = "" if self.load is None else f", load {self.load:.2f}"
        return f"{self.name}: median {middle:.3f} {self.unit} ({spread}{load})"


def note(name: str, values: Sequence[float], *, unit: str) -> Measurement:
    """Put values down with the machine's load now."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return Measurement(name=name, values=tuple(values), unit=unit, load=load)


def repeat(name: str, measured: Callable[[], float], *, unit: str = "s", rounds: int = ROUNDS) -> Measurement:
    """Measure something several times.

    Args:
        name: What is measured.
        measured: Does it once and returns the value.
        unit: Of the value.
        rounds: How often.

    Returns:
        All values.
    """
    return note(name, [measured() for _ in range(rounds)], unit=unit)


def time_process(command: Sequence[str], *, environment: Mapping[str, str]) -> float:
    """Run a command in a new process and take the wall time.

    Args:
        command: The program and its arguments.
        environment: Variables on top of this process's own.

    Returns:
        Seconds.

    Raises:
        subprocess.CalledProcessError: If it fails.
    """
    started = time.perf_counter()
    subprocess.run(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=COMMAND_TIMEOUT_SECONDS,
    )
    return time.perf_counter() - started


def size_of_folder(folder: Path) -> int:
    """Count the bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def resident_mib() -> float | None:
    """Read how much memory this process holds; None where the system does not tell."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="utf-8").splitlines() if status.exists() else []
    kib = [int(line.split()[1]) for line in lines if line.startswith("VmRSS:")]
    return kib[0] / 1024 if kib else None
