"""The command line of the long runs; for developers, no sub-command of `assistant`."""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assistant.environment import prepare_environment

SEED = 20261124
FOLDER, PAGE = Path(".run/soak"), Path("docs/reliability.md")
WANTED = {"index": 60, "catalog": 30, "writers": 20, "backups": 20, "disk": 20}
WHAT = {
    "index": "a file of the vector index cut off or with a flipped bit: questions are answered, the next writer mends"
    " it, top-10 overlap at least 0.99, no process ends",
    "catalog": "the catalog's file cut off or with a flipped bit: found by a check, and refused by name with the"
    " restore command before anything is written",
    "writers": "`assistant ingest` while another process writes: refused by name, the writer goes on, a reader in a"
    " third process answers throughout and sees the result",
    "backups": "a backup while another process writes, then restored: one moment, all texts and chunks the same; the"
    " archive cut off or with a flipped bit is refused",
    "disk": "a disk that fills while documents are added: named, nothing lost, questions answered, goes on with space",
}


@dataclass(slots=True, kw_only=True)
class _Run:
    """One kind of fault while it is drawn."""

    seen: Counter[str] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)

    def draws(self, name: str, whole: Path, folder: Path, count: int) -> Iterator[str | None]:
        """Begin the draws of a kind."""
        from evals.soak import corrupting, writing

        made: dict[str, Callable[[], Iterator[str | None]]] = {
            "index": lambda: corrupting.corrupt_index(whole, folder, draws=count, seed=SEED, seen=self.seen),
            "catalog": lambda: corrupting.corrupt_catalog(whole, folder, draws=count, seed=SEED, seen=self.seen),
            "writers": lambda: writing.second_writers(whole, folder, runs=count, times=self.times),
            "backups": lambda: writing.backups(whole, folder, runs=count, seed=SEED, times=self.times),
            "disk": lambda: writing.full_disks(whole, folder, points=count, seed=SEED),
        }
        return made[name]()

    def notes(self) -> tuple[str, ...]:
        """Say what was counted and timed."""
        counted = [f"{what}: {count}" for what, count in sorted(self.seen.items())]
        if self.times:
            middle, most = statistics.median(self.times), max(self.times)
            counted.append(f"median {middle:.2f} s, most {most:.2f} s")
        return tuple(counted)


def main(arguments: Sequence[str]) -> int:
    """Run the faults that the command line names and write the page.

    Args:
        arguments: Of the command line.

    Returns:
        The exit code: 1 if any draw did harm.
    """
    options = _parser().parse_args(arguments)
    prepare_environment()

    from evals.manifest import describe_machine, load_average
    from evals.soak.findings import Finding, keep, read_kept, write_page
    from evals.soak.store import make_store

    kept = FOLDER / "findings"
    whole = make_store(options.data_dir, FOLDER / f"whole-{options.chunks}", chunks=options.chunks)
    harm = 0
    for name in options.faults or WANTED:
        scratch = FOLDER / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        count, run, began = options.count or WANTED[name], _Run(), time.monotonic()
        harmed = []
        for number, line in enumerate(run.draws(name, whole, scratch, count), start=1):
            _say(f"{name} {number} of {count}: {line or 'no harm'}")
            harmed += [line] if line else []
        machine, load = describe_machine(), " ".join(map(str, load_average() or ()))
        finding = Finding(
            name=name,
            what=WHAT[name],
            done=count,
            wanted=WANTED[name],
            harmed=tuple(harmed),
            notes=run.notes(),
            seed=SEED,
            seconds=time.monotonic() - began,
            machine=f"{machine['processor']}, {machine['cores']} cores, load {load}, {options.chunks} chunks",
            commit=_commit(),
        )
        keep(finding, kept)
        harm += len(harmed)
    shutil.rmtree(FOLDER / "scratch", ignore_errors=True)
    write_page(read_kept(kept, list(WANTED)), options.page)
    return int(harm > 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evals.soak", description="Put faults into a stored corpus.")
    parser.add_argument("faults", nargs="*", choices=[*WANTED, []], help="which kinds; none means all")
    parser.add_argument("--data-dir", type=Path, default=Path(".assistant"), help="an ingested corpus to start from")
    parser.add_argument("--chunks", type=int, default=2000, help="of the corpus that is made from it")
    parser.add_argument("--count", type=int, help="draws of each kind; unset means the full number")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page that is written")
    return parser


def _commit() -> str:
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
