"""Which files a sync looks at, and under which ids."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assistant.catalog import SourceKind, SourceRecord
from assistant.errors import CorpusNotFound
from ingest.verdicts import Code

DEFAULT = "corpus"
"""The name of the source whose ids are relative to the folder `--corpus`."""
UPLOADS = "uploads"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A source, or the part of it below one folder or file."""

    source: SourceRecord
    path: Path
    """The folder or file to look at, absolute."""
    prefix: str
    """Ids of this scope are this one, or begin with it."""

    def holds(self, document_id: str) -> bool:
        """Tell whether an id belongs to this scope."""
        if self.source.kind is SourceKind.FILE:
            return document_id == self.prefix
        return document_id == self.prefix.rstrip("/") or document_id.startswith(self.prefix)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file as the file system shows it."""

    document_id: str
    source: str
    path: Path
    size: int
    mtime_ns: int
    fault: Code | None = None
    """Why it can't even be opened; None for an ordinary file."""


@dataclass(slots=True)
class Scan:
    """What was found below a scope."""

    files: list[Found] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    """Id prefixes of folders that can't be listed: what is below them is not known to be gone."""
    links: list[tuple[str, str]] = field(default_factory=list)
    """Ids of symbolic links that are not followed, each with what is wrong with it."""


def scopes_of(
    paths: Sequence[Path], *, corpus: Path, known: Sequence[SourceRecord], taken: Iterable[str]
) -> list[Scope]:
    """Tell which sources the given paths stand for.

    Args:
        paths: Folders and files; empty means the default source.
        corpus: The folder of the default source.
        known: Sources of the catalog.
        taken: First parts of ids that another source must not be named after.

    Returns:
        A scope per path. One inside a known source is a part of that source.

    Raises:
        CorpusNotFound: If a path is not there and was never ingested.
    """
    corpus = corpus.expanduser().resolve()
    default = SourceRecord(name=DEFAULT, kind=SourceKind.FOLDER, root=str(corpus))
    sources = [default, *(source for source in known if source.name not in (DEFAULT, UPLOADS))]
    names = {*taken, DEFAULT, UPLOADS, *(source.name for source in sources)}
    scopes: list[Scope] = []
    for given in paths or [corpus]:
        path = given.expanduser().resolve()
        scope = _inside_known(path, sources) or _new_scope(path, names)
        ever = any(source.name == scope.source.name for source in known)
        if not path.exists() and not ever:
            raise CorpusNotFound(given)
        if scope.source not in sources:
            sources.append(scope.source)
            names.add(scope.source.name)
        if scope not in scopes:
            scopes.append(scope)
    return scopes


def _inside_known(path: Path, sources: Sequence[SourceRecord]) -> Scope | None:
    """Find the innermost source that a path belongs to."""
    fitting = [source for source in sources if source.root and path.is_relative_to(source.root)]
    if not fitting:
        return None
    source = max(fitting, key=lambda one: (len(one.root), one.name == DEFAULT))
    inner = path.relative_to(source.root).as_posix()
    outer = "" if source.name == DEFAULT else source.name
    if source.kind is SourceKind.FILE:
        return Scope(source=source, path=path, prefix=outer)
    prefix = "/".join(part for part in (outer, "" if inner == "." else inner) if part)
    return Scope(source=source, path=path, prefix=f"{prefix}/" if prefix else "")


def _new_scope(path: Path, names: set[str]) -> Scope:
    kind = SourceKind.FOLDER if path.is_dir() else SourceKind.FILE
    name = _free_name(_shown(path.name) or "root", names, is_file=kind is SourceKind.FILE)
    source = SourceRecord(name=name, kind=kind, root=str(path))
    return Scope(source=source, path=path, prefix=name if kind is SourceKind.FILE else f"{name}/")


def _free_name(name: str, names: set[str], *, is_file: bool) -> str:
    stem, suffix = (Path(name).stem, Path(name).suffix) if is_file else (name, "")
    number, candidate = 1, name
    while candidate in names:
        number += 1
        candidate = f"{stem}-{number}{suffix}"
    return candidate


def scan(scope: Scope, *, excluded: Path) -> Scan:
    """Look at the files below a scope. Opens none of them.

    Args:
        scope: What to look at.
        excluded: The data directory, which is never a source.

    Returns:
        The files by id. Hidden ones are left out; symbolic links to anything but a file of the source are told apart.
    """
    found = Scan()
    root = Path(scope.source.root)
    if not scope.path.is_dir():
        if scope.path.exists() and not scope.path.is_dir():
            document_id = scope.prefix.rstrip("/") or scope.path.name
            found.files.append(_found(scope.path, document_id, scope.source.name))
        return found
    excluded = excluded.resolve()
    base = scope.prefix.rstrip("/")
    for path, relative, readable in _walk(scope.path, excluded=excluded):
        document_id = "/".join(part for part in (base, _shown(relative)) if part)
        if readable and path.is_symlink() and (fault := _fault_of_link(path, root)) is not None:
            found.links.append((document_id, fault))
        elif readable:
            found.files.append(_found(path, document_id, scope.source.name))
        else:
            found.closed.append(f"{document_id}/" if document_id else "")
    found.files.sort(key=lambda one: one.document_id)
    return found


def _walk(top: Path, *, excluded: Path) -> Iterator[tuple[Path, str, bool]]:
    """Yield files and links, by their paths below the top, and folders that can't be listed (not readable)."""
    stack = [""]
    while stack:
        relative = stack.pop()
        folder = top / relative if relative else top
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError:
            yield folder, relative, False
            continue
        for entry in entries:
            if entry.name.startswith((".", "~$")):
                continue
            inner = f"{relative}/{entry.name}" if relative else entry.name
            path = folder / entry.name
            if entry.is_dir(follow_symlinks=False):
                if path != excluded:
                    stack.append(inner)
            else:
                yield path, inner, True


def _fault_of_link(link: Path, root: Path) -> str | None:
    """Tell why a symbolic link is not followed; None if it leads to a file of the same source."""
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError):
        return "it leads nowhere"
    if not target.is_relative_to(root.resolve()):
        return "it leads out of the folder"
    return None if target.is_file() else "it leads to a folder" if target.is_dir() else "it leads to no file"


def _found(path: Path, document_id: str, source: str) -> Found:
    fault = None if _is_text(path.name) else Code.BAD_NAME
    try:
        state = path.stat()
    except OSError:
        return Found(document_id=document_id, source=source, path=path, size=0, mtime_ns=0, fault=Code.UNREADABLE)
    if not stat.S_ISREG(state.st_mode):
        fault = Code.NOT_A_FILE
    return Found(
        document_id=document_id,
        source=source,
        path=path,
        size=state.st_size,
        mtime_ns=state.st_mtime_ns,
        fault=fault,
    )


def _is_text(name: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in name)


def _shown(name: str) -> str:
    """Write a name that is not UTF-8 with its odd bytes spelled out."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")
