"""The command line of the benches; no sub-command of `assistant`, since it is for developers alone."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.environment import prepare_environment

if TYPE_CHECKING:
    from evals.benches.programs import Bench

BENCHES = ("all", "startup", "scale", "ask", "kill", "coverage", "variants", "hostile", "passages")
GOLD = Path("evals/gold/starter.jsonl")
FOLDER = Path(".run/scale")
CHUNKS = 100_000
KILLS_FOLDER = Path(".run/kills")
KILLS = 25
RULES = Path("evals/baselines/starter/gate.toml")
HOSTILE_FOLDER = Path(".run/hostile")
MUTATIONS = 1000
PASSAGES_FOLDER = Path(".run/passages")
PASSAGES = 10_000
VARIANTS_FOLDER = Path(".run/variants")
VARIANTS = 20
SETS = 1000


def main(arguments: Sequence[str]) -> int:
    """Run the benches that the command line names.

    Args:
        arguments: Of the command line.

    Returns:
        The exit code: 1 for a named error, else 0.
    """
    options = _parser().parse_args(arguments)
    prepare_environment()

    from assistant.errors import AssistantError
    from assistant.settings import load_settings
    from evals.benches.programs import Bench

    try:
        bench = Bench(
            settings=load_settings(data_dir=options.data_dir, models_dir=options.models_dir),
            gold=options.gold,
            say=_say,
        )
        return _run(bench, options)
    except AssistantError as error:
        sys.stderr.write(f"error[{type(error).__name__}]: {error}\n")
        return 1


def _run(bench: Bench, options: argparse.Namespace) -> int:
    if options.bench == "ask":
        bench.run_ask(exact=options.exact)
        return 0
    bench.describe()
    if options.bench == "hostile":
        return bench.run_hostile(options.hostile, mutations=options.mutations)
    alone = {
        "kill": lambda: bench.run_kill(KILLS_FOLDER, kills=options.kills),
        "coverage": lambda: bench.run_coverage(options.rules, sets=options.sets),
        "variants": lambda: bench.run_variants(options.rules, VARIANTS_FOLDER, variants=options.variants),
        "passages": lambda: bench.write_passages(options.benchmarks, PASSAGES_FOLDER, count=options.passages),
    }
    if options.bench in alone:
        alone[options.bench]()
    if options.bench in ("all", "startup"):
        bench.run_startup()
    if options.bench in ("all", "scale"):
        bench.run_scale(options.folder, chunks=options.chunks)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m evals.benches", description="Measure speed and size on the ingested starter corpus."
    )
    parser.add_argument("bench", nargs="?", choices=BENCHES, default="all", help="all: startup and scale")
    parser.add_argument("--data-dir", type=Path, help="where the starter corpus was ingested")
    parser.add_argument("--models-dir", type=Path, help="where the exported model is kept")
    parser.add_argument("--gold", type=Path, default=GOLD, help="whose questions are asked")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the large data directory is made and kept")
    parser.add_argument("--chunks", type=int, default=CHUNKS, help="how many to make")
    parser.add_argument("--kills", type=int, default=KILLS, help="kill: how often")
    parser.add_argument("--hostile", type=Path, default=HOSTILE_FOLDER, help="hostile: folder with labels.json")
    parser.add_argument("--mutations", type=int, default=MUTATIONS, help="hostile: how many files to break")
    parser.add_argument("--sets", type=int, default=SETS, help="coverage: how many question sets to simulate")
    parser.add_argument("--variants", type=int, default=VARIANTS, help="variants: how many ways to ingest")
    parser.add_argument("--passages", type=int, default=PASSAGES, help="passages: how many to cut")
    parser.add_argument("--benchmarks", type=Path, nargs="+", default=[], help="passages: sets to cut them from")
    parser.add_argument("--rules", type=Path, default=RULES, help="coverage, variants: the gate's rules")
    parser.add_argument("--exact", action="store_true", help="ask: scan every vector instead of using Chroma")
    return parser


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
