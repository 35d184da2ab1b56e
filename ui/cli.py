"""The command `assistant ui`: the page in a browser."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.documents_cli import Corpus, DataDir

if TYPE_CHECKING:
    from assistant.settings import Settings

app = typer.Typer()


@app.command("ui")
def ui(
    host: Annotated[str | None, typer.Option(help="Address to listen on; only this machine's own.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 picks a free one.")] = None,
    data_dir: DataDir = None,
    corpus: Corpus = None,
) -> None:
    """Open the chat page on this machine."""
    from assistant.settings import load_settings
    from ui.listening import listen

    settings = load_settings(host=host, port=port, data_dir=data_dir, corpus=corpus)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what is temporary is removed
    with listen(settings.host, settings.port) as listening:
        temporary = Path(tempfile.mkdtemp(prefix="assistant-page-"))
        os.environ["GRADIO_TEMP_DIR"] = str(temporary)  # gradio reads it when it is imported
        try:
            _serve(settings, listening)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def _serve(settings: Settings, listening: socket.socket) -> None:
    """Put the page together and serve it until the person stops it."""
    from assistant.catalog import Catalog
    from assistant.indexing import remove_document
    from assistant.wiring import open_assistant
    from ingest import add_uploads, retry_problems, sync
    from ui.app import PageSettings, build_app, serve
    from ui.examples import read_examples
    from ui.jobs import IngestJobs, Programs
    from ui.library import Library

    library = Library(
        open_assistant=partial(open_assistant, settings), open_catalog=partial(Catalog.open, settings.data_dir)
    )
    library.documents()  # a data directory that can't be used is refused before the page opens
    programs = Programs(
        add_uploads=partial(add_uploads, settings=settings),
        retry_problems=partial(retry_problems, settings=settings),
        sync_folder=partial(sync, [], settings=settings),
        remove_document=partial(remove_document, settings=settings),
    )
    jobs = IngestJobs(programs, list_documents=library.documents)
    port = listening.getsockname()[1]
    page = PageSettings(
        host=settings.host, port=port, examples=read_examples(settings.corpus), max_file_mib=settings.max_file_mib
    )
    url = f"http://{f'[{settings.host}]' if ':' in settings.host else settings.host}:{port}/"
    serve(
        build_app(library, jobs, page=page),
        listening,
        ready=lambda: typer.echo(f"The page is at {url} (Ctrl-C stops it)", err=True),
    )
