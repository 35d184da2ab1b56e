"""Which sources a sync looks at, and under which ids their files go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    folder_tags: tuple[str, ...] = ()
    """Those that the folders above it give."""


@dataclass(slots=True)
class Scan:
    """What was found below a scope."""

    files: list[Found] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    """Id prefixes of folders that can't be listed: what is below them is not known to be gone."""
    links: list[tuple[str, str]] = field(default_factory=list)
    """Ids of symbolic links that are not followed, each with what is wrong with it."""
    ignored: list[str] = field(default_factory=list)
    """Ids of files that the person wants left out, and of whole folders, which end with `/`."""


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


def path_of(document_id: str, source: SourceRecord) -> Path:
    """Tell where a document's file is looked for; the inverse of how a scan names it.

    Args:
        document_id: Of this source.
        source: A folder or a file.
    """
    root = Path(source.root)
    if source.kind is SourceKind.FILE:
        return root
    return root / (document_id if source.name == DEFAULT else document_id.removeprefix(f"{source.name}/"))


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
    name = _free_name(shown_name(path.name) or "root", names, is_file=kind is SourceKind.FILE)
    source = SourceRecord(name=name, kind=kind, root=str(path))
    return Scope(source=source, path=path, prefix=name if kind is SourceKind.FILE else f"{name}/")


def _free_name(name: str, names: set[str], *, is_file: bool) -> str:
    stem, suffix = (Path(name).stem, Path(name).suffix) if is_file else (name, "")
    number, candidate = 1, name
    while candidate in names:
        number += 1
        candidate = f"{stem}-{number}{suffix}"
    return candidate


def shown_name(name: str) -> str:
    """Write a name that is not UTF-8 with its odd bytes spelled out."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")
