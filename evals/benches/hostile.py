"""Hostile and broken files through the real parsers: labelled ones, and seeded mutations of good ones."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingest.filetypes import is_readable_name
from ingest.isolation import Job, Outcome, ParserPool
from ingest.limits import DEFAULT_LIMITS, Limits
from ingest.verdicts import Code, Refusal

LABELS = "labels.json"
SEED = 20251124
WORKERS = 2
PARSED_AHEAD = 4
MOST_SECONDS = 30.0
MOST_MIB = 512
STRAYS = 64
"""Bytes that a splice puts in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostileFile:
    """A file and what must become of it."""

    name: str
    data: bytes
    expect: str = "either"
    """"ingest", "reject" or "either"."""
    must_not: tuple[str, ...] = ()
    """What its text may not hold."""


@dataclass(slots=True)
class HostileReport:
    """What became of all files."""

    files: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    """How many files ended with which code; "indexed" for those with text."""
    faults: list[str] = field(default_factory=list)
    """Everything that was not as it must be, a line each."""
    slowest_seconds: float = 0.0
    slowest: str = ""
    peak_mib: int = 0
    """Most memory of a worker that lived; one that died had no more than its limit."""

    def lines(self) -> Iterator[str]:
        """Tell it in lines."""
        yield f"{self.files} files, {len(self.faults)} faults"
        yield f"slowest {self.slowest_seconds:.1f} s: {self.slowest}; most memory of a worker {self.peak_mib} MiB"
        yield ", ".join(f"{code} {count}" for code, count in self.codes.most_common())
        yield from self.faults


def run_hostile(
    folder: Path | None, *, bases: Sequence[Path], mutations: int, seed: int = SEED, limits: Limits = DEFAULT_LIMITS
) -> HostileReport:
    """Parse hostile files as ingest does, and compare what becomes of them with what must.

    Args:
        folder: Of labelled files, as `bad-inputs/generate.py` makes it; None for mutations alone.
        bases: Good files that are mutated, in turn.
        mutations: How many to make.
        seed: Of the mutations.
        limits: Of one file.

    Returns:
        The report; without faults if every file ended with text or with a code that agrees with its label, within
        `MOST_SECONDS` and `MOST_MIB`.
    """
    report, files = HostileReport(), list(_labelled(folder)) if folder is not None else []
    expected = {number: file for number, file in enumerate([*files, *mutated(bases, count=mutations, seed=seed)])}
    jobs = (Job(key=number, name=file.name, data=file.data) for number, file in expected.items())
    with ParserPool(limits, workers=WORKERS) as pool:
        for outcome in pool.parse_all(jobs, ahead=PARSED_AHEAD):
            _judge(report, expected[outcome.key], outcome)
    return report


def mutated(bases: Sequence[Path], *, count: int, seed: int) -> Iterator[HostileFile]:
    """Make broken files of good ones.

    Args:
        bases: The good files, each taken in turn.
        count: How many to make.
        seed: The same seed makes the same files.

    Yields:
        Files that were cut off, or had bits flipped, or stray bytes or a piece of another file put in.
    """
    draw = random.Random(seed)
    originals = [(path.name, path.read_bytes()) for path in bases]
    kinds: tuple[tuple[str, Callable[[bytes], bytes]], ...] = (
        ("truncated", lambda data: data[: draw.randrange(1, len(data))]),
        ("flipped", lambda data: _flipped(data, draw)),
        ("spliced", lambda data: _spliced(data, draw.choice(originals)[1], draw)),
    )
    for number in range(count):
        name, data = originals[number % len(originals)]
        kind, change = kinds[number // len(originals) % len(kinds)]
        yield HostileFile(name=f"{kind}-{number}-{name}", data=change(data))


def _flipped(data: bytes, draw: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(draw.choice((1, 3, 10, 100))):
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def _spliced(data: bytes, other: bytes, draw: random.Random) -> bytes:
    at, start = draw.randrange(len(data)), draw.randrange(len(other))
    piece = draw.randbytes(STRAYS) if draw.random() < 0.5 else other[start : start + draw.randrange(1, 5_000)]
    return data[:at] + piece + data[at + draw.choice((0, len(piece))) :]


def _labelled(folder: Path) -> Iterator[HostileFile]:
    labels = json.loads((folder / LABELS).read_text(encoding="utf-8"))["files"]
    for name, label in labels.items():
        must_not = tuple(label["must_not"])
        yield HostileFile(name=name, data=(folder / name).read_bytes(), expect=label["expect"], must_not=must_not)


def _judge(report: HostileReport, file: HostileFile, outcome: Outcome[int]) -> None:
    result = outcome.result
    report.files += 1
    report.codes[result.code.value if isinstance(result, Refusal) else "indexed"] += 1
    report.peak_mib = max(report.peak_mib, outcome.peak_mib or 0)
    if outcome.seconds > report.slowest_seconds:
        report.slowest_seconds, report.slowest = outcome.seconds, file.name
    report.faults += [f"{file.name!r}: {fault}" for fault in _faults(file, outcome)]


def _faults(file: HostileFile, outcome: Outcome[int]) -> Iterator[str]:
    result = outcome.result
    if outcome.seconds > MOST_SECONDS:
        yield f"took {outcome.seconds:.1f} s"
    if (outcome.peak_mib or 0) > MOST_MIB:
        yield f"took {outcome.peak_mib} MiB"
    if isinstance(result, Refusal):
        named = result.code is Code.UNSUPPORTED_TYPE and not is_readable_name(file.name)
        if file.expect == "ingest" and not named:
            yield f"should be indexed, was refused: {result}"
        return
    if file.expect == "reject":
        yield f"should be refused, was indexed: {result.text[:60]!r}"
    if not any(char.isalnum() for char in result.text):
        yield "was indexed without a word"
    yield from (f"its text holds {words!r}" for words in file.must_not if words in result.text)
