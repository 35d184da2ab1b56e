"""The command `assistant`: asking, the documents, the doctor, backups, and what other packages add to it."""

from __future__ import annotations

import io
import logging
import os
import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import EntryPoint, distribution
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from typer.main import get_command

from assistant import asking_cli, backup_cli, documents_cli
from assistant.documents_cli import AsJson, Corpus, DataDir
from assistant.environment import prepare_environment
from assistant.errors import (
    AssistantError,
    CommandUnavailable,
    DiskFull,
    SettingsError,
    is_full_disk,
)

DISTRIBUTION = "assistant"
COMMANDS = "assistant.commands"
"""The entry-point group through which the other packages of this distribution add their commands."""
_PACKAGES = ("assistant", "ingest", "evals", "ui")
_NAMED_ERROR, _BUG, _INTERRUPTED = 1, 70, 130


def main() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    prepare_environment()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # What reads a pipe expects UTF-8 whatever the locale, and no character is worth a crash.
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="backslashreplace")
    code = run(sys.argv[1:], entry_points=own_entry_points())
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _discard_stdout()
    sys.exit(code)


def run(arguments: Sequence[str], *, entry_points: Sequence[EntryPoint]) -> int:
    """Run one command line.

    Args:
        arguments: Without the program's name.
        entry_points: The commands of the other packages.

    Returns:
        The exit code: 0 done, 1 a named error, 2 usage, 70 a bug, 130 interrupted; or what the command asked for.
    """
    try:
        get_command(build_app(entry_points))(args=list(arguments), prog_name=DISTRIBUTION)
    except SystemExit as ending:
        return _exit_code(ending)
    except AssistantError as error:
        typer.echo(f"error[{type(error).__name__}]: {_readable(str(error))}", err=True)
        return _NAMED_ERROR
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the outermost frame: whatever gets here is a bug and is shown as one
        if isinstance(error, OSError) and is_full_disk(error):
            typer.echo(f"error[DiskFull]: {_readable(str(DiskFull(Path(error.filename or '.'))))}", err=True)
            return _NAMED_ERROR
        traceback.print_exc()
        typer.echo(
            "This is a bug in the assistant, not a mistake of yours. Please report it with the lines above.", err=True
        )
        return _BUG
    return 0


def build_app(entry_points: Sequence[EntryPoint]) -> typer.Typer:
    """Put the commands together.

    Args:
        entry_points: The commands of the other packages; one that can't be loaded is listed as unavailable.

    Returns:
        The whole command line.
    """
    app = typer.Typer(
        name=DISTRIBUTION,
        help="Answers questions from your own documents, and every sentence of an answer can be checked.",
        add_completion=False,
        no_args_is_help=True,
        rich_markup_mode=None,
        callback=_root,
    )
    app.command("ask")(asking_cli.ask)
    app.command("search")(asking_cli.search)
    app.command("doctor")(doctor)
    app.command("backup")(backup_cli.backup)
    app.command("restore")(backup_cli.restore)
    app.add_typer(documents_cli.app, name="documents")
    for entry_point in sorted(entry_points, key=lambda entry_point: entry_point.name):
        _mount(app, entry_point)
    return app


def own_entry_points() -> tuple[EntryPoint, ...]:
    """Find the commands that the other packages of this distribution add; other distributions can't add any."""
    return tuple(distribution(DISTRIBUTION).entry_points.select(group=COMMANDS))


def _mount(app: typer.Typer, entry_point: EntryPoint) -> None:
    """Merge an app whose one command has the entry point's name; make any other a group of that name."""
    try:
        other = entry_point.load()
        command = get_command(other)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a broken package must not spoil the other commands
        _mount_unavailable(app, entry_point, reason=f"{type(error).__name__}: {error}")
        return
    merged = command.name == entry_point.name and not other.registered_groups
    app.add_typer(other, name=None if merged else entry_point.name)


def _mount_unavailable(app: typer.Typer, entry_point: EntryPoint, *, reason: str) -> None:
    def unavailable() -> None:
        raise CommandUnavailable(entry_point.name, reason=reason)

    anything = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}
    app.command(entry_point.name, help="Unavailable: its package can't be loaded.", context_settings=anything)(
        unavailable
    )


def _exit_code(ending: SystemExit) -> int:
    if isinstance(ending.__context__, BrokenPipeError):
        _discard_stdout()
        return 0
    if isinstance(ending.__context__, typer.Abort):
        return _INTERRUPTED
    return ending.code if isinstance(ending.code, int) else int(ending.code is not None)


def _discard_stdout() -> None:
    """Whoever read the results has seen enough: what is still buffered goes nowhere."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)


def _readable(message: str) -> str:
    """Keep control characters of file names and documents from the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in message)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"{DISTRIBUTION} {distribution(DISTRIBUTION).version}")
        raise typer.Exit


def _root(
    verbose: Annotated[
        int, typer.Option("--verbose", "-v", count=True, show_default=False, help="Log to stderr; twice for more.")
    ] = 0,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    level = (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)]
    for package in _PACKAGES:
        logging.getLogger(package).setLevel(level)


def doctor(
    check: Annotated[bool, typer.Option("--check", help="Check the store; exit code 1 if it has faults.")] = False,
    repair: Annotated[bool, typer.Option("--repair", help="Rebuild the vector index from the catalog.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    corpus: Corpus = None,
) -> None:
    """Show settings and their origins, versions and the store."""
    from assistant.doctor import examine, facts_of_settings, list_settings, repair_index
    from assistant.serialization import to_json_text
    from assistant.settings import load_settings
    from assistant.terminal import open_console, render_facts

    overrides = {"data_dir": data_dir, "corpus": corpus}
    try:
        settings = load_settings(**overrides)
    except SettingsError:
        given = list_settings(overrides, settings=None)
        render_facts(open_console(sys.stderr), facts_of_settings(given), heading="Settings as they were given")
        raise
    report = examine(settings, overrides=overrides, check=check, repaired=repair_index(settings) if repair else None)
    if as_json:
        typer.echo(to_json_text(report.to_json()))
    else:
        for heading, facts in report.to_facts():
            render_facts(open_console(), facts, heading=heading)
    if report.faults:
        raise typer.Exit(_NAMED_ERROR)
