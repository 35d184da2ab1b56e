"""What the rule files in a person's folders say: which files to leave out, and which tags documents get."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pathspec import GitIgnoreSpec

from assistant.errors import RuleFileError
from assistant.tags import LONGEST_TAG, is_tag

IGNORE_FILE = ".assistantignore"
TAGS_FILE = ".assistanttags"
_LONGEST_FILE = 1024 * 1024
"""Bytes of a rule file."""


@dataclass(frozen=True, slots=True)
class FolderRules:
    """The rules that hold in a folder: its own and those of the folders above it, up to the source."""

    ignoring: tuple[tuple[str, GitIgnoreSpec], ...] = ()
    """Gitignore rules, innermost last, each with the folder that it counts from (`""`, or ending with `/`)."""
    tags: tuple[str, ...] = ()
    """Sorted. Of every document below."""

    def inside(self, folder: Path, relative: str) -> FolderRules:
        """Add what a folder's own rule files say.

        Args:
            folder: Where it is.
            relative: Its path below the source's folder, with `/`; empty for that folder itself.

        Returns:
            The rules that hold in it.

        Raises:
            RuleFileError: If one of its rule files can't be read or says what is no rule.
        """
        rules = self
        if (lines := _lines_of(folder / IGNORE_FILE)) is not None:
            rules = replace(rules, ignoring=(*rules.ignoring, _compiled(folder, relative, lines)))
        if (lines := _lines_of(folder / TAGS_FILE)) is not None:
            rules = replace(rules, tags=tuple(sorted({*rules.tags, *_tags(folder / TAGS_FILE, lines)})))
        return rules

    def ignores(self, relative: str, *, is_folder: bool) -> bool:
        """Tell whether a file or folder is left out: as in git, the innermost file with a matching rule decides.

        Args:
            relative: Its path below the source's folder, with `/`.
            is_folder: Whether it is a folder.
        """
        asked = f"{relative}/" if is_folder else relative
        for base, spec in reversed(self.ignoring):
            decided = spec.check_file(asked.removeprefix(base)).include
            if decided is not None:
                return decided
        return False


def _compiled(folder: Path, relative: str, lines: list[str]) -> tuple[str, GitIgnoreSpec]:
    try:
        return (f"{relative}/" if relative else "", GitIgnoreSpec.from_lines(lines))
    except ValueError as error:
        raise RuleFileError(folder / IGNORE_FILE, detail=str(error)) from error


def _tags(path: Path, lines: list[str]) -> set[str]:
    said = {line.strip() for line in lines if line.strip() and not line.startswith("#")}
    for tag in said:
        if not is_tag(tag):
            raise RuleFileError(path, detail=f"{tag[:40]!r} is no tag of at most {LONGEST_TAG} printable characters")
    return said


def _lines_of(path: Path) -> list[str] | None:
    """Read a rule file; None where there is none. One that can't be read must not pass for one that says nothing."""
    try:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise RuleFileError(path, detail="it is not an ordinary file")
        with path.open("rb") as stream:
            data = stream.read(_LONGEST_FILE + 1)
        if len(data) > _LONGEST_FILE:
            raise RuleFileError(path, detail="it is larger than 1 MiB")
        return data.decode("utf-8-sig").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise RuleFileError(path, detail=getattr(error, "strerror", None) or "it is not UTF-8") from error
