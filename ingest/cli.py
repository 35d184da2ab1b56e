"""The command `assistant ingest`."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from assistant.documents_cli import Corpus, DataDir

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
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Make the assistant know the documents of a folder as they are now."""
    import json

    from rich.console import Console

    from assistant.settings import load_settings
    from ingest.progress import open_display
    from ingest.rebuilding import rebuild
    from ingest.run import sync
    from ingest.summary import summarise

    if again and dry_run:
        raise typer.BadParameter("a rebuild can't be tried out", param_hint="--rebuild --dry-run")
    settings = load_settings(corpus=corpus, data_dir=data_dir)
    cancel = threading.Event()
    with _ending_cleanly(cancel), open_display(Console(stderr=True)) as display:
        rebuilt = rebuild(settings, progress=display.show, cancel=cancel) if again else None
        if rebuilt is not None and rebuilt.interrupted:
            typer.echo("Interrupted: the corpus is as it was before.", err=True)
            raise typer.Exit(_INTERRUPTED)
        report = sync(
            paths or [],
            settings=settings,
            prune=prune,
            dry_run=dry_run,
            retry=retry,
            progress=display.show,
            cancel=cancel,
        )
    if as_json:
        made = {} if rebuilt is None else {"rebuilt": rebuilt.documents}
        typer.echo(json.dumps({**report.to_json(), **made}, ensure_ascii=False, indent=1))
    else:
        if rebuilt is not None:
            typer.echo(f"Rebuilt: {rebuilt.documents} documents")
        for line in summarise(report):
            typer.echo(line)
    if report.interrupted:
        raise typer.Exit(_INTERRUPTED)


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
