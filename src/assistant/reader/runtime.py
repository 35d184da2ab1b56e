"""Reading a passage for a question: which of its sentences answers, which words, and whether it answers at all."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Encoding, Tokenizer

from assistant.acceleration import compile_model
from assistant.reader.graph import build_lower, build_upper
from assistant.reader.weights import FILE, SHA256, load_reader_weights
from assistant.types import Span

LONGEST_QUESTION, LONGEST_PASSAGE = 40, 256
"""Tokens that are read of a question and of a passage, special ones included."""
LONGEST_ANSWER = 24
"""Tokens of a short answer."""
_KEPT = 512
"""Passages whose lower states stay in memory, about 100 MB at most."""
_LENGTH_STEP = 16
_START, _END, _SENTENCE = range(3)
_ANSWERS, _RELEVANT = range(2)
_DECIMALS = 3
"""Of a logit: what differs beyond depends on the number of threads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A passage as the reader is shown it."""

    text: str
    """Its context on a line of its own, then its text."""
    sentences: tuple[Span, ...]
    """Within `text`, in order, not overlapping."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceReading:
    """What the reader makes of a sentence; scores are logits, higher is better."""

    score: float
    """Whether it holds the answer; comparable over all passages of a question."""
    span_score: float
    """Of the best answer within it, less that of there being none in the passage."""
    span: Span | None
    """The words of that answer, within the passage's text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the reader makes of a passage; scores are logits, higher is better."""

    answers: float
    """Whether it holds the answer, by itself."""
    relevant: float
    """Whether it holds the answer rather than the question's other passages."""
    sentences: tuple[SentenceReading | None, ...]
    """Parallel to the text's sentences; None for one beyond the window."""


class Reader(Protocol):
    """Reads passages for a question."""

    @property
    def fingerprint(self) -> str:
        """Which weights read."""

    def read(self, question: str, texts: Sequence[Text]) -> list[Reading]:
        """Read some passages for a question, in the order given."""


class PackagedReader:
    """The packaged encoder with trained upper layers, on OpenVINO. Safe to use from several threads; they take turns.

    What the lower layers make of a passage is kept in memory: it is the same for every question.
    """

    def __init__(self, *, tokenizer: Tokenizer, lower: Any, upper: Any, fingerprint: str) -> None:
        tokenizer.no_padding()
        tokenizer.enable_truncation(LONGEST_PASSAGE)
        self.fingerprint = fingerprint
        self._tokenizer, self._lower, self._upper = tokenizer, lower, upper
        self._kept: OrderedDict[str, tuple[Encoding, NDArray[np.float32]]] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def from_folder(
        cls, folder: Path, *, precision: str, threads: int, weights: Path = FILE, sha256: str = SHA256
    ) -> PackagedReader:
        """Build the network from the packaged encoder's folder and the reader's own weights.

        Args:
            folder: Holds `model.safetensors` and `tokenizer.json` of the encoder.
            precision: "auto", "f32" or "bf16".
            threads: How many threads to use; 0 leaves it to the runtime.
            weights: The reader's file.
            sha256: What its bytes must hash to.

        Raises:
            ModelError: If the reader's file is not the one of this version.
        """
        own = load_reader_weights(weights, sha256=sha256)
        packaged = load_file(folder / "model.safetensors")
        return cls(
            tokenizer=Tokenizer.from_file(str(folder / "tokenizer.json")),
            lower=compile_model(build_lower(packaged), precision=precision, threads=threads),
            upper=compile_model(build_upper(own), precision=precision, threads=threads),
            fingerprint=f"reader@{sha256[:16]}",
        )

    def read(self, question: str, texts: Sequence[Text]) -> list[Reading]:
        """Read some passages for a question.

        Args:
            question: Read up to `LONGEST_QUESTION` tokens.
            texts: Each read up to `LONGEST_PASSAGE` tokens.

        Returns:
            One reading a text, in the order given.
        """
        with self._lock:
            asked = self._tokenizer.encode(question).ids[:LONGEST_QUESTION]
            head = self._run_lower(asked)
            return [self._read_one(head, text) for text in texts]

    def _read_one(self, head: NDArray[np.float32], text: Text) -> Reading:
        encoding, body = self._states(text.text)
        tokens, pair = self._run_upper(head, body)
        return _reading(text, encoding, tokens[len(head) :], null=tokens[0], pair=pair)

    def _states(self, text: str) -> tuple[Encoding, NDArray[np.float32]]:
        if text in self._kept:
            self._kept.move_to_end(text)
            return self._kept[text]
        encoding = self._tokenizer.encode(text)
        found = self._kept[text] = encoding, self._run_lower(encoding.ids)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return found

    def _run_lower(self, ids: Sequence[int]) -> NDArray[np.float32]:
        """Run the lower layers over one sequence alone: what comes out does not depend on what is read besides."""
        width = _padded(len(ids))
        tokens = np.zeros((1, width), dtype=np.int64)
        mask = np.zeros((1, width), dtype=np.float32)
        tokens[0, : len(ids)], mask[0, : len(ids)] = ids, 1
        return np.array(self._lower({"ids": tokens, "mask": mask})[0][0, : len(ids)], dtype=np.float32)

    def _run_upper(
        self, head: NDArray[np.float32], body: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Run the upper layers over question and passage: scores (tokens, 3) and (2,)."""
        length = len(head) + len(body)
        width = _padded(length)
        states = np.zeros((1, width, head.shape[1]), dtype=np.float32)
        states[0, : len(head)], states[0, len(head) : length] = head, body
        mask = np.zeros((1, width), dtype=np.float32)
        mask[0, :length] = 1
        segments = np.zeros((1, width), dtype=np.int64)
        segments[0, len(head) :] = 1
        made = self._upper({"states": states, "segments": segments, "mask": mask})
        return np.array(made[0][0], dtype=np.float32), np.array(made[1][0], dtype=np.float32)


def _padded(length: int) -> int:
    return -(-length // _LENGTH_STEP) * _LENGTH_STEP


def _reading(
    text: Text, encoding: Encoding, tokens: NDArray[np.float32], *, null: NDArray[np.float32], pair: NDArray[np.float32]
) -> Reading:
    begins = np.array([start if end > start else -1 for start, end in encoding.offsets])
    none = float(null[_START] + null[_END])
    sentences = []
    for sentence in text.sentences:
        inside = np.flatnonzero((begins >= sentence.start) & (begins < sentence.end))
        sentences.append(_sentence(encoding, tokens, inside, none=none) if len(inside) else None)
    return Reading(
        answers=round(float(pair[_ANSWERS]), _DECIMALS),
        relevant=round(float(pair[_RELEVANT]), _DECIMALS),
        sentences=tuple(sentences),
    )


def _sentence(
    encoding: Encoding, tokens: NDArray[np.float32], inside: NDArray[np.int64], *, none: float
) -> SentenceReading:
    scores = np.round(tokens[inside, _START][:, None] + tokens[inside, _END][None, :], _DECIMALS)
    allowed = np.triu(np.ones_like(scores, dtype=bool)) & ~np.triu(np.ones_like(scores, dtype=bool), LONGEST_ANSWER)
    best = int(np.argmax(np.where(allowed, scores, -np.inf)))
    first, last = inside[best // len(inside)], inside[best % len(inside)]
    return SentenceReading(
        score=round(float(tokens[inside, _SENTENCE].mean()), _DECIMALS),
        span_score=round(float(scores.flat[best]) - none, _DECIMALS),
        span=Span(start=encoding.offsets[first][0], end=encoding.offsets[last][1]),
    )
