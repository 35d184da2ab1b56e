import sqlite3
import stat
import subprocess
import sys
from contextlib import closing

import pytest

from assistant.catalog import Catalog
from assistant.catalog.schema import MIGRATIONS, SCHEMA_VERSION
from assistant.errors import CatalogDamaged, CatalogTooNew, DataDirDenied, DataDirError, EmptyCorpus


@pytest.fixture
def made(tmp_path):
    """The file of an empty catalog."""
    Catalog.open(tmp_path, write=True).close()
    return tmp_path / "catalog.sqlite3"


def change(path, statement):
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


def rows(path, query):
    connection = sqlite3.connect(path)
    found = connection.execute(query).fetchall()
    connection.close()
    return found


@pytest.mark.parametrize("write", [False, True])
def test_a_newer_schema_is_refused(made, write):
    change(made, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(CatalogTooNew, match="Update the assistant"):
        Catalog.open(made.parent, write=write)


def test_an_older_schema_is_not_read_but_named(made):
    change(made, f"PRAGMA user_version = {SCHEMA_VERSION - 1}")
    with pytest.raises(DataDirError, match="up to date"):
        Catalog.open(made.parent)


def test_a_catalog_from_before_the_notices_is_brought_up_to_date(tmp_path):
    path = tmp_path / "catalog.sqlite3"
    with closing(sqlite3.connect(path)) as old:
        old.executescript(f"{MIGRATIONS[0]}PRAGMA user_version = 1;")
    Catalog.open(tmp_path, write=True).close()
    assert rows(path, "PRAGMA user_version") == [(SCHEMA_VERSION,)]
    assert ("notices",) in rows(path, "SELECT name FROM pragma_table_info('contents')")


@pytest.mark.parametrize("write", [False, True])
def test_a_file_that_is_no_database_is_refused(made, write):
    made.write_bytes(b"not a database at all " * 500)
    with pytest.raises(CatalogDamaged, match="can't be read"):
        Catalog.open(made.parent, write=write)


def test_a_torn_file_is_refused_or_found_by_the_check(made):
    content = made.read_bytes()
    made.write_bytes(content[: len(content) // 2])
    with pytest.raises(CatalogDamaged), Catalog.open(made.parent) as catalog:
        faults = catalog.check()
        raise CatalogDamaged(made, detail=faults[0])


def test_nothing_to_read_is_an_empty_corpus(tmp_path):
    with pytest.raises(EmptyCorpus, match="assistant ingest"):
        Catalog.open(tmp_path)
    (tmp_path / "catalog.sqlite3").touch()
    with pytest.raises(EmptyCorpus):
        Catalog.open(tmp_path)


def test_a_data_directory_below_a_file_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataDirDenied, match="file"):
        Catalog.open(tmp_path / "file" / "data", write=True)


def test_files_and_folder_are_private(tmp_path):
    folder = tmp_path / "data"
    with Catalog.open(folder, write=True) as catalog:
        catalog.begin_run("ingest")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert set(modes) >= {"catalog.sqlite3", "catalog.sqlite3-wal"}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_reader_sees_other_processes_after_its_own_process_wrote(made):
    # Opening and closing the file by itself would drop the locks that SQLite holds in this process; the next
    # process would then remove the log under the reader, which would never see a change again.
    written = "import sys; from pathlib import Path; from assistant.catalog import Catalog\n" + (
        "with Catalog.open(Path(sys.argv[1]), write=True) as catalog: catalog.begin_run('sync')"
    )
    with Catalog.open(made.parent) as reader:
        assert reader.runs() == []
        Catalog.open(made.parent, write=True).close()
        for count in (1, 2, 3):
            subprocess.run([sys.executable, "-c", written, made.parent], check=True, timeout=60)
            assert len(reader.runs()) == count


def test_every_table_is_strict(made):
    tables = rows(made, "SELECT name, strict FROM pragma_table_list WHERE type = 'table' AND schema = 'main'")
    ours = {name: strict for name, strict in tables if not name.startswith(("sqlite_", "lexical"))}
    assert len(ours) >= 12
    assert set(ours.values()) == {1}


def test_the_number_of_migrations_is_the_schema_version(made):
    assert rows(made, "PRAGMA user_version") == [(SCHEMA_VERSION,)]
    Catalog.open(made.parent, write=True).close()
    assert rows(made, "PRAGMA journal_mode") == [("wal",)]
