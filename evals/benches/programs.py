"""The benches as they are run: what is measured in which order, and what is said of it."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.catalog import Catalog, SourceKind, SourceRecord
from assistant.embedding import open_embedder
from assistant.indexing import open_index
from assistant.settings import Settings
from evals.benches.asking import measure_asking
from evals.benches.coverage import NOISES, make_cases, measure_alarms, measure_coverage
from evals.benches.hostile import LABELS, run_hostile
from evals.benches.killing import Kill, Killing, histogram
from evals.benches.measuring import size_of_folder
from evals.benches.passages import TOKENS, draw_passages, write_passages
from evals.benches.scale import NOISE, SEED, SOURCE, fill
from evals.benches.startup import measure_startup
from evals.benches.variants import Varying, draw_variants
from evals.gate import load_gate
from evals.gold import load_gold
from evals.manifest import describe_machine, load_average
from evals.peers.loading import load_set
from evals.tables import format_score
from ingest.filetypes import is_readable_name

QUESTIONS = 60
ALWAYS_SCAN = 2**40
MIB = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What all benches need."""

    settings: Settings
    gold: Path
    """Whose questions are asked."""
    say: Callable[[str], None]
    """Writes a line of the results."""

    def describe(self) -> None:
        """Say what machine this is and what runs on it."""
        self.say(f"machine {describe_machine()}, load {load_average()}")

    def run_startup(self) -> None:
        """Measure new processes and warm questions."""
        for measurement in measure_startup(self.settings, questions=_questions(self.settings, self.gold)):
            self.say(measurement.line())

    def run_kill(self, folder: Path, *, kills: int) -> None:
        """Kill `assistant ingest` at drawn moments and run it again; say what that did.

        Args:
            folder: Where data directories are made and deleted.
            kills: How often.
        """
        killing = Killing(self.settings, gold=self.gold, folder=folder, models_dir=self.settings.models_folder)
        done: list[Kill] = []
        for kill in killing.run(kills, say=self.say):
            done.append(kill)
            self.say(
                f"{len(done):3}  killed {kill.moment:5.2f} s after the first write, "
                f"{kill.documents:2} documents visible, "
                f"next run {kill.seconds:4.1f} s: {'; '.join(kill.faults) or 'no fault'}"
            )
        self.say(histogram([kill.share for kill in done]))
        self.say(f"{sum(bool(kill.faults) for kill in done)} of {len(done)} kills did harm")

    def run_hostile(self, folder: Path, *, mutations: int) -> int:
        """Parse labelled hostile files, where there are any, and broken copies of the corpus.

        Args:
            folder: With the labelled files.
            mutations: How many copies to break.

        Returns:
            1 if anything was not as it must be, else 0.
        """
        labelled = folder if (folder / LABELS).exists() else None
        if labelled is None:
            self.say(f"no {LABELS} in {folder}: mutations alone")
        bases = sorted(path for path in self.settings.corpus.rglob("*") if is_readable_name(path.name))
        report = run_hostile(labelled, bases=bases, mutations=mutations)
        for line in report.lines():
            self.say(line)
        return 1 if report.faults else 0

    def run_coverage(self, rules: Path, *, sets: int) -> None:
        """Simulate question sets and count the intervals that hold the truth; then pairs of runs, and false alarms.

        Args:
            rules: The gate's.
            sets: How many question sets a case, and pairs of runs.
        """
        for case in make_cases():
            self.say(measure_coverage(case, sets=sets).line())
        for noise in NOISES:
            self.say(measure_alarms(load_gate(rules), noise=noise, pairs=sets).line())

    def run_variants(self, rules: Path, folder: Path, *, variants: int) -> None:
        """Ingest and run the same documents in several ways; a line each.

        Args:
            rules: The gate's.
            folder: Where data directories are made and deleted.
            variants: How many ways.
        """
        varying = Varying(self.settings, gold=self.gold, gate=load_gate(rules), folder=folder)
        drawn, passed = draw_variants(varying.files(), variants), 0
        for number, varied in enumerate(varying.run(drawn), start=1):
            self.say(f"{number:3}  {varied.line()}")
            passed += not varied.trips
        self.say(f"the gate passes on {passed} of {variants} variants, load {load_average()}")

    def write_passages(self, benchmarks: Sequence[Path], folder: Path, *, count: int) -> None:
        """Cut short documents from benchmarks into one of their own, for `assistant eval peers`.

        Args:
            benchmarks: Of any form that `assistant eval bench` reads.
            folder: The new one is written below it.
            count: How many documents.
        """
        loaded = [load_set(path) for path in benchmarks]
        drawn = draw_passages(loaded, count=count, count_tokens=open_embedder(self.settings).count_tokens)
        target = folder / f"{len(drawn)}-documents"
        write_passages(loaded, target, drawn=drawn)
        self.say(f"{len(drawn)} documents of {TOKENS.start} to {TOKENS.stop - 1} tokens in {target}")

    def run_scale(self, folder: Path, *, chunks: int) -> None:
        """Make a large data directory unless it is there; ask it in new processes, with Chroma and without.

        Args:
            folder: Where it is made and kept.
            chunks: How many to make.
        """
        data_dir = folder / f"{chunks}-chunks"
        made = data_dir / "made.json"
        if not made.exists():
            made.write_text(json.dumps(_make(self.settings, data_dir, chunks=chunks)) + "\n", encoding="utf-8")
        self.say(made.read_text(encoding="utf-8").strip())
        parts = {path.name: round(_size(path) / MIB, 1) for path in sorted(data_dir.iterdir())}
        self.say(f"disk MiB: {sum(parts.values()):.1f}, of which {parts}")
        models = str(self.settings.models_folder)
        ask = [sys.executable, "-m", "evals.benches", "ask", "--data-dir", str(data_dir), "--models-dir", models]
        for mode in ([], ["--exact"]):
            subprocess.run([*ask, "--gold", str(self.gold), *mode], check=True)

    def run_ask(self, *, exact: bool) -> None:
        """Ask a seeded sample of the questions.

        Args:
            exact: Whether every vector is scanned instead of using Chroma.
        """
        asked = self.settings.model_copy(update={"exact_scan_limit": ALWAYS_SCAN if exact else 0})
        every = _questions(asked, self.gold)
        sample = random.Random(SEED).sample(every, min(QUESTIONS, len(every)))
        report = measure_asking(asked, questions=sample)
        how = "exact scan" if exact else "Chroma"
        memory = "unknown" if report.resident_mib is None else f"{report.resident_mib:.0f} MiB"
        first = f"first answer {report.first_ask_seconds:.2f} s"
        self.say(f"\n{how}, {report.chunks} chunks: {first}, memory {memory}, load {load_average()}")
        for score in report.scores():
            self.say(f"  {score.name:<14} {format_score(score)}")


def _questions(settings: Settings, gold: Path) -> list[str]:
    """Read the questions that are asked alone, those with an answer first."""
    with Catalog.open(settings.data_dir) as catalog:
        questions = [question for question in load_gold(gold, documents=catalog) if not question.history]
    return [question.question for question in sorted(questions, key=lambda question: not question.answerable)]


def _size(path: Path) -> int:
    return size_of_folder(path) if path.is_dir() else path.stat().st_size


def _make(settings: Settings, data_dir: Path, *, chunks: int) -> dict[str, object]:
    """Make the large data directory from the small one's catalog and say how."""
    large = settings.model_copy(update={"data_dir": data_dir})
    started = time.perf_counter()
    with (
        Catalog.open(settings.data_dir) as small,
        open_index(large, write=True, build=small.build_fingerprint()) as index,
    ):
        index.catalog.set_source(SourceRecord(name=SOURCE, kind=SourceKind.FOLDER, root=str(settings.corpus)))
        fill(small, index.apply, chunks=chunks, progress=_show)
    return {
        "made": f"{chunks} chunks: noised copies of real vectors, recombined real sentences",
        "seed": SEED,
        "noise": NOISE,
        "seconds": round(time.perf_counter() - started, 1),
    }


def _show(done: int, wanted: int) -> None:
    sys.stderr.write(f"made {done} of {wanted} chunks\n")
