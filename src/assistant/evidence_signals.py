"""What speaks for a sentence, and how much each of it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceSignals:
    """What speaks for a sentence."""

    cosine: float
    """Similarity of sentence and question, in -1..1."""
    window: float
    """Similarity of the sentence together with its neighbours and the question, in -1..1."""
    passage: float
    """Fused score of its passage, in 0..1."""
    passage_cosine: float
    """Similarity of its passage and the question, in -1..1."""
    passage_best: float
    """The highest `cosine` in its passage."""
    predicate: float
    """Similarity of sentence and predicate, the question without its names: a passage may name them once for all."""
    predicate_window: float
    """Similarity of the sentence together with its neighbours and the predicate."""
    predicate_best: float
    """The highest `predicate` in its passage."""
    coverage: float
    """Share of the question's terms, weighted by rarity, that the sentence holds with what it points back to."""
    context_coverage: float
    """The same over its passage with title and section."""
    names_missing: float
    """Share of the question's names and numbers that neither passage nor title nor section holds, in 0..1."""
    answer_type: float
    """1 if it holds the kind of thing that is asked for, -1 if not, 0 if the question's form does not tell."""
    length: float
    """Its characters as a share of `evidence.LONG_SENTENCE`, at most 1."""
    fragment: float
    """1 for prose that does not end like a sentence: a caption, a label, a line of front matter."""
    rival: float = 0.0
    """1 if it, or else its section's heading, names Chang'e 6 where Chang'e 5 is asked for."""
    reader_sentence: float = 0.0
    """The reader's score of the sentence; 0 without a reader, as the other three."""
    reader_span: float = 0.0
    """Of the best short answer in the sentence, less that of the passage holding none."""
    reader_answers: float = 0.0
    """Whether the passage holds the answer."""
    reader_relevant: float = 0.0
    """Whether it rather than another one does."""


WEIGHTS: Mapping[str, float] = {
    "cosine": 4.04,
    "window": 1.65,
    "passage": 4.15,
    "passage_cosine": -0.33,
    "passage_best": 1.5,
    "predicate": 3.43,
    "predicate_window": 1.06,
    "predicate_best": 1.14,
    "coverage": 3.33,
    "context_coverage": 1.82,
    "names_missing": -1.49,
    "answer_type": 1.16,
    "length": 0.8,
    "fragment": -2.72,
    "rival": -0.74,
}
"""Fitted so that the softmax over a question's sentences finds the one that holds the answer, on development halves of
squad2_half and nq_open_oracle and of the starter gold set: `evals/fit_answering.py` does it again."""
READ_WEIGHTS: Mapping[str, float] = {
    "cosine": 1.73,
    "window": 0.74,
    "passage": 3.04,
    "passage_cosine": 0.46,
    "passage_best": 1.09,
    "predicate": 3.26,
    "predicate_window": 0.84,
    "predicate_best": 0.74,
    "coverage": 3.27,
    "context_coverage": 0.69,
    "names_missing": -0.49,
    "answer_type": 0.78,
    "length": 0.59,
    "fragment": -1.78,
    "rival": -1.12,
    "reader_sentence": 0.09,
    "reader_span": 0.11,
    "reader_answers": -0.47,
    "reader_relevant": 0.38,
}
"""The same where the reader has read the passages, fitted on development questions that it did not learn from
(docs/decisions/020)."""
