"""`assistant eval sweep`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.documents_cli import AsJson, Corpus, DataDir
from evals.cli.bench import WORK as BENCHMARK_WORK
from evals.cli.bench import RetrievalOnly, SampleSize, Seed
from evals.cli.run import Changes, Split, Tags, Timed

if TYPE_CHECKING:
    from evals.metrics import Metric
    from evals.sweeps.sweeping import Sweep, Watch
    from evals.sweeps.targets import Target

GOLD_WORK = Path(".run/sweeps")
GOLD_METRICS = ("answered right", "recall@5 of quotes", "abstention recall", "latency p50")
BENCHMARK_METRICS = ("nDCG@10", "recall@5 per question", "answered right", "latency p50")

Over = Annotated[
    Path, typer.Argument(metavar="GOLD_OR_BENCHMARK", exists=True, help="A gold set (JSON Lines), or a benchmark.")
]
GridOptions = Annotated[
    list[str] | None, typer.Option("--grid", metavar="NAME=VALUE,VALUE", help="Vary a setting; repeatable.")
]
GridFile = Annotated[
    Path | None, typer.Option(exists=True, dir_okay=False, help="A TOML file with a table [grid], instead of --grid.")
]
SweepOut = Annotated[
    Path, typer.Option(file_okay=False, help="Write each run here; finished ones in it are not run again.")
]
MetricNames = Annotated[
    list[str] | None, typer.Option("--metric", help="Show this metric; repeatable, the first one sorts.")
]


def sweep_command(
    over: Over,
    out: SweepOut,
    grid: GridOptions = None,
    grid_file: GridFile = None,
    metrics: MetricNames = None,
    changes: Changes = None,
    split: Split = None,
    tags: Tags = None,
    sample: SampleSize = None,
    seed: Seed = 0,
    retrieval_only: RetrievalOnly = False,
    timed: Timed = False,
    work: Annotated[Path | None, typer.Option(file_okay=False, help="Where further indexes are kept.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    corpus: Corpus = None,
) -> None:
    """Run every combination of some settings over the same questions, and tell what is inside the noise.

    Settings that leave the index alone share it; others, such as chunk_tokens, get one of their own under --work.
    """
    from assistant.settings import load_settings, parse_changes
    from evals.benchmarks.loading import load_benchmark
    from evals.gold import Selection
    from evals.sweeps.grid import expand, load_grid, parse_grid
    from evals.sweeps.sweeping import Planned, run_sweep
    from evals.sweeps.targets import BenchmarkTarget, GoldTarget

    base = {"data_dir": data_dir, "corpus": corpus, **parse_changes(changes or ())}
    settings = load_settings(**base)
    planned = [
        Planned(configuration=one, settings=load_settings(**base | dict(one.changes)))
        for one in expand(load_grid(grid_file) if grid_file else parse_grid(grid or ()))
    ]
    gold = over.suffix == ".jsonl"
    target: Target
    if gold:
        selection = Selection(split=split.value if split else None, tags=tuple(tags or ()))
        target = GoldTarget(gold=over, selection=selection, base=settings, work=work or GOLD_WORK, timed=timed)
    else:
        benchmark, work = load_benchmark(over, sample=sample, seed=seed), work or BENCHMARK_WORK
        target = BenchmarkTarget(benchmark=benchmark, retrieval_only=retrieval_only, work=work, timed=timed)
    chosen = _metrics(metrics or (GOLD_METRICS if gold else BENCHMARK_METRICS))
    with ExitStack() as shown:
        sweep = run_sweep(target, planned, metrics=chosen, out=out, watch=_watch(shown))
    _print(sweep, out=out, as_json=as_json)


def _print(sweep: Sweep, *, out: Path, as_json: bool) -> None:
    from assistant.serialization import to_json_text
    from evals.cli.printing import print_tables
    from evals.sweeps.sweeping import conclude
    from evals.sweeps.tables import sweep_json, tabulate_sweep

    document = to_json_text(sweep_json(sweep))
    (out / "sweep.json").write_text(document + "\n", encoding="utf-8")
    if as_json:
        typer.echo(document)
    else:
        print_tables([tabulate_sweep(sweep)])
        typer.echo(f"\n{conclude(sweep)}")


def _metrics(names: Sequence[str]) -> list[Metric]:
    from evals.metrics import EVERY

    known = {metric.name: metric for metric in EVERY}
    for name in names:
        if name not in known:
            raise typer.BadParameter(f"{name!r} is none of: {', '.join(known)}", param_hint="--metric")
    return [known[name] for name in names]


def _watch(shown: ExitStack) -> Watch:
    """Write a line for each configuration, and lines while one is ingested or asked."""
    from rich.console import Console

    from evals.cli.printing import PROGRESS_LINES_EVERY
    from evals.sweeps.sweeping import Watch
    from ingest.progress import LineDisplay

    display = shown.enter_context(LineDisplay(Console(stderr=True)))

    def configuration(name: str, number: int, total: int, finished: bool) -> None:
        typer.echo(f"{number} of {total}: {name}{', finished before' if finished else ''}", err=True)

    def asking(done: int, total: int) -> None:
        if done and (done % PROGRESS_LINES_EVERY == 0 or done == total):
            typer.echo(f"  asked {done} of {total}", err=True)

    return Watch(configuration=configuration, ingesting=display.show, asking=asking)
