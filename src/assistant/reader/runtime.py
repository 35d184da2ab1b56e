"""Reading a passage for a question: which of its sentences answers, which words, and whether it answers at all."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from assistant.acceleration import compile_model
from assistant.reader.graph import build_network
from assistant.reader.weights import FILE, SHA256, load_reader_weights
from assistant.types import Span

LONGEST_QUESTION, LONGEST_PASSAGE = 40, 256
"""Tokens that are read of a question and of a passage, special ones included."""
LONGEST_ANSWER = 24
"""Tokens of a short answer."""
Offsets = Sequence[tuple[int, int]]
"""Half-open characters of each token."""
REMEMBERED = 32
"""Readings kept, those used last: a question's passages are often ranked and answered from one after the other."""
_LENGTH_STEP = 8
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
    """The packaged encoder with trained layers and heads, on OpenVINO. Safe to use from several threads, in turns."""

    def __init__(self, *, tokenizer: Tokenizer, network: Any, fingerprint: str) -> None:
        tokenizer.no_padding()
        tokenizer.enable_truncation(LONGEST_PASSAGE)
        self.fingerprint = fingerprint
        self._tokenizer, self._network = tokenizer, network
        self._read_one = lru_cache(REMEMBERED)(self._read_anew)
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
        merged = load_reader_weights(weights, sha256=sha256, packaged=load_file(folder / "model.safetensors"))
        return cls(
            tokenizer=Tokenizer.from_file(str(folder / "tokenizer.json")),
            network=compile_model(build_network(merged), precision=precision, threads=threads),
            fingerprint=f"reader@{sha256[:16]}",
        )

    def read(self, question: str, texts: Sequence[Text]) -> list[Reading]:
        """Read some passages for a question, one by one: what is made of one does not depend on what is read besides.

        Args:
            question: Read up to `LONGEST_QUESTION` tokens.
            texts: Each read up to `LONGEST_PASSAGE` tokens.

        Returns:
            One reading a text, in the order given.
        """
        with self._lock:
            asked = tuple(self._tokenizer.encode(question).ids[:LONGEST_QUESTION])
            return [self._read_one(asked, text) for text in texts]

    def _read_anew(self, asked: tuple[int, ...], text: Text) -> Reading:
        encoding = self._tokenizer.encode(text.text)
        body = encoding.ids[1:]  # the token that begins every text stands before the question
        length = len(asked) + len(body)
        width = -(-length // _LENGTH_STEP) * _LENGTH_STEP
        ids, types = np.zeros((1, width), dtype=np.int64), np.zeros((1, width), dtype=np.int64)
        mask = np.zeros((1, width), dtype=np.float32)
        ids[0, :length], types[0, len(asked) : length], mask[0, :length] = [*asked, *body], 1, 1
        made = self._network({"ids": ids, "types": types, "mask": mask})
        tokens, pair = np.array(made[0][0], dtype=np.float32), np.array(made[1][0], dtype=np.float32)
        return _reading(text, encoding.offsets[1:], tokens[len(asked) : length], null=tokens[0], pair=pair)


def _reading(
    text: Text, offsets: Offsets, tokens: NDArray[np.float32], *, null: NDArray[np.float32], pair: NDArray[np.float32]
) -> Reading:
    begins = np.array([start if end > start else -1 for start, end in offsets])
    none = float(null[_START] + null[_END])
    sentences = []
    for sentence in text.sentences:
        inside = np.flatnonzero((begins >= sentence.start) & (begins < sentence.end))
        sentences.append(_sentence(offsets, tokens, inside, none=none) if len(inside) else None)
    return Reading(
        answers=round(float(pair[_ANSWERS]), _DECIMALS),
        relevant=round(float(pair[_RELEVANT]), _DECIMALS),
        sentences=tuple(sentences),
    )


def _sentence(
    offsets: Offsets, tokens: NDArray[np.float32], inside: NDArray[np.int64], *, none: float
) -> SentenceReading:
    scores = np.round(tokens[inside, _START][:, None] + tokens[inside, _END][None, :], _DECIMALS)
    allowed = np.triu(np.ones_like(scores, dtype=bool)) & ~np.triu(np.ones_like(scores, dtype=bool), LONGEST_ANSWER)
    best = int(np.argmax(np.where(allowed, scores, -np.inf)))
    first, last = inside[best // len(inside)], inside[best % len(inside)]
    return SentenceReading(
        score=round(float(tokens[inside, _SENTENCE].mean()), _DECIMALS),
        span_score=round(float(scores.flat[best]) - none, _DECIMALS),
        span=Span(start=offsets[first][0], end=offsets[last][1]),
    )
