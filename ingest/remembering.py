"""Remembering how texts are cut into tokens, for documents that are read again after each small edit."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from assistant.embedding import Embedder, PartedVectors
from assistant.types import Span

MOST_TEXTS = 8192
"""Paragraphs and chunks remembered, those used last."""
_GAP = "\n\n"


class RememberingEmbedder:
    """An embedder that counts each paragraph's and each chunk's tokens once. Vectors are as the embedder makes them."""

    def __init__(self, embedder: Embedder) -> None:
        """Remember nothing yet."""
        self._embedder = embedder
        self._count = lru_cache(MOST_TEXTS)(embedder.count_tokens)
        self._offsets = lru_cache(MOST_TEXTS)(self._compact_offsets)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._embedder.dimension

    @property
    def max_tokens(self) -> int:
        """The window, special tokens included."""
        return self._embedder.max_tokens

    @property
    def fingerprint(self) -> str:
        """Which model and which prefixes make the vectors."""
        return self._embedder.fingerprint

    def count_tokens(self, text: str) -> int:
        """Count a text's tokens, special tokens not included."""
        return self._count(text)

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        """Locate a text's tokens, paragraph by paragraph: no token reaches over an empty line."""
        found: list[tuple[int, int]] = []
        at = 0
        for piece in text.split(_GAP):
            found.extend((start, end) for start, end in (self._offsets(piece) + at).tolist())
            at += len(piece) + len(_GAP)
        return found

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts that are searched: shape (len(texts), dimension)."""
        return self._embedder.embed_documents(texts)

    def embed_with_parts(self, texts: Sequence[str], parts: Sequence[Sequence[Span]]) -> list[PartedVectors]:
        """Embed texts that are searched, and stretches of each."""
        return self._embedder.embed_with_parts(texts, parts)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Embed a question: shape (dimension,)."""
        return self._embedder.embed_query(text)

    def _compact_offsets(self, text: str) -> NDArray[np.int32]:
        return np.array(self._embedder.token_offsets(text), dtype=np.int32).reshape(-1, 2)
