"""The command `assistant ingest`."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.documents_cli import Corpus, DataDir

if TYPE_CHECKING:
    from assistant.settings import Settings
    from ingest.rebuilding import Rebuilt
    from ingest.reports import SyncReport

app = typer.Typer()
_INTERRUPTED = 130


@app.command("ingest")
def ingest(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", readable=False, help="Folders and files; none means the corpus."),
    ] = None,
    corpus: Corpus = None,
    data_dir: DataDir = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be done, and do nothing.")] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove documents even if more than half of a folder is gone.")
    ] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Read files again that could not be read before.")] = False,
    again: Annotated[
        bool,
        typer.Option(
            "--rebuild", help="First cut and embed all stored documents anew; questions are answered meanwhile."
        ),
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on, and follow every change until Ctrl-C.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document; with --watch one a line, for each run.")
    ] = False,
) -> None:
    """Make the assistant know the documents of a folder as they are now."""
    from rich.console import Console

    from assistant.settings import load_settings
    from ingest.progress import open_display
    from ingest.rebuilding import rebuild
    from ingest.run import sync

    _refuse_contradictions(watch=watch, dry_run=dry_run, again=again, others=prune or retry)
    settings = load_settings(corpus=corpus, data_dir=data_dir)
    cancel = threading.Event()
    if watch:
        _follow(paths or [], settings=settings, as_json=as_json, cancel=cancel)
        raise typer.Exit(_INTERRUPTED)
    with _ending_cleanly(cancel), open_display(Console(stderr=True)) as display:
        rebuilt = rebuild(settings, progress=display.show, cancel=cancel) if again else None
        if rebuilt is not None and rebuilt.interrupted:
            typer.echo("Interrupted: the corpus is as it was before.", err=True)
            raise typer.Exit(_INTERRUPTED)
        show = display.show
        report = sync(
            paths or [], settings=settings, prune=prune, dry_run=dry_run, retry=retry, progress=show, cancel=cancel
        )
    _print(report, as_json=as_json, indent=1, rebuilt=rebuilt)
    if report.interrupted:
        raise typer.Exit(_INTERRUPTED)


def _refuse_contradictions(*, watch: bool, dry_run: bool, again: bool, others: bool) -> None:
    if again and dry_run:
        raise typer.BadParameter("a rebuild can't be tried out", param_hint="--rebuild --dry-run")
    if watch and (dry_run or again or others):
        message = "can't be combined with --dry-run, --prune, --retry or --rebuild"
        raise typer.BadParameter(message, param_hint="--watch")


def _follow(paths: list[Path], *, settings: Settings, as_json: bool, cancel: threading.Event) -> None:
    """Watch, and print what happens. Progress is shown for the first run only: later ones take moments."""
    from rich.console import Console

    from assistant.errors import AssistantError
    from ingest.progress import open_display
    from ingest.reports import Progress
    from ingest.summary import printable
    from ingest.watching import Listener, follow

    first = ExitStack()
    display = open_display(Console(stderr=True))

    def show(progress: Progress) -> None:
        if not ready.is_set():
            display.show(progress)

    def tell(report: SyncReport) -> None:
        first.close()
        ready.set()
        _print(report, as_json=as_json, indent=None)

    def complain(error: AssistantError) -> None:
        message = printable(f"error[{type(error).__name__}]: {error}")
        typer.echo(f"{message} Still watching.", err=True)

    def be_ready() -> None:
        typer.echo("Watching for changes; Ctrl-C ends it.", err=True)

    ready = threading.Event()
    listener = Listener(report=tell, fault=complain, ready=be_ready, progress=show)
    with _ending_cleanly(cancel), first:
        first.enter_context(display)
        follow(paths, settings=settings, listener=listener, cancel=cancel)


def _print(report: SyncReport, *, as_json: bool, indent: int | None, rebuilt: Rebuilt | None = None) -> None:
    import json

    from ingest.summary import summarise

    if as_json:
        made = {} if rebuilt is None else {"rebuilt": rebuilt.documents}
        typer.echo(json.dumps({**report.to_json(), **made}, ensure_ascii=False, indent=indent))
    else:
        if rebuilt is not None:
            typer.echo(f"Rebuilt: {rebuilt.documents} documents")
        for line in summarise(report):
            typer.echo(line)


@contextmanager
def _ending_cleanly(cancel: threading.Event) -> Iterator[None]:
    """Let the first Ctrl-C end the sync after the batch at hand, and the second at once."""

    def stop(number: int, frame: FrameType | None) -> None:
        if cancel.is_set():
            raise KeyboardInterrupt
        cancel.set()
        typer.echo("Stopping after the documents at hand; press Ctrl-C again to stop at once.", err=True)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
