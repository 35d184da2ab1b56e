"""The same embedding model as an ordinary user runs it: sentence-transformers on torch, 32-bit floats."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from assistant.embedding.source import find_model
from assistant.settings import PACKAGED_MODEL


class TorchModel:
    """The packaged model, not exported."""

    def __init__(self) -> None:
        self._model = SentenceTransformer(str(model_folder()), device="cpu")

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts as one batch: an array of shape (len(texts), dimension), rows of length 1.

        What is beyond the model's window is cut by sentence-transformers without a word.
        """
        rows = self._model.encode(
            list(texts), batch_size=len(texts), normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(rows, dtype=np.float32)


def model_folder() -> Path:
    """Locate the packaged model's files."""
    return find_model(PACKAGED_MODEL, allow_download=False).folder
