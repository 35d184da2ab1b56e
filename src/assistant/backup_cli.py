"""The commands `assistant backup` and `assistant restore`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.documents_cli import AsJson, Corpus, DataDir

if TYPE_CHECKING:
    from assistant.backup import Stored

Archive = Annotated[Path, typer.Argument(metavar="FILE", readable=False, help="The archive, a zip file.")]
_MIB = 2**20


def backup(file: Archive, as_json: AsJson = False, data_dir: DataDir = None, corpus: Corpus = None) -> None:
    """Write the catalog and all uploads into one checked archive; an ingest may run meanwhile."""
    from assistant.backup import back_up
    from assistant.settings import load_settings

    stored = back_up(load_settings(data_dir=data_dir, corpus=corpus), file)
    _tell(stored, as_json=as_json, done="Backed up")


def restore(
    file: Archive,
    replace: Annotated[
        bool, typer.Option("--replace", help="Let the documents go that are in the data directory now.")
    ] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    corpus: Corpus = None,
) -> None:
    """Bring back what a backup holds, all of it or nothing."""
    from assistant.backup import restore as bring_back
    from assistant.settings import load_settings

    stored = bring_back(load_settings(data_dir=data_dir, corpus=corpus), file, replace=replace)
    _tell(stored, as_json=as_json, done="Restored")


def _tell(stored: Stored, *, as_json: bool, done: str) -> None:
    from assistant.serialization import SCHEMA, to_json_text
    from assistant.terminal import one_line

    if as_json:
        typer.echo(to_json_text({"schema": SCHEMA, **asdict(stored)}))
    else:
        typer.echo(
            f"{done} {stored.documents} documents, {stored.chunks} chunks and {stored.uploads} uploads: "
            f"{one_line(stored.file)}, {stored.bytes / _MIB:.1f} MiB."
        )
    for digest in stored.missing_uploads:
        typer.echo(f"Note: the file of the upload {digest[:12]} is lost; its text and its vectors are there.", err=True)
