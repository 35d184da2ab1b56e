"""A data directory that can only be read: questions are answered, a writer is refused by name."""

import json
import shutil
import subprocess

import pytest

from assistant.indexing import open_index
from assistant.wiring import open_assistant

QUESTION = "Who designed the lighthouse of Vell?"


@pytest.fixture
def read_only(house, tmp_path):
    """Settings of a store on a disk that can't be written to."""
    disk = tmp_path / "disk"
    disk.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", disk], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("no right to mount a disk")
    try:
        shutil.copytree(house.data_dir, disk / "data")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        yield house.model_copy(update={"data_dir": disk / "data"})
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


@pytest.mark.parametrize("limit", [20_000, 0], ids=["scan", "Chroma"])
def test_questions_are_answered(read_only, limit):
    with open_assistant(read_only.model_copy(update={"exact_scan_limit": limit})) as asking:
        assert any("Ada Brandt" in citation.quote for citation in asking.ask(QUESTION).citations)


def test_every_writer_is_refused_by_name_and_readers_are_served(assistant, read_only, tmp_path):
    place = ("--data-dir", str(read_only.data_dir))
    for writer in (("ingest", "--corpus", str(read_only.corpus)), ("documents", "remove", "bees.txt")):
        assert assistant(*writer, *place, cwd=tmp_path, code=1).stderr.startswith(b"error[DataDirDenied]: ")
    assert json.loads(assistant("ask", QUESTION, "--json", *place, cwd=tmp_path).stdout)["citations"]
    assert assistant("backup", "b.zip", *place, cwd=tmp_path).stdout.startswith(b"Backed up 4 documents")
    with open_index(read_only) as index:
        assert index.catalog.check() == []
