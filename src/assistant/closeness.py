"""How close the best candidates are to a question, beyond one vector and one BM25 score.

A chunk's vector is an average over its text: one sentence that answers is hidden in it. BM25 adds up single words: it
does not see that two of them stand side by side, nor that a chunk holds nearly all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.evidence import TermWeights

_DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Closeness:
    """What speaks for a chunk."""

    sentence: float | None
    """Best cosine similarity of the question and one of its sentences, in -1..1; None where it holds no whole one."""
    pairs: float
    """Weights of the question's neighbouring terms that stand side by side, over the root of all weights; 0 or more."""
    coverage: float
    """Share of the question's weight that it holds, in 0..1."""


class StoredSentences(Protocol):
    """Where sentence vectors are kept."""

    def sentence_vectors(self, chunk_ids: Sequence[str]) -> Mapping[str, NDArray[np.float32]]:
        """Look up the vectors of the sentences within each chunk, shape (sentences, dimension)."""


class StoredTerms(Protocol):
    """Where a chunk's stems are kept."""

    def terms_of(self, chunk_ids: Sequence[str]) -> Mapping[str, Sequence[Sequence[str]]]:
        """Look up the stems of each chunk's context and of its text, in order."""


def measure_closeness(
    chunk_ids: Sequence[str],
    *,
    vector: NDArray[np.float32],
    stems: Sequence[str],
    weights: TermWeights,
    sentences: StoredSentences,
    terms: StoredTerms,
) -> dict[str, Closeness]:
    """Measure how close chunks are to a question.

    Args:
        chunk_ids: Visible chunks.
        vector: Of the question, shape (dimension,), unit length.
        stems: Of the question's terms, in order.
        weights: Of these stems.
        sentences: Where sentence vectors are kept.
        terms: Where chunks' stems are kept.

    Returns:
        By chunk id, rounded to 6 decimals.
    """
    vectors, held = sentences.sentence_vectors(chunk_ids), terms.terms_of(chunk_ids)
    neighbours = {pair for pair in pairwise(stems) if pair[0] != pair[1]}
    root = weights.root(weights.weights)
    measured = {}
    for chunk_id in chunk_ids:
        of_chunk = vectors.get(chunk_id)
        fields = held.get(chunk_id, ())
        side_by_side = neighbours & {pair for field in fields for pair in pairwise(field)}
        shared = sum(min(weights.weights[first], weights.weights[second]) for first, second in sorted(side_by_side))
        measured[chunk_id] = Closeness(
            sentence=None if of_chunk is None else round(float((of_chunk @ vector).max()), _DECIMALS),
            pairs=round(shared / root, _DECIMALS) if root else 0.0,
            coverage=round(weights.share(frozenset(stem for field in fields for stem in field)), _DECIMALS),
        )
    return measured
