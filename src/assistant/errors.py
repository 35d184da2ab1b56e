"""Everything that can go wrong and that the person can act on.

AssistantError
├── SettingsError            a setting's value, name or file
├── CorpusNotFound           a named folder or file is not there
├── PruneRefused             a sync would remove too much
├── RuleFileError            a file of rules in a folder can't be read
├── DocumentNotFound         an id that the catalog does not hold
├── TagError                 a tag that can't be given or was not given
├── FilterMatchesNothing     a question about documents of which there are none
├── EmptyCorpus              a question before the first document
├── DataDirError             the data directory can't be used
│   ├── DataDirLocked        another process writes
│   ├── CatalogTooNew        written by a newer version
│   ├── CatalogTooOld        written by an older version, waits for a writer
│   ├── CatalogDamaged       the database can't be read
│   ├── DataDirDenied        no permission to read or write there, or no folder
│   └── DiskFull             no space left
├── DataDirNotEmpty          a restore would replace what is there
├── BackupDamaged            an archive that is not what was written, or of a newer version
├── StaleIndex               built with another embedder, chunking or schema
├── IndexDamaged             the derived index can't be opened
├── ModelError               the embedding model
│   ├── ModelNotFound        no such folder or package, and downloads are off
│   └── ExportMismatch       the exported model disagrees with its source
├── CalibrationDamaged       a file of weights for the confidence that can't be read
├── MaxWrongUnreachable      so few wrong answers can't be had
├── HistoryInvalid           a file of earlier turns that is not one
├── CitationInvalid          a span that no longer holds
├── HostRefused              serving beyond loopback
├── CommandUnavailable       a command whose package can't be loaded
└── PortInUse                the page's port is taken

One class per remedy. Messages say what, with which values, and what to do.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path


class AssistantError(Exception):
    """Something the person can act on. Shown as `error[Name]: message`, exit code 1."""


class SettingsError(AssistantError):
    """A setting has an unknown name or a value out of bounds."""


class CorpusNotFound(AssistantError):
    """A folder or file to ingest is not there."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"No folder or file at {str(path)!r}. Check the path, or name another with --corpus.")
        self.path = path


class RuleFileError(AssistantError):
    """A file that says what to leave out, or which tags documents get, can't be read or says what is no rule."""

    def __init__(self, path: Path, *, detail: str) -> None:
        super().__init__(f"{str(path)!r} can't be used: {detail}. Nothing was changed. Mend it or remove it.")
        self.path, self.detail = path, detail


class PruneRefused(AssistantError):
    """A sync would remove more than half of a source's documents, or its folder is missing."""

    def __init__(self, *, source: str, folder: Path, removed: int, known: int) -> None:
        super().__init__(
            f"{removed} of the {known} documents of {source!r} are not in {str(folder)!r}. Nothing was changed. "
            "Check that this is the right folder. Only if they are meant to go, run again with --prune."
        )
        self.source, self.folder, self.removed, self.known = source, folder, removed, known


class DocumentNotFound(AssistantError):
    """The catalog holds no document with this id."""

    def __init__(self, document_id: str, *, nearest: Sequence[str] = ()) -> None:
        hint = f" Did you mean {', '.join(map(repr, nearest))}?" if nearest else ""
        super().__init__(f"No document {document_id!r}.{hint} `assistant documents list` shows them all.")
        self.document_id, self.nearest = document_id, tuple(nearest)


class TagError(AssistantError):
    """A tag can't be given, or can't be taken away since it was not given."""

    def __init__(self, fault: str, *, given: Sequence[str]) -> None:
        known = f" Given to it: {', '.join(map(repr, given))}." if given else ""
        super().__init__(
            f"{fault}.{known} Tags that a document or its folder's .assistanttags file names are changed there."
        )
        self.given = tuple(given)


class FilterMatchesNothing(AssistantError):
    """No indexed document has the tags and lies in the folders that a question is limited to."""

    def __init__(self, *, limits: Sequence[str], known: Sequence[str]) -> None:
        tags = f"Tags that there are: {', '.join(map(repr, known))}." if known else "No document has a tag."
        super().__init__(
            f"No document matches {' and '.join(limits)}. {tags} `assistant documents list` shows the ids, "
            "which begin with their folders."
        )
        self.limits, self.known = tuple(limits), tuple(known)


class EmptyCorpus(AssistantError):
    """A question was asked while no document can be read: before the first ingest, or after the last was removed."""

    def __init__(self, data_dir: Path, *, problems: int = 0) -> None:
        broken = f" {problems} could not be read: see `assistant documents list --problems`." if problems else ""
        super().__init__(f"No documents in {str(data_dir)!r} yet. Run `assistant ingest` first.{broken}")
        self.data_dir, self.problems = data_dir, problems


class DataDirError(AssistantError):
    """The data directory can't be used as it is."""


class DataDirLocked(DataDirError):
    """Another process is writing to the data directory."""

    def __init__(self, data_dir: Path, *, holder: str) -> None:
        super().__init__(
            f"{str(data_dir)!r} is being written to by {holder}. Wait until it has finished, or stop it; "
            "questions can be asked meanwhile."
        )
        self.data_dir, self.holder = data_dir, holder


class CatalogTooNew(DataDirError):
    """The catalog was written by a newer version of this program."""

    def __init__(self, *, found: int, known: int) -> None:
        super().__init__(
            f"The catalog has schema {found}, this version reads up to {known}. Update the assistant, "
            "or use another --data-dir."
        )
        self.found, self.known = found, known


class CatalogTooOld(DataDirError):
    """The catalog was written by an older version and has to be brought up to date by a writer."""

    def __init__(self, *, found: int, known: int) -> None:
        super().__init__(
            f"The catalog has schema {found}, this version reads {known}. Run `assistant ingest` once: it brings the "
            "catalog up to date."
        )
        self.found, self.known = found, known


class CatalogDamaged(DataDirError):
    """The catalog's database file can't be read."""

    def __init__(self, path: Path, *, detail: str) -> None:
        super().__init__(
            f"The catalog {str(path)!r} can't be read: {detail}. Run `assistant restore FILE --replace` with a backup; "
            "or `assistant ingest --rebuild`, which takes over what is whole; or delete the folder "
            f"{str(path.parent)!r} and run `assistant ingest` to read the documents again."
        )
        self.path, self.detail = path, detail


class DataDirDenied(DataDirError):
    """The data directory's permissions or its disk forbid what is needed."""

    def __init__(self, path: Path, *, detail: str) -> None:
        super().__init__(
            f"{str(path)!r} can't be used: {detail}. Check its permissions and its disk, or choose another --data-dir."
        )
        self.path, self.detail = path, detail


class DiskFull(DataDirError):
    """There is no space left for the data directory."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"No space left on the disk of {str(path)!r}. What was stored is safe; free some space and run again."
        )
        self.path = path


def is_full_disk(error: OSError) -> bool:
    """Tell whether the operating system has no space left, or a quota is used up."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def data_dir_error(path: Path, error: OSError) -> DataDirError:
    """Name what the operating system refused in a data directory: a full disk, or anything else."""
    if is_full_disk(error):
        return DiskFull(path)
    if isinstance(error, FileExistsError | NotADirectoryError):
        return DataDirDenied(path, detail="it, or a folder above it, is a file")
    return DataDirDenied(path, detail=str(error))


class DataDirNotEmpty(AssistantError):
    """A backup would be restored over documents that are there."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(
            f"{str(data_dir)!r} holds documents already. Restore into another --data-dir, or add --replace: what is "
            "there is then gone for good."
        )
        self.data_dir = data_dir


class BackupDamaged(AssistantError):
    """An archive is not a backup, is not as it was written, or was written by a newer version."""

    def __init__(self, path: Path, *, detail: str) -> None:
        super().__init__(f"The backup {str(path)!r} can't be restored: {detail}. Nothing was changed; use another one.")
        self.path, self.detail = path, detail


class StaleIndex(AssistantError):
    """The index was built with another embedding model, chunking or schema."""

    def __init__(self, *, built_with: str, wanted: str) -> None:
        super().__init__(
            f"The index was built with {built_with}, the settings say {wanted}. Set them back, or run "
            "`assistant ingest --rebuild`: everything is embedded anew beside the index, which answers meanwhile."
        )
        self.built_with, self.wanted = built_with, wanted


class IndexDamaged(AssistantError):
    """The vector index can't be opened and could not be rebuilt."""

    def __init__(self, path: Path, *, detail: str) -> None:
        super().__init__(
            f"The vector index {str(path)!r} can't be used: {detail}. Delete that folder and run "
            "`assistant ingest`: it is rebuilt from the catalog, no document is lost."
        )
        self.path, self.detail = path, detail


class ModelError(AssistantError):
    """A model can't be used."""


class ModelNotFound(ModelError):
    """No model of this name is on this machine, and downloading was not configured."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"No model {name!r} on this machine. Give a folder that holds a sentence-transformers model, "
            "or set ASSISTANT_ALLOW_MODEL_DOWNLOAD=true to fetch it by name."
        )
        self.name = name


class ExportMismatch(ModelError):
    """The exported model's vectors differ from those of the model it was made from."""

    def __init__(self, name: str, *, cosine: float, required: float) -> None:
        super().__init__(
            f"The export of {name!r} reproduces its vectors only to cosine {cosine:.6f} (needed {required}). "
            "Set ASSISTANT_EMBEDDING_PRECISION=f32, or choose another model."
        )
        self.name, self.cosine, self.required = name, cosine, required


class CitationInvalid(AssistantError):
    """A stored span no longer holds the text it was cited for."""

    def __init__(self, document_id: str, *, start: int, end: int) -> None:
        super().__init__(
            f"The citation [{start}, {end}) of {document_id!r} does not hold the quoted text any more: the document "
            "was changed or removed, or the store was altered. Ask again; if it persists, run "
            "`assistant doctor --check`."
        )
        self.document_id, self.start, self.end = document_id, start, end


class CalibrationDamaged(AssistantError):
    """A file that should hold a calibration does not."""

    def __init__(self, path: Path, *, detail: str) -> None:
        super().__init__(
            f"The calibration {str(path)!r} can't be used: {detail}. Fit it again with `assistant eval calibrate GOLD` "
            "or delete it."
        )
        self.path, self.detail = path, detail


class MaxWrongUnreachable(AssistantError):
    """The setting `max_wrong` asks for what no calibration promises."""

    def __init__(self, max_wrong: float, *, detail: str) -> None:
        super().__init__(f"max_wrong = {max_wrong} can't be kept: {detail}. Raise it, unset it, or calibrate anew.")
        self.max_wrong, self.detail = max_wrong, detail


class HistoryInvalid(AssistantError):
    """A file of earlier turns does not hold a list of them."""

    def __init__(self, path: Path, *, detail: str) -> None:
        super().__init__(
            f"{str(path)!r} holds no conversation: {detail}. "
            'Write a JSON list, oldest first: [{"question": "…", "answer": "…"}].'
        )
        self.path, self.detail = path, detail


class HostRefused(AssistantError):
    """The page was asked to listen beyond this machine."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"The page is served on this machine only and has no login yet: {host!r} is refused. Use 127.0.0.1, "
            "and an SSH tunnel to reach it from elsewhere."
        )
        self.host = host


class PortInUse(AssistantError):
    """Another program listens on the page's port."""

    def __init__(self, port: int) -> None:
        super().__init__(f"Port {port} is taken. Stop the program that uses it, or choose another with --port.")
        self.port = port


class CommandUnavailable(AssistantError):
    """The package of a command can't be loaded."""

    def __init__(self, command: str, *, reason: str) -> None:
        super().__init__(
            f"`assistant {command}` can't be loaded: {reason}. Install the assistant again; the other commands work."
        )
        self.command, self.reason = command, reason
