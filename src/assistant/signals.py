"""What ranked a passage and what speaks for a sentence of an answer, as numbers with their ranges."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """What ranked a passage. None where a leg did not propose it or the fusion in use does not look at it.

    Where a question names several things side by side, they are those of the whole question or of the side that found
    the passage first.

    With `fusion = adaptive` the others are added up as in decision 010:
    `fused` = w · (0.7 · `dense` + 0.3 · `sentence`) + (1 − w) · (0.08 · `lexical_scaled` + 0.1 · `pairs` +
    0.1 · `coverage`²), where w is the setting `dense_weight` and a missing `sentence` stands for `dense`.
    """

    dense: float | None = None
    """Cosine similarity of question and chunk, in -1..1."""
    lexical: float | None = None
    """BM25, higher is better, unbounded."""
    lexical_scaled: float | None = None
    """BM25 over the root of the question's summed word weights, unbounded: `lexical`, or else 0, or else the score of
    the last candidate where more chunks hold a word than are looked at."""
    sentence: float | None = None
    """Best cosine similarity of the question and a sentence of the chunk, in -1..1."""
    coverage: float | None = None
    """Share of the question's words that the chunk holds, rare ones counting more, in 0..1."""
    pairs: float | None = None
    """How much of the question's neighbouring words stand side by side in the chunk, 0 or more."""
    fused: float | None = None
    """All of these added up. `Passage.score` is it, stretched over 0..1 from the worst candidate to the best; with
    `fusion = min-max` it is `Passage.score` itself."""
    bridge: float | None = None
    """What speaks for a passage that a second hop found, or moved up (`assistant.hops`), unbounded; None for others."""
    rerank: float | None = None
    """What the reader, or a cross-encoder, makes of question and passage together, a logit; higher is better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceSignals:
    """What speaks for a sentence of an answer: the sum of all evidence, and those parts that say something alone."""

    score: float
    """Weighted sum of all evidence signals, higher is better, unbounded. Comparable only within one answer."""
    passage_rank: int
    """Of the passage it was read in, from 1."""
    cosine: float
    """Similarity of sentence and question, in -1..1."""
    coverage: float
    """Share of the question's words, rare ones counting more, that it holds with what it points back to, in 0..1."""
    answer_type: float
    """1 if it holds the kind of thing that is asked for, -1 if not, 0 if the question's form does not tell."""
    reader: float | None = None
    """The reader's logit of its holding the answer; None where it was not read."""
