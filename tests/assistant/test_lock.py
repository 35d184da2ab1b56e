import os
import signal
import stat
import subprocess
import sys
import time

import pytest

from assistant.errors import DataDirLocked
from assistant.lock import WriterLock, describe_holder

_HOLD = """
import sys, time
from pathlib import Path
from assistant.lock import WriterLock
with WriterLock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock."""
    process = subprocess.Popen([sys.executable, "-c", _HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_process_is_refused_at_once_and_told_who_writes(tmp_path, holder):
    began = time.monotonic()
    with pytest.raises(DataDirLocked, match=f"process {holder.pid} ") as refused, WriterLock(tmp_path):
        pass
    assert time.monotonic() - began < 2
    assert refused.value.data_dir == tmp_path


def test_a_second_writer_in_the_same_process_is_refused(tmp_path):
    with WriterLock(tmp_path), pytest.raises(DataDirLocked, match=f"process {os.getpid()} "), WriterLock(tmp_path):
        pass


def test_a_killed_holder_gives_the_lock_back(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with WriterLock(tmp_path):
        assert str(os.getpid()) in describe_holder(tmp_path)


def test_the_lock_is_free_again_afterwards_and_its_files_are_private(tmp_path):
    folder = tmp_path / "new" / "data"
    for _ in range(2):
        with WriterLock(folder):
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {"writer.lock": 0o600, "writer.json": 0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not (folder / "writer.json").exists()


def test_an_unreadable_who_file_is_no_fault(tmp_path):
    (tmp_path / "writer.json").write_text("{torn")
    assert describe_holder(tmp_path) == "another process"
