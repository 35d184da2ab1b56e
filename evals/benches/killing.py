"""kill -9 during `assistant ingest`: what is lost, doubled or half visible, and what the next run makes of it."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.catalog import Catalog
from assistant.errors import EmptyCorpus
from assistant.settings import Settings

SEED = 20251123
BARS = 10
RUN_TIMEOUT_SECONDS = 300
POLL_SECONDS = 0.002

Store = Mapping[str, tuple[str, ...]]
"""The ids of the chunks of each visible document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One killed ingest and the run after it."""

    moment: float
    """Seconds after the first write, as drawn."""
    share: float
    """`moment` as a share of the time from the first to the last write of an undisturbed run."""
    documents: int
    """Visible after the kill."""
    faults: tuple[str, ...]
    """Everything that was not as it should be; empty for a kill that did no harm."""
    seconds: float
    """That the next run took."""


class Killing:
    """Kills `assistant ingest` at drawn moments, each time in a data directory of its own."""

    def __init__(self, settings: Settings, *, gold: Path, folder: Path, models_dir: Path) -> None:
        """Name the parts.

        Args:
            settings: With the corpus to ingest.
            gold: Whose answers are compared.
            folder: Where data directories are made and deleted.
            models_dir: Holds the exported model.
        """
        self._gold, self._folder = gold.resolve(), folder.resolve()
        self._command = [str(Path(sys.executable).with_name("assistant"))]
        self._environment = {
            **os.environ,
            "ASSISTANT_CORPUS": str(settings.corpus.resolve()),
            "ASSISTANT_MODELS_DIR": str(models_dir.resolve()),
        }

    def run(self, kills: int, *, say: Callable[[str], None]) -> Iterator[Kill]:
        """Make an undisturbed run, then kill as often as is asked.

        Args:
            kills: How often.
            say: Writes a line on the undisturbed run.

        Yields:
            What each kill did.
        """
        shutil.rmtree(self._folder, ignore_errors=True)
        whole = self._folder / "whole"
        window = self._window(whole)
        wanted, answers = read_store(whole), self._answers(whole)
        say(f"undisturbed: {len(wanted)} documents, {window:.2f} s from the first to the last write, seed {SEED}")
        draw = random.Random(SEED)
        for number in range(kills):
            moment = draw.uniform(0, window)
            data_dir = self._folder / f"kill-{number}"
            yield self._kill(data_dir, moment=moment, window=window, wanted=wanted, answers=answers)
            shutil.rmtree(data_dir, ignore_errors=True)

    def _kill(self, data_dir: Path, *, moment: float, window: float, wanted: Store, answers: list[Any]) -> Kill:
        faults: list[str] = []
        process = self._start("ingest", data_dir)
        self._await_first_write(process, data_dir)
        time.sleep(moment)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(RUN_TIMEOUT_SECONDS)
        found = read_store(data_dir)
        faults += [f"half visible: {name}" for name, chunks in found.items() if wanted.get(name) != chunks]
        began = time.monotonic()
        faults += self._failures(data_dir, "ingest")
        seconds = time.monotonic() - began
        if read_store(data_dir) != wanted:
            faults.append("another store than undisturbed")
        faults += self._failures(data_dir, "doctor", "--check")
        if self._answers(data_dir) != answers:
            faults.append("other answers than undisturbed")
        return Kill(moment=moment, share=moment / window, documents=len(found), faults=tuple(faults), seconds=seconds)

    def _window(self, data_dir: Path) -> float:
        """Time an undisturbed run from its first to its last write."""
        process = self._start("ingest", data_dir)
        self._await_first_write(process, data_dir)
        first = last = time.monotonic()
        stamp = _stamp(data_dir)
        while process.poll() is None:
            if (now := _stamp(data_dir)) != stamp:
                stamp, last = now, time.monotonic()
            time.sleep(POLL_SECONDS)
        return last - first

    def _await_first_write(self, process: subprocess.Popen[bytes], data_dir: Path) -> None:
        while process.poll() is None and not _stamp(data_dir):
            time.sleep(POLL_SECONDS)

    def _start(self, command: str, data_dir: Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*self._command, command, "--data-dir", str(data_dir)],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _failures(self, data_dir: Path, *arguments: str) -> list[str]:
        done = subprocess.run(
            [*self._command, *arguments, "--data-dir", str(data_dir)],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=RUN_TIMEOUT_SECONDS,
            check=False,
        )
        said = f"`assistant {' '.join(arguments)}` ended with {done.returncode}"
        return [said] if done.returncode else []

    def _answers(self, data_dir: Path) -> list[Any]:
        """Ask the gold questions; hand back what was cited, or that there was no answer."""
        out = data_dir.with_name(f"{data_dir.name}-answers")
        if failures := self._failures(data_dir, "eval", "run", str(self._gold), "--out", str(out)):
            return failures
        lines = (out / "records.jsonl").read_text(encoding="utf-8").splitlines()
        shutil.rmtree(out)
        return [_said(json.loads(line)) for line in lines]


def read_store(data_dir: Path) -> Store:
    """Read what is visible in a data directory; nothing where there is no catalog yet."""
    try:
        with Catalog.open(data_dir) as catalog, catalog.snapshot():
            if faults := catalog.check():
                raise AssertionError(f"the catalog has faults: {faults}")
            places = catalog.place(sorted(catalog.chunk_ids()))
            chunks = [(place.document_id, place.chunk.ordinal, name) for name, all_ in places.items() for place in all_]
    except EmptyCorpus:
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for document_id, _, name in sorted(chunks):
        found[document_id] = (*found.get(document_id, ()), name)
    return found


def histogram(shares: list[float]) -> str:
    """Draw how the moments of the kills lie between the first and the last write, a line a tenth."""
    counts = [sum(int(min(share, 0.9999) * BARS) == bar for share in shares) for bar in range(BARS)]
    return "\n".join(f"{bar / BARS:4.0%} to {(bar + 1) / BARS:4.0%}  {'#' * count}" for bar, count in enumerate(counts))


def _said(record: Mapping[str, Any]) -> Any:
    """Keep of a record what a person sees: the citations with their spans, or the abstention."""
    answer = record["answer"] or {}
    return record["id"], answer.get("text"), answer.get("citations"), answer.get("abstention")


def _stamp(data_dir: Path) -> list[tuple[str, int, int]]:
    stamps = []
    for path in [*data_dir.glob("catalog.sqlite3*"), *data_dir.glob("index/**/*")]:
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        stamps.append((str(path), status.st_size, status.st_mtime_ns))
    return sorted(stamps)
