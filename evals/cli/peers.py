"""`assistant eval peers`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.documents_cli import AsJson

if TYPE_CHECKING:
    from evals.peers.run import PeersRequest

Benchmark = Annotated[
    Path, typer.Argument(exists=True, file_okay=False, help="A folder with docs.jsonl and questions.jsonl.")
]
Documents = Annotated[int | None, typer.Option(min=1, help="Draw so many documents; the relevant ones are all kept.")]
Questions = Annotated[int | None, typer.Option(min=1, help="Draw so many questions.")]
Contestants = Annotated[list[str] | None, typer.Option("--contestant", help="Only this one; repeatable.")]
Out = Annotated[Path | None, typer.Option(file_okay=False, help="Write the record (peers.json) and the plot here.")]
Page = Annotated[
    Path | None,
    typer.Option("--write-docs", dir_okay=False, help="Replace this set's section of a Markdown page, plot included."),
]


def peers_command(
    benchmark: Benchmark,
    documents: Documents = None,
    questions: Questions = None,
    seed: Annotated[int, typer.Option(help="Of the sample.")] = 0,
    rounds: Annotated[int, typer.Option(min=1, help="Processes of each contestant.")] = 3,
    contestants: Contestants = None,
    out: Out = None,
    write_docs: Page = None,
    as_json: AsJson = False,
) -> None:
    """Measure LlamaIndex, Chroma and txtai beside this project on the same documents and questions.

    Each contestant runs in a process of its own, several times, in rotated order. Without the packages of the extra
    `peers`, their contestants are left out and named.
    """
    from assistant.serialization import to_json_text
    from evals.cli.printing import print_tables
    from evals.peers.plot import plot_peers
    from evals.peers.report import tabulate_peers, write_section
    from evals.peers.run import PeersRequest, run_peers

    request = PeersRequest(
        benchmark=benchmark, documents=documents, questions=questions, seed=seed, rounds=rounds,
        contestants=tuple(contestants or ()),
    )  # fmt: skip
    try:
        record = run_peers(request, say=lambda line: typer.echo(line, err=True))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if out is not None:
        typer.echo(f"Written to {record.write(out)}.", err=True)
        plot_peers(record, out / "peers.svg")
    if write_docs is not None:
        plot = write_docs.parent / "plots" / f"peers-{record.about['set']}.svg"
        plot_peers(record, plot)
        write_section(record, write_docs, plot=plot, command=_command(request, write_docs))
    if as_json:
        typer.echo(to_json_text(record.to_json()))
    else:
        print_tables(tabulate_peers(record))
    for name, reason in record.skipped.items():
        typer.echo(f"{name} did not take part: {reason}", err=True)


def _command(request: PeersRequest, page: Path) -> str:
    sample = [
        f"--{name} {value}" for name in ("documents", "questions") if (value := getattr(request, name)) is not None
    ]
    chosen = [f"--contestant {name}" for name in request.contestants]
    where = shlex.quote(str(request.benchmark))
    fixed = [f"--seed {request.seed}", f"--rounds {request.rounds}", *chosen, f"--write-docs {shlex.quote(str(page))}"]
    return " ".join(["assistant eval peers", where, *sample, *fixed])
