"""The catalog: what the program knows, in one SQLite database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from assistant.catalog.copying import copy_facts
from assistant.catalog.database import CATALOG_FILE, Database
from assistant.catalog.reader import CatalogReader
from assistant.catalog.reading import find_file
from assistant.catalog.records import CatalogChange, IndexState, SourceRecord
from assistant.catalog.writing import apply_change


class Catalog(CatalogReader):
    """Documents, spans, embeddings and the journal of ingestion; the truth that every index is derived from."""

    @classmethod
    def open(cls, data_dir: Path, *, write: bool = False) -> Self:
        """Open the catalog of a data directory.

        Args:
            data_dir: The folder that holds it.
            write: Whether to create and migrate it where needed and to allow changes. The caller holds the lock.

        Raises:
            EmptyCorpus: If there is none and `write` is false.
            CatalogTooNew: If a newer version of the program wrote it.
            CatalogDamaged: If its file can't be read as a database.
            DataDirDenied: If permissions forbid it.
        """
        return cls(Database(data_dir / CATALOG_FILE, write=write))

    def apply(self, change: CatalogChange) -> None:
        """Make a change visible in one transaction, and count a generation if anything visible changed.

        Contents are stored before paths point to them; contents that nobody points to any more are deleted, and the
        chunk ids that go with them are listed as stale. A content whose digest is stored already is left as it is.

        Raises:
            ValueError: If a path names an unknown source or content, or a vector has another dimension.
            DiskFull: If there is no space; nothing was changed then.
        """
        with self._database.writing() as connection:
            if apply_change(connection, change):
                connection.execute("UPDATE state SET generation = generation + 1")

    def set_build_fingerprint(self, build: str) -> None:
        """Note what embedder, chunking and schema build the index from now on."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE state SET build = ?1, generation = generation + 1,"
                " dimension = CASE WHEN EXISTS (SELECT 1 FROM contents) THEN dimension END WHERE build IS NOT ?1",
                (build,),
            )

    def replace_with(self, path: Path) -> None:
        """Take over everything from another catalog's file, in one transaction and as the next generation.

        Readers see the old documents until it is done and the new ones from then on; a writer that is killed meanwhile
        has changed nothing.

        Args:
            path: The other file, closed.

        Raises:
            CatalogDamaged: If one of the two files can't be read as a database.
            DiskFull: If there is no space; nothing was changed then.
        """
        self._database.replace_with(path)

    def set_generation(self, generation: int) -> None:
        """Count the changes from here, so that nobody takes another state for one that was seen before."""
        with self._database.writing() as connection:
            connection.execute("UPDATE state SET generation = ?", (generation,))

    def take_over(self, other: CatalogReader) -> None:
        """Copy sources, journal, problems and former names of another catalog into this one, which is empty."""
        with other.reading() as source, self._database.writing() as target:
            copy_facts(source, target)

    def set_source(self, source: SourceRecord) -> None:
        """Add a source, or change its kind and root."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO sources VALUES (?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, root = excluded.root",
                (source.name, source.kind.value, source.root),
            )

    def remove_source(self, name: str) -> None:
        """Forget a source; raises ValueError while it has documents."""
        with self._database.writing() as connection:
            if connection.execute("SELECT 1 FROM paths WHERE source = ? LIMIT 1", (name,)).fetchone():
                raise ValueError(f"source {name!r} still has documents")
            connection.execute("DELETE FROM sources WHERE name = ?", (name,))

    def set_tags(self, document_id: str, tags: Sequence[str]) -> None:
        """Replace the tags that were given for a document's path; raises `DocumentNotFound`."""
        with self._database.writing() as connection:
            find_file(connection, document_id)
            connection.execute(
                "UPDATE paths SET tags = ? WHERE document_id = ?", (json.dumps(sorted(set(tags))), document_id)
            )
            connection.execute("UPDATE state SET generation = generation + 1")

    def begin_run(self, kind: str) -> int:
        """Write into the journal that a run begins; returns its number."""
        with self._database.writing() as connection:
            return int(
                connection.execute(
                    "INSERT INTO runs (kind, started_at) VALUES (?, ?) RETURNING run", (kind, _now())
                ).fetchone()[0]
            )

    def finish_run(self, run_id: int, summary: str) -> None:
        """Write into the journal that a run ended."""
        with self._database.writing() as connection:
            connection.execute("UPDATE runs SET finished_at = ?, summary = ? WHERE run = ?", (_now(), summary, run_id))

    def set_index_state(self, state: IndexState) -> None:
        """Note whether the vector index can be trusted."""
        with self._database.writing() as connection:
            connection.execute("UPDATE state SET index_state = ?", (state.value,))

    def set_index_folder(self, folder: str) -> None:
        """Name the folder that the vector index is in from now on; it counts as being written to."""
        with self._database.writing() as connection:
            connection.execute("UPDATE state SET index_state = 'dirty', index_folder = ?, index_seal = NULL", (folder,))

    def seal_index(self, seal: str) -> None:
        """Note that the vector index was closed cleanly, and what its files look like."""
        with self._database.writing() as connection:
            connection.execute("UPDATE state SET index_state = 'clean', index_seal = ?", (seal,))

    def forget_stale(self, chunk_ids: Sequence[str]) -> None:
        """Note that these are gone from the vector index too."""
        with self._database.writing() as connection:
            connection.executemany("DELETE FROM stale_vectors WHERE id = ?", [(name,) for name in chunk_ids])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
