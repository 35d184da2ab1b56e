"""A disk without space: what was stored is safe, questions are answered, and the next run goes on."""

import errno
import importlib.util
import os
import subprocess
from pathlib import Path

import pytest

from assistant.cli import run
from assistant.errors import DataDirDenied, DiskFull, data_dir_error
from assistant.indexing import open_index
from assistant.settings import Settings

spec = importlib.util.spec_from_file_location("stores", Path(__file__).with_name("stores.py"))
stores = importlib.util.module_from_spec(spec)
spec.loader.exec_module(stores)
corpora = stores.corpora

DISK_MIB = 8


@pytest.fixture
def disk(tmp_path):
    """A small disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    options = f"size={DISK_MIB}m,mode=0700"
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("no right to mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill_up(disk, *, free_kib):
    """Leave this much space."""
    state = os.statvfs(disk)
    ballast = disk / "ballast"
    with ballast.open("wb") as stream:
        left = state.f_bavail * state.f_frsize - free_kib * 1024
        stream.write(bytes(max(0, left)))
    return ballast


@pytest.mark.parametrize(("free_kib", "limit"), [(0, 0), (64, 0), (200, 20_000)], ids=["none", "little", "scan"])
def test_a_full_disk_costs_no_document_and_no_answer(disk, free_kib, limit):
    settings = Settings(data_dir=disk / "data", exact_scan_limit=limit)
    stores.fill(settings)
    ballast = fill_up(disk, free_kib=free_kib)
    large = {f"n{number}.md": corpora.paragraphs(400, prefix=f"n{number}") for number in range(4)}
    with pytest.raises(DiskFull, match="is safe"), open_index(settings, write=True) as index:
        index.apply(corpora.change_of(large))
    with open_index(settings) as index:
        assert stores.texts_of(index.catalog) == stores.BEFORE
        assert set(index.candidates(corpora.vector_of("q"), k=50).scores()) == index.catalog.chunk_ids()
    ballast.unlink()
    with open_index(settings, write=True) as index:
        index.apply(corpora.change_of(large))
        assert stores.texts_of(index.catalog) == stores.BEFORE | large
    stores.assert_whole(settings)


def test_what_the_system_says_of_space_is_told_from_the_rest(tmp_path):
    assert isinstance(data_dir_error(tmp_path, OSError(errno.ENOSPC, "full")), DiskFull)
    assert isinstance(data_dir_error(tmp_path, OSError(errno.EDQUOT, "quota")), DiskFull)
    assert isinstance(data_dir_error(tmp_path, OSError(errno.EROFS, "read-only")), DataDirDenied)


def test_a_full_disk_is_named_wherever_it_shows(monkeypatch, capsys):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device", "/somewhere/file")

    monkeypatch.setattr("assistant.cli.build_app", full)
    assert run(["ask", "Who?"], entry_points=()) == 1
    assert capsys.readouterr().err.startswith("error[DiskFull]: No space left on the disk of '/somewhere/file'")
