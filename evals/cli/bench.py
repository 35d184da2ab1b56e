"""`assistant eval bench`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.documents_cli import AsJson
from evals.cli.run import Changes, Timed

if TYPE_CHECKING:
    from assistant.settings import Settings
    from evals.benchmarks.store import PreparedBenchmark
    from evals.benchmarks.types import Benchmark

WORK = Path(".run/benchmarks")

Paths = Annotated[
    list[Path], typer.Argument(metavar="PATH…", help="Folders of the project's form or BEIR's, SQuAD or RAG files.")
]
SampleSize = Annotated[int | None, typer.Option("--sample", min=1, help="Draw so many questions of each set.")]
Seed = Annotated[int, typer.Option(help="Of the sample.")]
Work = Annotated[Path, typer.Option(file_okay=False, help="Where indexed documents are kept from run to run.")]
RetrievalOnly = Annotated[bool, typer.Option("--retrieval-only", help="Rank passages, and ask for no answer.")]


def bench_command(
    paths: Paths,
    sample: SampleSize = None,
    seed: Seed = 0,
    changes: Changes = None,
    work: Work = WORK,
    out: Annotated[
        Path | None, typer.Option(file_okay=False, help="Write each set's run into a folder in here.")
    ] = None,
    retrieval_only: RetrievalOnly = False,
    timed: Timed = False,
    as_json: AsJson = False,
) -> None:
    """Measure the assistant on public benchmarks, beside the figures of plain methods and of others.

    Documents are indexed once and kept. Documents are ranked by their best passage, over the whole set; answers and
    abstentions are measured where a set has gold for them. Two runs with --out can be compared by `eval compare`.
    """
    from assistant.serialization import to_json_text
    from assistant.settings import load_settings, parse_changes
    from evals.benchmarks.anchors import load_anchors, put_beside
    from evals.benchmarks.loading import load_benchmark
    from evals.benchmarks.session import run_benchmark
    from evals.benchmarks.tables import benchmark_json, tabulate_benchmark
    from evals.cli.printing import print_notices, print_tables, show_progress

    settings, anchors = load_settings(**parse_changes(changes or ())), load_anchors()
    benchmarks = [load_benchmark(path, sample=sample, seed=seed) for path in paths]  # all are checked first
    folders = name_folders(benchmarks)
    rows = []
    for benchmark, folder in zip(benchmarks, folders, strict=True):
        for notice in benchmark.notices:
            typer.echo(f"{benchmark.name}: {notice}", err=True)
        prepared = prepare_showing(benchmark, settings=settings, work=work)
        with show_progress(f"{benchmark.name}: measured") as progress:
            to = out / folder if out else None
            finished = run_benchmark(prepared, retrieval_only=retrieval_only, out=to, progress=progress, timed=timed)
        print_notices(finished, of=f"{benchmark.name}: ")
        beside = put_beside(finished.groups[0].scores, anchors, name=benchmark.name)
        rows.append(benchmark_json(prepared, finished, beside))
        if not as_json:
            print_tables(tabulate_benchmark(prepared, finished, beside))
            typer.echo()
    document = to_json_text({"schema": 1, "sets": rows})
    if out is not None:
        (out / "bench.json").write_text(document + "\n", encoding="utf-8")
        typer.echo(f"Written to {out}.", err=True)
    if as_json:
        typer.echo(document)


def name_folders(benchmarks: list[Benchmark]) -> list[str]:
    """Give each set a folder of its own: its name, numbered from the second of one name on."""
    seen: Counter[str] = Counter()
    names = []
    for benchmark in benchmarks:
        seen[benchmark.name] += 1
        number = seen[benchmark.name]
        names.append(benchmark.name if number == 1 else f"{benchmark.name}-{number}")
    return names


def prepare_showing(benchmark: Benchmark, *, settings: Settings, work: Path) -> PreparedBenchmark:
    """Index a benchmark's documents, showing on stderr how far it is."""
    from rich.console import Console

    from evals.benchmarks.store import prepare
    from ingest.progress import open_display

    with open_display(Console(stderr=True)) as display:
        return prepare(benchmark, settings=settings, work=work, progress=display.show)
