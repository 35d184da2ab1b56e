"""What the reader made of passages in earlier runs, so that only what changed is read again.

A reading depends on nothing but the question, the passage, the reader and the machine, which are its key: a run that
takes it from here gives the same records. Such a question is not timed.
"""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import assistant.reader
from assistant.pipeline import Assistant
from assistant.reader import Reader, Reading, SentenceReading, Text
from assistant.settings import Settings
from assistant.types import Span
from assistant.wiring import open_assistant
from evals.manifest import describe_machine
from evals.run import QuestionTimer

logger = logging.getLogger(__name__)

FILE = "readings.sqlite3"
"""Holds hashes and scores, and no text."""
MOST = 200_000
"""Readings kept, those made last: about 40 MiB."""
_SCHEMA = "CREATE TABLE IF NOT EXISTS readings (id INTEGER PRIMARY KEY, key BLOB UNIQUE, reading TEXT)"
_BUSY_SECONDS = 30.0


class RememberedReadings:
    """A reader that looks up what earlier runs have read; what this run reads is kept for the next one."""

    def __init__(self, reader: Reader, *, database: sqlite3.Connection, conditions: str) -> None:
        """Take a reader and the readings of before.

        Args:
            reader: Reads what was not read before.
            database: From `open_database`.
            conditions: All that a reading depends on beside question, passage and the reader's fingerprint.
        """
        self.fingerprint = reader.fingerprint
        self.taken = 0
        """Readings that were looked up so far."""
        self._reader, self._database = reader, database
        self._key = f"{reader.fingerprint}\n{conditions}"
        (self._newest,) = database.execute("SELECT coalesce(max(id), 0) FROM readings").fetchone()
        database.execute("DELETE FROM readings WHERE id <= ?", (self._newest - MOST,))

    def read(self, question: str, texts: Sequence[Text]) -> list[Reading]:
        """Read some passages for a question, in the order given."""
        keys = [self._key_of(question, text) for text in texts]
        known = {key: reading for key in keys if (reading := self._find(key)) is not None}
        self.taken += len(known)
        unread = [(key, text) for key, text in zip(keys, texts, strict=True) if key not in known]
        for (key, _), reading in zip(unread, self._reader.read(question, [text for _, text in unread]), strict=True):
            known[key] = reading
            self._database.execute(
                "INSERT OR IGNORE INTO readings (key, reading) VALUES (?, ?)", (key, json.dumps(_row(reading)))
            )
        return [known[key] for key in keys]

    def _key_of(self, question: str, text: Text) -> bytes:
        spans = [[span.start, span.end] for span in text.sentences]
        whole = json.dumps([self._key, question, text.text, spans])
        return hashlib.blake2b(whole.encode("utf-8", "surrogatepass"), digest_size=16).digest()

    def _find(self, key: bytes) -> Reading | None:
        """Look up a reading that was there before this run, so that a run takes nothing from itself."""
        found = self._database.execute(
            "SELECT reading FROM readings WHERE key = ? AND id <= ?", (key, self._newest)
        ).fetchone()
        return None if found is None else _reading(json.loads(found[0]))


@contextmanager
def open_remembering(settings: Settings, *, timed: bool = False) -> Iterator[tuple[Assistant, QuestionTimer]]:
    """Open the assistant with the readings of earlier runs, which lie beside the exported models.

    Args:
        settings: Of the assistant.
        timed: Whether every passage is read anew, so that every question is timed.

    Yields:
        The assistant, and what times its questions.

    Raises:
        AssistantError: As `open_assistant` does.
    """
    if timed:
        with open_assistant(settings) as assistant:
            yield assistant, QuestionTimer()
        return
    readings: list[RememberedReadings] = []
    with ExitStack() as opened:

        def remember(reader: Reader) -> Reader:
            file = settings.models_folder / FILE
            try:
                database = opened.enter_context(closing(open_database(file)))
            except sqlite3.Error as error:
                logger.warning("%s can't be used, so every passage is read anew: %s", file, error)
                return reader
            readings.append(RememberedReadings(reader, database=database, conditions=_conditions(settings)))
            return readings[-1]

        found = opened.enter_context(open_assistant(settings, around_reader=remember))
        yield found, QuestionTimer(taken=lambda: sum(reader.taken for reader in readings))


def open_database(file: Path) -> sqlite3.Connection:
    """Open the readings of earlier runs, or begin with none.

    Args:
        file: In a folder that is there.

    Raises:
        sqlite3.Error: If it is no such file, or can't be written.
    """
    database = sqlite3.connect(file, timeout=_BUSY_SECONDS, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = OFF")  # what a power cut loses is read again
    database.execute(_SCHEMA)
    return database


def _conditions(settings: Settings) -> str:
    """Name what a reading depends on: the code that reads, its runtime and arithmetic, and the processor."""
    code = hashlib.sha256()
    for file in sorted(Path(assistant.reader.__file__).parent.glob("*.py")):
        code.update(file.read_bytes())
    arithmetic = [version("openvino"), settings.embedding_precision, settings.threads]
    return json.dumps([code.hexdigest(), *arithmetic, describe_machine()["processor"]])


def _row(reading: Reading) -> list[Any]:
    return [reading.answers, reading.relevant, [_sentence_row(sentence) for sentence in reading.sentences]]


def _sentence_row(sentence: SentenceReading | None) -> list[Any] | None:
    if sentence is None:
        return None
    span = sentence.span
    return [sentence.score, sentence.span_score, None if span is None else [span.start, span.end]]


def _reading(row: list[Any]) -> Reading:
    answers, relevant, sentences = row
    return Reading(answers=answers, relevant=relevant, sentences=tuple(map(_sentence, sentences)))


def _sentence(row: list[Any] | None) -> SentenceReading | None:
    if row is None:
        return None
    score, span_score, span = row
    return SentenceReading(
        score=score, span_score=span_score, span=None if span is None else Span(start=span[0], end=span[1])
    )
