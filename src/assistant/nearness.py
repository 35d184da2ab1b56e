"""How similar the sentences of a passage are to a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.catalog import StoredSentence


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QuestionVectors:
    """A question as vectors of unit length, each of shape (dimension,)."""

    whole: NDArray[np.float32]
    predicate: NDArray[np.float32]
    """Of `Question.predicate`; the same as `whole` where the question has no names."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Nearness:
    """Cosine similarities of a passage's sentences, in their order; arrays of shape (sentences,)."""

    whole: NDArray[np.float32]
    whole_window: NDArray[np.float32]
    """Of the sentence together with its neighbours."""
    predicate: NDArray[np.float32]
    predicate_window: NDArray[np.float32]

    @classmethod
    def of(cls, around: Sequence[StoredSentence], vectors: QuestionVectors) -> Nearness:
        """Measure a passage's sentences, at least one, in reading order; one without a vector is like nothing."""
        unknown = np.zeros_like(vectors.whole)
        rows = np.stack([unknown if stored.vector is None else stored.vector for stored in around])
        windows = _windows(rows)
        return cls(
            whole=rows @ vectors.whole,
            whole_window=windows @ vectors.whole,
            predicate=rows @ vectors.predicate,
            predicate_window=windows @ vectors.predicate,
        )


def _windows(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sum each row with its neighbours and bring it to unit length."""
    summed = vectors.copy()
    summed[1:] += vectors[:-1]
    summed[:-1] += vectors[1:]
    lengths = np.linalg.norm(summed, axis=1, keepdims=True)
    return np.asarray(summed / np.where(lengths > 0, lengths, 1.0), dtype=np.float32)
