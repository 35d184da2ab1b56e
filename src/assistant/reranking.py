"""Passages scored together with the question by a cross-encoder, where one is configured.

The only file besides `embedding.export` that runs sentence-transformers, and so torch: nothing else imports it early.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from assistant.errors import ModelError

_BATCH = 16
_DECIMALS = 3
"""Of a score: what differs beyond depends on how texts are batched."""


class Reranker(Protocol):
    """Scores texts for a question."""

    @property
    def fingerprint(self) -> str:
        """Which weights score."""

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """Score texts; higher is better."""


class CrossEncoderReranker:
    """A sentence-transformers cross-encoder with one output. Safe to use from several threads, in turns."""

    def __init__(self, model: Any, *, fingerprint: str) -> None:
        self.fingerprint = fingerprint
        self._model, self._lock = model, threading.Lock()

    @classmethod
    def from_folder(cls, folder: Path, *, fingerprint: str) -> CrossEncoderReranker:
        """Load a model; nothing is fetched.

        Args:
            folder: Holds its configuration, weights and tokenizer.
            fingerprint: Names its files.

        Raises:
            ModelError: If it can't be loaded, or has not one output for a pair.
        """
        from sentence_transformers import CrossEncoder
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()
        try:
            model = CrossEncoder(str(folder), device="cpu", local_files_only=True)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ModelError(f"The cross-encoder in {str(folder)!r} can't be loaded: {error}") from error
        if model.num_labels != 1:
            detail = f"it gives {model.num_labels} scores a pair, and ranking needs one"
            raise ModelError(f"The model in {str(folder)!r} is no cross-encoder for ranking: {detail}.")
        return cls(model, fingerprint=fingerprint)

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """Score each text together with the question.

        Args:
            question: As asked.
            texts: Each cut to the model's window.

        Returns:
            One score a text, in the order given: the model's output before any activation.
        """
        from torch import nn

        if not texts:
            return []
        pairs = [(question, text) for text in texts]
        with self._lock:
            scores = self._model.predict(
                pairs, batch_size=_BATCH, activation_fn=nn.Identity(), show_progress_bar=False, convert_to_numpy=True
            )
        return [round(float(score), _DECIMALS) for score in scores]
