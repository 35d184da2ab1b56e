"""A backup is what was there at one moment, and is brought back whole or not at all."""

import importlib.util
import json
import random
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from assistant.archive import write_archive
from assistant.backup import back_up, restore
from assistant.catalog import CATALOG_FILE, Catalog, CatalogChange, PathEntry
from assistant.catalog.schema import SCHEMA_VERSION
from assistant.errors import BackupDamaged, CatalogDamaged, CatalogTooNew, DataDirLocked, DataDirNotEmpty
from assistant.indexing import open_index
from assistant.settings import Settings

spec = importlib.util.spec_from_file_location("stores", Path(__file__).with_name("stores.py"))
stores = importlib.util.module_from_spec(spec)
spec.loader.exec_module(stores)
corpora = stores.corpora

KILLED_SWAP = Path(__file__).with_name("killed_swap.py")
POINTS = ("staged", "indexed", "before swap", "after swap")
UPLOAD = "An uploaded note."
SEED = 20261124


def everything(settings):
    """All that a backup has to keep."""
    with Catalog.open(settings.data_dir) as catalog:
        table = catalog.vectors()
        return (
            stores.texts_of(catalog) if not catalog.check() else "faults",
            catalog.documents(),
            [catalog.files(source.name) for source in catalog.sources()],
            catalog.sources(),
            catalog.runs(),
            dict(zip(table.ids, map(bytes, table.matrix), strict=True)),
            catalog.build_fingerprint(),
        )


def names_below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*")) if folder.exists() else None


def fill(settings):
    """Documents with tags, a problem, an upload with its kept file, and an entry of the journal."""
    digest = corpora.digest_of(UPLOAD)
    with open_index(settings, write=True, build="embedder a") as index:
        index.catalog.set_source(corpora.SOURCE)
        index.catalog.set_source(corpora.UPLOADS)
        index.catalog.finish_run(index.catalog.begin_run("sync"), "2 added")
        index.apply(corpora.change_of(stores.BEFORE, tags=("coast",)))
        index.apply(CatalogChange(problems=[corpora.problem("broken.pdf")]))
        entry = PathEntry(document_id="uploads/n.md", source="uploads", digest=digest, size=1, mtime_ns=1)
        index.apply(CatalogChange(contents=[corpora.content_of(UPLOAD)], paths=[entry]))
    (settings.data_dir / "uploads").mkdir()
    (settings.data_dir / "uploads" / digest).write_text(UPLOAD)


@pytest.fixture
def stored(tmp_path):
    settings = Settings(data_dir=tmp_path / "data", exact_scan_limit=0)
    fill(settings)
    return settings


@pytest.fixture
def archive(stored, tmp_path):
    back_up(stored, tmp_path / "backup.zip")
    return tmp_path / "backup.zip"


@pytest.fixture
def other(tmp_path):
    return Settings(data_dir=tmp_path / "other", exact_scan_limit=0)


def test_a_restored_directory_holds_all_that_was_backed_up(stored, other, archive):
    restored = restore(other, archive, replace=False)
    assert (restored.documents, restored.uploads, restored.missing_uploads) == (4, 1, ())
    assert everything(other) == everything(stored)
    (kept,) = (other.data_dir / "uploads").iterdir()
    assert kept.read_text() == UPLOAD
    stores.assert_whole(other)
    assert not (other.data_dir / "staging").exists()


def test_a_calibration_that_was_fitted_here_comes_back(stored, other, tmp_path):
    (stored.data_dir / "calibration.json").write_text("fitted")
    assert back_up(stored, tmp_path / "with.zip").uploads == 1
    restore(other, tmp_path / "with.zip", replace=False)
    assert (other.data_dir / "calibration.json").read_text() == "fitted"


def test_an_archive_is_an_ordinary_private_zip_file_with_a_manifest(archive):
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        manifest = json.loads(opened.read("manifest.json"))
    names = [one["name"] for one in manifest["files"]]
    assert names == ["catalog.sqlite3", f"uploads/{corpora.digest_of(UPLOAD)}"]
    assert (manifest["schema"], manifest["build"]) == (SCHEMA_VERSION, "embedder a")
    assert archive.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in archive.parent.iterdir() if path.name.startswith(".")] == []


def test_backups_of_a_store_that_is_written_to_hold_one_moment_each(stored, tmp_path):
    writer = subprocess.Popen(
        [sys.executable, stores.KILLED_WRITER, stored.data_dir, "loop"], stdout=subprocess.PIPE, text=True
    )
    try:
        for number in range(3):
            for _ in range(4):
                assert writer.stdout.readline()
            back_up(stored, tmp_path / f"{number}.zip")
        assert writer.poll() is None
    finally:
        writer.kill()
        writer.stdout.close()
        writer.wait()
    newest = []
    for number in range(3):
        there = Settings(data_dir=tmp_path / f"restored-{number}", exact_scan_limit=0)
        restore(there, tmp_path / f"{number}.zip", replace=False)
        with Catalog.open(there.data_dir) as catalog:
            assert catalog.check() == []
            texts = {name: text for name, text in stores.texts_of(catalog).items() if name.startswith("n0")}
        assert texts == {name: corpora.paragraphs(8, prefix=name) for name in texts}
        numbers = sorted(int(name[1:5]) for name in texts)
        assert numbers == list(range(numbers[0], numbers[-1] + 1))
        newest.append(numbers[-1])
        stores.assert_whole(there)
    assert newest == sorted(newest) and newest[0] < newest[-1]


def test_every_altered_archive_is_refused_and_nothing_is_touched(stored, other, archive, tmp_path):
    whole, dice, before = archive.read_bytes(), random.Random(SEED), names_below(stored.data_dir)
    for number in range(40):
        data, at = bytearray(whole), dice.randrange(len(whole))
        if number % 2:
            data[at] ^= 1 << dice.randrange(8)
        else:
            del data[at:]
        torn = tmp_path / "torn.zip"
        torn.write_bytes(data)
        for settings in (other, stored):
            with pytest.raises(BackupDamaged, match=r"torn\.zip"):
                restore(settings, torn, replace=True)
    assert names_below(other.data_dir) is None
    assert names_below(stored.data_dir) == before


def test_what_is_no_backup_is_refused(other, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr("catalog.sqlite3", b"x" * 5000)
    for name in ("a.zip", "nowhere.zip"):
        with pytest.raises(BackupDamaged, match=name):
            restore(other, tmp_path / name, replace=False)


def test_documents_that_are_there_are_replaced_only_on_demand(stored, other, archive):
    stores.fill(other, stores.AFTER)
    with pytest.raises(DataDirNotEmpty, match="--replace"):
        restore(other, archive, replace=False)
    with open_index(other) as reader:
        assert stores.texts_of(reader.catalog) == stores.AFTER
        before = reader.catalog.generation()
        restore(other, archive, replace=True)
        assert stores.texts_of(reader.catalog) == {**stores.BEFORE, "uploads/n.md": UPLOAD}
        assert reader.catalog.generation() > before
        assert set(reader.candidates(corpora.vector_of("q"), k=50).scores()) == reader.catalog.chunk_ids()
        assert reader.notices() == ()
    stores.assert_whole(other)


def test_a_restore_waits_for_no_other_writer(stored, archive):
    with open_index(stored, write=True), pytest.raises(DataDirLocked):
        restore(stored, archive, replace=True)


@pytest.mark.parametrize("point", POINTS)
def test_a_restore_killed_at_any_point_leaves_the_old_or_the_new(other, archive, stored, point):
    stores.fill(other, stores.AFTER)
    killed = subprocess.run(
        [sys.executable, KILLED_SWAP, other.data_dir, archive, point], capture_output=True, timeout=150, check=False
    )
    assert killed.returncode == -9, killed.stderr
    with open_index(other) as index:
        done = {**stores.BEFORE, "uploads/n.md": UPLOAD} if point == "after swap" else stores.AFTER
        assert stores.texts_of(index.catalog) == done
        assert index.catalog.check() == []
    stores.assert_whole(other)
    assert not (other.data_dir / "staging").exists()


def test_a_damaged_catalog_is_not_backed_up_and_is_replaced(stored, other, archive, tmp_path):
    whole = everything(stored)
    path = stored.data_dir / CATALOG_FILE
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE contents SET text = 'altered'")
    with pytest.raises(CatalogDamaged, match=r"data/catalog\.sqlite3.*assistant restore"):
        back_up(stored, tmp_path / "bad.zip")
    assert not (tmp_path / "bad.zip").exists()
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(DataDirNotEmpty):
        restore(stored, archive, replace=False)
    restore(stored, archive, replace=True)
    assert everything(stored) == whole
    stores.assert_whole(stored)


def test_a_lost_upload_is_told_and_the_rest_is_kept(stored, other, tmp_path):
    digest = corpora.digest_of(UPLOAD)
    (stored.data_dir / "uploads" / digest).write_text("rotten")
    assert back_up(stored, tmp_path / "b.zip").missing_uploads == (digest,)
    assert restore(other, tmp_path / "b.zip", replace=False).missing_uploads == (digest,)
    assert everything(other) == everything(stored)


def test_a_backup_of_a_newer_version_is_refused(stored, other, tmp_path, monkeypatch):
    monkeypatch.setattr("assistant.archive.FORMAT", 2)
    back_up(stored, tmp_path / "b.zip")
    monkeypatch.undo()
    with pytest.raises(BackupDamaged, match="Update the assistant"):
        restore(other, tmp_path / "b.zip", replace=False)


def test_a_backup_with_a_newer_schema_is_refused_and_nothing_is_replaced(stored, other, tmp_path):
    stores.fill(other, stores.AFTER)
    with closing(sqlite3.connect(stored.data_dir / CATALOG_FILE)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    files = [(CATALOG_FILE, stored.data_dir / CATALOG_FILE)]
    write_archive(tmp_path / "newer.zip", files, about={"documents": 4, "chunks": 7, "missing_uploads": []})
    with pytest.raises(CatalogTooNew):
        restore(other, tmp_path / "newer.zip", replace=True)
    with open_index(other) as index:
        assert stores.texts_of(index.catalog) == stores.AFTER


def test_the_commands_back_up_and_restore(assistant, stored, tmp_path):
    done = assistant("backup", "b.zip", "--data-dir", stored.data_dir, cwd=tmp_path)
    assert done.stdout.decode().startswith("Backed up 4 documents, ")
    refused = assistant("restore", "b.zip", "--data-dir", stored.data_dir, cwd=tmp_path, code=1)
    assert refused.stderr.startswith(b"error[DataDirNotEmpty]: ")
    told = json.loads(assistant("restore", "b.zip", "--data-dir", "new", "--json", cwd=tmp_path).stdout)
    assert (told["schema"], told["documents"], told["file"]) == (1, 4, "b.zip")
    assert assistant("backup", "b.zip", "--data-dir", "empty", cwd=tmp_path, code=1).stderr.startswith(
        b"error[EmptyCorpus]: "
    )
