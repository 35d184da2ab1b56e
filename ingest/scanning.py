"""Looking at the files of a source, without opening any but the rule files."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from assistant.catalog import SourceKind
from ingest.folder_rules import FolderRules
from ingest.sources import Found, Scan, Scope, shown_name
from ingest.verdicts import Code


def scan(scope: Scope, *, excluded: Path) -> Scan:
    """Look at the files below a scope. Opens none of them but the rule files of its folders.

    Args:
        scope: What to look at.
        excluded: The data directory, which is never a source.

    Returns:
        The files by id. Hidden ones are left out; symbolic links to anything but a file of the source are told apart,
        and so is what the rule files leave out.

    Raises:
        RuleFileError: If a rule file can't be read.
    """
    walk = _Walk(scope, excluded=excluded.resolve())
    inner = scope.path.relative_to(walk.root).parts if scope.source.kind is SourceKind.FOLDER else ()
    rules, folder = FolderRules(), walk.root
    for depth, name in enumerate(inner):  # the folders above the scope have a say in it
        rules = rules.inside(folder, "/".join(inner[:depth]))
        folder = folder / name
        if rules.ignores("/".join(inner[: depth + 1]), is_folder=folder.is_dir()):
            walk.found.ignored.append(scope.prefix if scope.path.is_dir() else scope.prefix.rstrip("/"))
            return walk.found
    if scope.path.is_dir():
        walk.run("/".join(inner), rules)
    elif scope.path.exists():
        walk.add(scope.path, scope.prefix.rstrip("/") or scope.path.name, rules)
    walk.found.files.sort(key=lambda one: one.document_id)
    return walk.found


class _Walk:
    """Collects what is below a scope."""

    def __init__(self, scope: Scope, *, excluded: Path) -> None:
        self.found = Scan()
        self.root = Path(scope.source.root)
        self._source, self._excluded = scope.source.name, excluded
        self._resolved = self.root.resolve()
        base = scope.path.relative_to(self.root).as_posix()
        self._inner = "" if base == "." else base
        self._prefix = scope.prefix

    def run(self, relative: str, rules: FolderRules) -> None:
        """Walk down from a folder, given by its path below the source's folder."""
        stack = [(relative, rules)]
        while stack:
            relative, outer = stack.pop()
            folder = self.root / relative
            try:
                with os.scandir(folder) as listing:
                    entries = sorted(listing, key=lambda entry: entry.name)
            except OSError:
                self.found.closed.append(self._id_of(f"{relative}/") if relative else self._prefix)
                continue
            rules = outer.inside(folder, relative)
            for entry in entries:
                inner = f"{relative}/{entry.name}" if relative else entry.name
                if self._take(entry, inner, rules):
                    stack.append((inner, rules))

    def _take(self, entry: os.DirEntry[str], inner: str, rules: FolderRules) -> bool:
        """Decide about one entry; returns whether it is a folder to walk into."""
        is_folder = entry.is_dir(follow_symlinks=False)
        if entry.name.startswith((".", "~$")) or (is_folder and Path(entry.path) == self._excluded):
            return False
        if rules.ignores(inner, is_folder=is_folder):
            self.found.ignored.append(self._id_of(f"{inner}/" if is_folder else inner))
            return False
        if not is_folder:
            self.add(Path(entry.path), self._id_of(inner), rules)
        return is_folder

    def _id_of(self, relative: str) -> str:
        """Name a path below the source's folder by the scope's ids."""
        below = relative.removeprefix(self._inner).removeprefix("/")
        return self._prefix + shown_name(below)

    def add(self, path: Path, document_id: str, rules: FolderRules) -> None:
        """Take a file or a link."""
        if path.is_symlink() and (fault := _fault_of_link(path, self._resolved)) is not None:
            self.found.links.append((document_id, fault))
        else:
            self.found.files.append(_found(path, document_id, self._source, rules))


def _fault_of_link(link: Path, root: Path) -> str | None:
    """Tell why a symbolic link is not followed; None if it leads to a file of the same source."""
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError):
        return "it leads nowhere"
    if not target.is_relative_to(root):
        return "it leads out of the folder"
    return None if target.is_file() else "it leads to a folder" if target.is_dir() else "it leads to no file"


def _found(path: Path, document_id: str, source: str, rules: FolderRules) -> Found:
    fault, size, mtime_ns = None if _is_text(path.name) else Code.BAD_NAME, 0, 0
    try:
        state = path.stat()
        size, mtime_ns = state.st_size, state.st_mtime_ns
        fault = fault if stat.S_ISREG(state.st_mode) else Code.NOT_A_FILE
    except OSError:
        fault = Code.UNREADABLE
    return Found(
        document_id=document_id,
        source=source,
        path=path,
        size=size,
        mtime_ns=mtime_ns,
        fault=fault,
        folder_tags=rules.tags,
    )


def _is_text(name: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in name)
