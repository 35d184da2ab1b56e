"""The commands `assistant documents list | show | remove | tag`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from assistant.catalog import Catalog

app = typer.Typer(help="List, show, tag and remove documents.", no_args_is_help=True)


def given_path(text: str) -> Path | None:
    """Read an option that names a path; an empty one says nothing, as an empty variable does.

    Whether the path can be read is found out where it is used, so that the error has a name.
    """
    return Path(text) if text.strip() else None


DataDir = Annotated[
    Path | None,
    typer.Option(parser=given_path, metavar="PATH", help="Where the catalog, the index and uploads are kept."),
]
Corpus = Annotated[
    Path | None,
    typer.Option(parser=given_path, metavar="PATH", help="The folder of documents that is the default source."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
DocumentId = Annotated[str, typer.Argument(metavar="ID", help="As `assistant documents list` shows it.")]


@app.command("list")
def list_documents(
    problems: Annotated[bool, typer.Option("--problems", help="Only documents that could not be read.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    corpus: Corpus = None,
) -> None:
    """List every document, with the reason of each that could not be read."""
    from assistant.catalog import Catalog
    from assistant.serialization import documents_to_json, to_json_text
    from assistant.settings import load_settings
    from assistant.terminal import open_console, render_documents
    from assistant.types import DocumentState

    settings = load_settings(data_dir=data_dir, corpus=corpus)
    with Catalog.open(settings.data_dir) as catalog:
        records = catalog.documents()
    if problems:
        records = [record for record in records if record.state is DocumentState.PROBLEM]
    if as_json:
        typer.echo(to_json_text(documents_to_json(records)))
    elif records:
        render_documents(open_console(), records)
    else:
        typer.echo("No problems." if problems else "No documents.", err=True)


@app.command("show")
def show_document(
    document_id: DocumentId,
    text: Annotated[bool, typer.Option("--text", help="Its exact normalised text and nothing else.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    corpus: Corpus = None,
) -> None:
    """Show what is known of a document, or its text."""
    from assistant.catalog import Catalog
    from assistant.serialization import document_to_json, to_json_text
    from assistant.settings import load_settings
    from assistant.terminal import open_console, render_document

    settings = load_settings(data_dir=data_dir, corpus=corpus)
    with Catalog.open(settings.data_dir) as catalog:
        document = catalog.document(document_id)
    if as_json:
        typer.echo(to_json_text(document_to_json(document, with_text=text)))
    elif text:
        sys.stdout.buffer.write(document.text.encode("utf-8", "surrogatepass"))
        sys.stdout.buffer.flush()
    else:
        render_document(open_console(), document)


@app.command("remove")
def remove(
    document_id: DocumentId,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask on a terminal.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    corpus: Corpus = None,
) -> None:
    """Remove a document from the catalog and the index. Its file in a folder of yours is left alone."""
    from assistant.catalog import Catalog
    from assistant.indexing import remove_document
    from assistant.serialization import SCHEMA, to_json_text
    from assistant.settings import load_settings
    from assistant.terminal import one_line

    settings = load_settings(data_dir=data_dir, corpus=corpus)
    with Catalog.open(settings.data_dir) as catalog:
        file = _synced_file(catalog, document_id)
    if not yes and not _confirmed(one_line(document_id)):
        typer.echo("Nothing was removed.", err=True)
        return
    remove_document(document_id, settings=settings)
    if as_json:
        typer.echo(to_json_text({"schema": SCHEMA, "removed": [document_id], "file": file and str(file)}))
    else:
        typer.echo(f"Removed {one_line(document_id)}.")
    if file is not None:
        typer.echo(
            f"Its file is still in a folder that is synced: the next `assistant ingest` adds it again unless "
            f"{one_line(str(file))} is deleted or moved.",
            err=True,
        )


@app.command("tag")
def tag(
    document_id: DocumentId,
    add: Annotated[list[str] | None, typer.Option("--add", metavar="TAG", help="Give it a tag; repeatable.")] = None,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", metavar="TAG", help="Take a tag away that was given so; repeatable.")
    ] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    corpus: Corpus = None,
) -> None:
    """Show a document's tags, or change those that were given here. They stay through edits and moves."""
    from assistant.catalog import Catalog
    from assistant.errors import TagError
    from assistant.lock import WriterLock
    from assistant.serialization import SCHEMA, to_json_text
    from assistant.settings import load_settings
    from assistant.terminal import one_line

    settings = load_settings(data_dir=data_dir, corpus=corpus)
    adding, removing = _tags(add), _tags(remove)
    with Catalog.open(settings.data_dir) as catalog:
        given = set(catalog.file(document_id).tags)
    if missing := removing - given:
        raise TagError(f"{sorted(missing)[0]!r} was not given to {document_id!r}", given=sorted(given))
    if adding or removing:
        with WriterLock(settings.data_dir), Catalog.open(settings.data_dir, write=True) as catalog:
            catalog.set_tags(document_id, sorted((set(catalog.file(document_id).tags) | adding) - removing))
    with Catalog.open(settings.data_dir) as catalog:
        tags = next(record.tags for record in catalog.documents() if record.document_id == document_id)
    if as_json:
        typer.echo(to_json_text({"schema": SCHEMA, "document": document_id, "tags": list(tags)}))
    else:
        typer.echo(f"{one_line(document_id)}: {', '.join(map(one_line, tags)) or 'no tags'}")


def _tags(given: list[str] | None) -> set[str]:
    from assistant.errors import TagError
    from assistant.tags import is_tag

    tags = {text.strip() for text in given or ()}
    for text in tags:
        if not is_tag(text):
            raise TagError(f"{text[:40]!r} is no tag of 1 to 100 printable characters", given=())
    return tags


def _synced_file(catalog: Catalog, document_id: str) -> Path | None:
    """Find the file that the next sync would read again; None for an upload or where it is gone."""
    record = next((record for record in catalog.documents() if record.document_id == document_id), None)
    if record is None:
        catalog.document(document_id)  # raises DocumentNotFound with the nearest ids
        return None
    source = next((source for source in catalog.sources() if source.name == record.source), None)
    if source is None or not source.root:
        return None
    root, inside = Path(source.root), document_id.removeprefix(f"{source.name}/")
    candidates = (root / document_id, root / inside, root)
    return next((path for path in candidates if path.is_file()), None)


def _confirmed(name: str) -> bool:
    """Ask on a terminal. A script that says `remove` means it."""
    if not sys.stdin.isatty():
        return True
    return typer.confirm(f"Remove {name}?", err=True)
