"""The same documents ingested in other orders, batches and numbers of threads: is the run the same?"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.settings import Settings
from evals.comparison import compare_runs
from evals.folder import StoredRun
from evals.gate import Gate, Trip, check_gate
from evals.gold import Selection
from evals.records import Record, record_json
from evals.session import run_gold
from ingest import sync

SEED = 20251124
MOST_CUTS = 3
BATCHES = (1, 4, 8, 16, 48, 128)
"""Texts embedded at once; the default is 32."""
THREADS = (1, 2, 3, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One way to ingest the same files."""

    steps: tuple[tuple[Path, ...], ...]
    """Files that each sync finds for the first time. Few files are parsed by fewer workers."""
    embedding_batch: int
    threads: int

    def describe(self) -> str:
        """Name the variant for a person."""
        sizes = "+".join(str(len(step)) for step in self.steps)
        return f"{sizes} files, batch {self.embedding_batch}, threads {self.threads}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Varied:
    """What a variant's run was like beside the plain one."""

    variant: Variant
    records: int
    differing: int
    """Records that are not the same bytes."""
    otherwise_judged: int
    """Of these, records of which a fact that metrics count is another one."""
    trips: tuple[Trip, ...]

    def line(self) -> str:
        """Write it down."""
        gate = "gate passes" if not self.trips else f"gate fails: {'; '.join(trip.reason for trip in self.trips)}"
        same = f"{self.records - self.differing} of {self.records} records equal"
        return f"{self.variant.describe()}: {same}, {self.otherwise_judged} judged otherwise, {gate}"


def draw_variants(files: Sequence[Path], count: int, *, seed: int = SEED) -> list[Variant]:
    """Draw ways to ingest files.

    Args:
        files: At least one.
        count: How many ways.
        seed: Of the draw.

    Returns:
        Variants, each of which ingests every file once.
    """
    source = random.Random(seed)
    return [_draw(files, source) for _ in range(count)]


def _draw(files: Sequence[Path], source: random.Random) -> Variant:
    order = source.sample(list(files), len(files))
    cuts = sorted(source.sample(range(1, len(files)), min(1 + source.randrange(MOST_CUTS), len(files) - 1)))
    steps = tuple(tuple(order[start:end]) for start, end in zip([0, *cuts], [*cuts, len(files)], strict=True))
    return Variant(steps=steps, embedding_batch=source.choice(BATCHES), threads=source.choice(THREADS))


class Varying:
    """Ingests and runs variants in data directories of their own."""

    def __init__(self, settings: Settings, *, gold: Path, gate: Gate, folder: Path) -> None:
        """Name the parts.

        Args:
            settings: With the corpus to ingest and where the exported model is kept.
            gold: Whose questions are asked.
            gate: The rules that each variant's run is held against, beside the plain run.
            folder: Where data directories are made and deleted.
        """
        self._settings, self._gold, self._gate, self._folder = settings, gold, gate, folder

    def run(self, variants: Sequence[Variant], *, plain: StoredRun | None = None) -> Iterator[Varied]:
        """Make the plain run, then one a variant.

        Args:
            variants: The ways to ingest.
            plain: The plain run, where it was made already.

        Yields:
            What each variant's run was like.
        """
        if plain is None:
            steps = (tuple(self.files()),)
            plain = self._run(Variant(steps=steps, embedding_batch=32, threads=self._settings.threads))
        for variant in variants:
            yield compare_variant(variant, plain, self._run(variant), gate=self._gate)

    def files(self) -> list[Path]:
        """List the corpus, relative to its folder."""
        root = self._settings.corpus
        return sorted(path.relative_to(root) for path in root.rglob("*") if path.is_file())

    def _run(self, variant: Variant) -> StoredRun:
        shutil.rmtree(self._folder, ignore_errors=True)
        settings = self._settings.model_copy(
            update={
                "data_dir": self._folder / "data",
                "corpus": self._folder / "corpus",
                "models_dir": self._settings.models_folder,
                "embedding_batch": variant.embedding_batch,
                "threads": variant.threads,
            }
        )
        for step in variant.steps:
            for file in step:
                (settings.corpus / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(self._settings.corpus / file, settings.corpus / file)
            sync([], settings=settings)
        finished = run_gold(self._gold, settings=settings, selection=Selection(), out=None, progress=_ignore)
        return finished.stored(self._folder)


def compare_variant(variant: Variant, plain: StoredRun, run: StoredRun, *, gate: Gate) -> Varied:
    """Compare a variant's run with the plain one, record by record and by the gate."""
    pairs = list(zip(plain.records, run.records, strict=True))
    return Varied(
        variant=variant,
        records=len(pairs),
        differing=sum(record_json(before) != record_json(after) for before, after in pairs),
        otherwise_judged=sum(_counted(before) != _counted(after) for before, after in pairs),
        trips=check_gate(gate, compare_runs(plain, run)),
    )


def _counted(record: Record) -> dict[str, object]:
    """Give the facts that are whole numbers or yes and no, without the abstention's signal."""
    return {name: value for name, value in record_json(record)["judgement"].items() if name != "signal"}


def _ignore(done: int, total: int) -> None:
    """Show no progress."""
