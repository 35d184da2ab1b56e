"""Following a folder: every change is found, errors are survived, and it ends when it is told to."""

import queue
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from assistant.catalog import Catalog
from assistant.errors import CorpusNotFound, DataDirLocked, PruneRefused, RuleFileError
from assistant.lock import WriterLock
from ingest.watching import Listener, follow

NOTE = "# Note {0}\n\nThe probe number {0} was launched in {0}.\n"
PATIENCE_SECONDS = 120
"""A test that waits so long has failed; none waits so long when it passes."""


class Watch:
    """A watch in a thread of its own, and what it told."""

    def __init__(self, settings, paths=()):
        self.told = queue.Queue()
        self.cancel = threading.Event()
        listener = Listener(
            report=lambda report: self.told.put(report),
            fault=lambda error: self.told.put(error),
            ready=lambda: self.told.put("ready"),
            progress=lambda progress: None,
        )
        self.thread = threading.Thread(
            target=follow,
            args=(list(paths),),
            kwargs={"settings": settings, "listener": listener, "cancel": self.cancel},
        )

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.cancel.set()
        self.thread.join(PATIENCE_SECONDS)
        assert not self.thread.is_alive()

    def next(self):
        return self.told.get(timeout=PATIENCE_SECONDS)

    def until(self, wanted):
        """Take what is told until something of it is wanted."""
        while not wanted(told := self.next()):
            pass
        return told


def test_every_change_is_followed_and_an_edit_embeds_what_it_changed(settings):
    sections = "\n".join(
        f"## Part {n}\n\nThe probe number {n} was launched in {n}. It saw {n} moons.\n" for n in range(40)
    )
    (settings.corpus / "long.md").write_text(f"# Long\n\n{sections}")
    with Watch(settings) as watch:
        assert watch.next().added == ("long.md",)
        assert watch.next() == "ready"
        (settings.corpus / "long.md").write_text(f"# Long\n\n{sections}".replace("saw 7 moons", "saw no moon"))
        edited = watch.until(lambda report: report.changed)
        assert (edited.chunks, edited.embedded_chunks) == (40, 1)
        with Catalog.open(settings.data_dir) as catalog:
            assert "saw no moon" in catalog.text("long.md")
        (settings.corpus / "long.md").rename(settings.corpus / "moved.md")
        assert watch.until(lambda report: report.moves).moved == ("moved.md",)
        (settings.corpus / ".assistanttags").write_text("probes\n")
        assert watch.until(lambda report: report.retagged).retagged == ("moved.md",)


def test_a_fault_is_told_and_the_watch_goes_on(settings):
    (settings.corpus / "a.md").write_text(NOTE.format(1))
    with Watch(settings) as watch:
        watch.until(lambda told: told == "ready")
        (settings.corpus / ".assistantignore").write_bytes(b"\xff\xfe")
        assert isinstance(watch.next(), RuleFileError)
        (settings.corpus / ".assistantignore").unlink()
        (settings.corpus / "a.md").unlink()
        assert isinstance(watch.until(lambda told: not isinstance(told, RuleFileError)), PruneRefused)
        (settings.corpus / "a.md").write_text(NOTE.format(2))
        assert watch.until(lambda told: not isinstance(told, Exception)).changed == ("a.md",)


def test_a_lock_is_waited_for(settings):
    (settings.corpus / "a.md").write_text(NOTE.format(1))
    with ExitStack() as held:
        held.enter_context(WriterLock(settings.data_dir))
        with Watch(settings) as watch:
            assert isinstance(watch.next(), DataDirLocked)
            held.close()
            assert watch.next().added == ("a.md",)


def test_a_folder_that_is_replaced_is_watched_anew(settings, tmp_path):
    (settings.corpus / "a.md").write_text(NOTE.format(1))
    shutil.copytree(settings.corpus, tmp_path / "other")
    (tmp_path / "other" / "b.md").write_text(NOTE.format(2))
    with Watch(settings) as watch:
        watch.until(lambda told: told == "ready")
        settings.corpus.rename(tmp_path / "old")
        assert isinstance(watch.next(), PruneRefused)
        (tmp_path / "other").rename(settings.corpus)
        assert watch.until(lambda told: not isinstance(told, Exception)).added == ("b.md",)
        (settings.corpus / "c.md").write_text(NOTE.format(3))
        assert watch.until(lambda told: not isinstance(told, Exception)).added == ("c.md",)


def test_a_folder_that_was_never_there_ends_it_at_once(settings, tmp_path):
    listener = Listener(report=print, fault=print, ready=print, progress=print)
    with pytest.raises(CorpusNotFound):
        follow([tmp_path / "nowhere"], settings=settings, listener=listener, cancel=threading.Event())


def test_ctrl_c_ends_the_command_cleanly(settings):
    (settings.corpus / "a.md").write_text(NOTE.format(1))
    command = [Path(sys.executable).with_name("assistant"), "ingest", "--watch", "--json"]
    places = ["--corpus", settings.corpus, "--data-dir", settings.data_dir]
    watching = subprocess.Popen([*command, *places], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert '"added": ["a.md"]' in watching.stdout.readline()
        assert any("Watching for changes" in line for line in iter(watching.stderr.readline, ""))
        watching.send_signal(signal.SIGINT)
        out, err = watching.communicate(timeout=PATIENCE_SECONDS)
    finally:
        if watching.poll() is None:
            watching.kill()
            watching.communicate()
    assert (watching.returncode, out) == (130, "")
    assert "Traceback" not in err
    with Catalog.open(settings.data_dir) as catalog:
        assert [record.document_id for record in catalog.documents()] == ["a.md"]
