"""The catalog's SQLite file: connections, snapshots, transactions, and its errors by name."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from assistant.catalog.file_seal import SEAL_SUFFIX, break_seal, is_sealed, refuse_altered, seal_file
from assistant.catalog.schema import SCHEMA_VERSION, migrate, refuse_other_schema, schema_version
from assistant.errors import CatalogDamaged, DataDirDenied, DataDirLocked, DiskFull, EmptyCorpus, data_dir_error

logger = logging.getLogger(__name__)

CATALOG_FILE = "catalog.sqlite3"
_BUSY_TIMEOUT_SECONDS = 10.0
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT}
_DENIED = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR}
_PRIMARY_CODE = 0xFF
"""SQLite keeps the primary result code in the lowest byte of an extended one."""
_LITTLE_SPACE = 2**20
"""SQLite calls a full disk an I/O error where it can't extend the files that share its log."""
_GONE = "it is gone or empty, although something was written to it"


@contextmanager
def named_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into those that a person can act on; a broken constraint stays what it is."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
        if code == sqlite3.SQLITE_FULL or (code in _DENIED and _is_full(path.parent)):
            raise DiskFull(path.parent) from error
        if code in _DAMAGED:
            raise CatalogDamaged(path, detail=str(error)) from error
        if code in _DENIED:
            raise DataDirDenied(path.parent, detail=str(error)) from error
        if code == sqlite3.SQLITE_BUSY:
            raise DataDirLocked(path.parent, holder="another process") from error
        raise


def _is_full(folder: Path) -> bool:
    return folder.is_dir() and shutil.disk_usage(folder).free < _LITTLE_SPACE


class Database:
    """One SQLite file with a writer and any number of readers.

    Readers are taken from a pool, so that threads never share one at the same time and threads that ended leave none
    behind. They stay readers on a folder that can't be written to.
    """

    def __init__(self, path: Path, *, write: bool) -> None:
        self.path = path
        self._idle: list[sqlite3.Connection] = []
        self._pool_lock = threading.Lock()
        self._write_lock = threading.RLock()
        self._held = threading.local()
        self._closed = False
        self._seal_broken = False
        self._writer = self._open_writer() if write else None
        if not write:
            self._refuse_unreadable()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read from one snapshot; inside another of the same thread it is that one."""
        held: sqlite3.Connection | None = getattr(self._held, "connection", None)
        if held is not None:
            yield held
            return
        with named_errors(self.path):
            connection = self._take()
            self._held.connection = connection
            self._held.refused = 0
            try:
                connection.execute("BEGIN")
                yield connection
            finally:
                self._held.connection = None
                self._give_back(connection)

    def note_refused(self) -> None:
        """Count a span that is withheld because it was altered, in this thread's snapshot."""
        self._held.refused = self.refused + 1

    @property
    def refused(self) -> int:
        """How many spans were withheld in this thread's snapshot so far."""
        return int(getattr(self._held, "refused", 0))

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Write in one transaction: committed at the end, undone if anything is raised."""
        if self._writer is None:
            raise ValueError("this catalog was opened for reading")
        with self._write_lock, named_errors(self.path):
            self._break_seal()
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._writer.execute("ROLLBACK")
                raise

    def copy_to(self, path: Path) -> None:
        """Write this thread's snapshot into a new database file, which is whole without a log beside it."""
        with self.reading() as connection, named_errors(path), closing(sqlite3.connect(path)) as target:
            connection.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")

    def replace_with(self, path: Path) -> None:
        """Take over everything from another database file in one transaction.

        Readers, of other processes too, see the old content until it is committed and the new one from then on.
        """
        if self._writer is None:
            raise ValueError("this catalog was opened for reading")
        with self._write_lock, named_errors(self.path):
            self._break_seal(verified=False)  # whatever it says of the old content, that goes
            with closing(_connect_reader(f"{path.resolve().as_uri()}?mode=ro")) as source:
                source.backup(self._writer)

    def close(self) -> None:
        """Close every connection that is not in use; those in use close when they are given back."""
        with self._pool_lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
        if self._writer is not None:
            with self._write_lock:
                logged = self._still_logged(self._writer)
                self._writer.close()
                self._writer = None
            if not logged and (self._seal_broken or not is_sealed(self.path)):
                self._seal()

    @staticmethod
    def _still_logged(writer: sqlite3.Connection) -> bool:
        """Move everything from the log into the file, and tell whether some of it had to stay."""
        try:
            return bool(writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
        except sqlite3.Error:
            return True

    def _break_seal(self, *, verified: bool = True) -> None:
        if self._seal_broken:
            return
        try:
            if verified:
                refuse_altered(self.path)
            break_seal(self.path)
        except OSError as error:
            raise data_dir_error(self.path.parent, error) from error
        self._seal_broken = True

    def _seal(self) -> None:
        try:
            seal_file(self.path)
        except OSError as error:
            logger.warning("the catalog stays unsealed: %s", error)

    def _take(self) -> sqlite3.Connection:
        with self._pool_lock:
            if self._closed:
                raise ValueError("the catalog is closed")
            if self._idle:
                return self._idle.pop()
        return self._open_reader()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with suppress(sqlite3.Error):
            connection.rollback()
        with self._pool_lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    def _open_writer(self) -> sqlite3.Connection:
        with named_errors(self.path):
            _make_private(self.path)
            connection = sqlite3.connect(
                self.path, timeout=_BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                connection.execute("PRAGMA page_size = 8192")
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA foreign_keys = ON")
                connection.execute("PRAGMA secure_delete = ON")
                if schema_version(connection) < SCHEMA_VERSION:
                    self._break_seal()
                migrate(connection)
            except BaseException:
                connection.close()
                raise
            return connection

    def _open_reader(self) -> sqlite3.Connection:
        location = self.path.resolve().as_uri()
        try:
            return _connect_reader(f"{location}?mode=ro")
        except sqlite3.OperationalError:
            # Without write permission SQLite can't make the files that share a WAL between processes. Where there is
            # no WAL left, the database file is whole by itself.
            log = self.path.with_name(self.path.name + "-wal")
            if log.exists() and log.stat().st_size:
                raise
            return _connect_reader(f"{location}?immutable=1")

    def _refuse_unreadable(self) -> None:
        try:
            there = stat.S_ISREG(self.path.stat().st_mode)
        except FileNotFoundError:
            there = False
        except OSError as error:
            raise data_dir_error(self.path.parent, error) from error
        if not there:
            raise self._nothing()
        with self.reading() as connection:
            if schema_version(connection) == 0:
                raise self._nothing()
            refuse_other_schema(connection)

    def _nothing(self) -> EmptyCorpus | CatalogDamaged:
        return CatalogDamaged(self.path, detail=_GONE) if is_sealed(self.path) else EmptyCorpus(self.path.parent)


def remove_catalog(data_dir: Path) -> None:
    """Delete a catalog's file with its log and its seal. The caller holds the lock."""
    path = data_dir / CATALOG_FILE
    for suffix in ("-wal", "-shm", "", SEAL_SUFFIX):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _connect_reader(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        uri, uri=True, timeout=_BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA cache_size = -65536")
        connection.execute("PRAGMA user_version").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _make_private(path: Path) -> None:
    """Make the folder and the file for their owner alone; the files beside it inherit the file's mode."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        # Never open and close an existing one: POSIX drops all locks that SQLite holds on it in this process, and
        # another process may then remove the log that readers here still use.
        if not path.parent.is_dir():
            raise DataDirDenied(path.parent, detail="it is a file") from None
    except OSError as error:
        raise data_dir_error(path.parent, error) from error
