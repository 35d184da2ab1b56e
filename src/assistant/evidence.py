"""Which sentences of the passages answer the question."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assistant.catalog import Catalog, StoredSentence
from assistant.numbered import is_about_a_rival
from assistant.questions import Question, holds_type
from assistant.terms import stems
from assistant.types import BlockKind, Passage, Span

VERSION = "2"
"""Raised whenever the signals or their weights change: part of an answer's fingerprint."""
SHORTEST_SENTENCE = 12
"""Characters; what is shorter says nothing by itself."""
SCORE_DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class TermWeights:
    """How much each of a question's terms says, by its rarity in the corpus."""

    weights: Mapping[str, float]
    absent: frozenset[str]
    """Stems that no chunk holds."""

    @classmethod
    def from_frequencies(cls, frequencies: Mapping[str, int], *, chunks: int) -> TermWeights:
        """Weigh terms by BM25's inverse document frequency.

        Args:
            frequencies: How many chunks hold each stem of the question; 0 for none.
            chunks: How many chunks there are.
        """
        return cls(
            weights={
                stem: math.log(1 + (chunks - count + 0.5) / (count + 0.5)) if count <= chunks else 0.0
                for stem, count in frequencies.items()
            },
            absent=frozenset(stem for stem, count in frequencies.items() if not count),
        )

    def share(self, found: frozenset[str]) -> float:
        """Tell how much of the question's weight some stems hold, in 0..1; 0 for a question without terms."""
        total = sum(self.weights.values())
        return sum(weight for stem, weight in self.weights.items() if stem in found) / total if total else 0.0

    def root(self) -> float:
        """Give the square root of all weights: what the sum of a question's BM25 scores is measured by."""
        return math.sqrt(sum(self.weights.values()))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QuestionVectors:
    """A question as vectors of unit length, each of shape (dimension,)."""

    whole: NDArray[np.float32]
    predicate: NDArray[np.float32]
    """Of `Question.predicate`; the same as `whole` where the question has no names."""


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
    """Its characters as a share of `LONG_SENTENCE`, at most 1."""
    fragment: float
    """1 for prose that does not end like a sentence: a caption, a label, a line of front matter."""
    rival: float = 0.0
    """1 if it, or else its section's heading, names Chang'e 6 where Chang'e 5 is asked for."""


WEIGHTS: Mapping[str, float] = {
    "cosine": 1.7,
    "window": 1.1,
    "passage": 3.7,
    "passage_cosine": 4.3,
    "passage_best": 2.2,
    "predicate": 1.6,
    "predicate_window": 0.8,
    "predicate_best": 2.2,
    "coverage": 3.0,
    "context_coverage": 3.1,
    "names_missing": -1.5,
    "answer_type": 1.1,
    "length": 0.9,
    "fragment": -2.8,
    "rival": -2.5,
}
"""Fitted so that the softmax over a question's sentences finds the one that holds the answer, on development halves of
squad2_half and nq_open_oracle and of the starter gold set: `evals/fit_answering.py` does it again."""
LONG_SENTENCE = 400
_COMMAS = re.compile(r",|\band\b")
_POINTS_BACK = re.compile(
    r"(?:it|its|he|his|she|her|they|their|them|this|these|those|that|such|both"
    r"|the (?:same|latter|former|two|three))\b(?!['’])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoredSentence:
    """A sentence of a passage with what speaks for it."""

    passage: Passage
    stored: StoredSentence
    stems: frozenset[str]
    signals: EvidenceSignals
    score: float
    """Weighted sum of the signals, higher is better. Comparable only within one question."""

    @property
    def text(self) -> str:
        """The sentence, exactly."""
        return self.stored.text

    @property
    def place(self) -> tuple[str, int]:
        """Where it stands: the document and the position of its first character."""
        return self.passage.document_id, self.stored.sentence.start

    def beside(self, neighbour: StoredSentence) -> ScoredSentence:
        """Let a neighbour that was not scored itself stand by this sentence's score."""
        return replace(self, stored=neighbour, stems=frozenset(stems(neighbour.text)))


def score_sentences(
    question: Question,
    passages: Sequence[Passage],
    *,
    vectors: QuestionVectors,
    weights: TermWeights,
    catalog: Catalog,
) -> tuple[ScoredSentence, ...]:
    """Score the sentences of the passages.

    Args:
        question: What is asked.
        passages: What was retrieved for it.
        vectors: The question's embeddings.
        weights: Of the question's terms.
        catalog: Where the sentences are, within one snapshot.

    Returns:
        Best first, ties by place. Headings, questions and scraps are left out; a sentence that two passages share
        counts once, with its better score.
    """
    best: dict[tuple[str, int], ScoredSentence] = {}
    for passage in passages:
        for scored in _score_passage(question, passage, vectors=vectors, weights=weights, catalog=catalog):
            if scored.place not in best or best[scored.place].score < scored.score:
                best[scored.place] = scored
    return tuple(sorted(best.values(), key=lambda found: (-found.score, found.place)))


def is_evidence(stored: StoredSentence) -> bool:
    """Tell whether a sentence can be quoted as an answer: no heading, no question, no scrap."""
    if stored.sentence.kind is BlockKind.HEADING:
        return False
    words = stored.text.rstrip("\"'”’)] ")
    return len(words) >= SHORTEST_SENTENCE and not words.endswith("?")


def points_back(text: str) -> bool:
    """Tell whether a sentence begins with a word that only the sentence before explains."""
    return _POINTS_BACK.match(text) is not None


def _score_passage(
    question: Question, passage: Passage, *, vectors: QuestionVectors, weights: TermWeights, catalog: Catalog
) -> Iterator[ScoredSentence]:
    chunk = passage.chunk
    around = catalog.sentences(chunk.digest, within=Span(start=chunk.start, end=chunk.end))
    if not around:
        return
    context = frozenset(stems(f"{passage.title}\n{chunk.context}\n{chunk.text}"))
    words = [frozenset(stems(stored.text)) for stored in around]
    near = _Nearness.of(around, vectors)
    missing = len(question.names - context) / len(question.names) if question.names else 0.0
    for index, stored in enumerate(around):
        if not is_evidence(stored):
            continue
        explained = words[index] | words_before(around, words, index)
        signals = EvidenceSignals(
            cosine=float(near.whole[index]),
            window=float(near.whole_window[index]),
            passage=passage.score,
            passage_cosine=passage.signals.dense or 0.0,
            passage_best=float(near.whole.max()),
            predicate=float(near.predicate[index]),
            predicate_window=float(near.predicate_window[index]),
            predicate_best=float(near.predicate.max()),
            coverage=weights.share(explained),
            context_coverage=weights.share(context),
            names_missing=missing,
            answer_type=_type_signal(question, stored),
            length=min(len(stored.text), LONG_SENTENCE) / LONG_SENTENCE,
            fragment=float(_is_fragment(stored)),
            rival=float(is_about_a_rival(question.text, stored.text, heading=" ".join(chunk.section))),
        )
        score = round(sum(weight * getattr(signals, name) for name, weight in WEIGHTS.items()), SCORE_DECIMALS)
        yield ScoredSentence(passage=passage, stored=stored, stems=explained, signals=signals, score=score)


def words_before(around: Sequence[StoredSentence], words: Sequence[frozenset[str]], index: int) -> frozenset[str]:
    """Find the words a sentence borrows: of what it points back to, of its list's introduction, of its table's header.

    Args:
        around: A passage's sentences in order.
        words: The stems of each.
        index: Which sentence.
    """
    kind = around[index].sentence.kind
    if kind in (BlockKind.ITEM, BlockKind.ROW):
        first = index
        while first > 0 and around[first - 1].sentence.kind is kind:
            first -= 1
        lead = first - 1 if kind is BlockKind.ITEM else first
        return words[lead] if lead >= 0 else frozenset()
    if index and points_back(around[index].text) and around[index - 1].sentence.kind is not BlockKind.HEADING:
        return words[index - 1]
    return frozenset()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Nearness:
    """How similar a passage's sentences are to the question; arrays of shape (sentences,)."""

    whole: NDArray[np.float32]
    whole_window: NDArray[np.float32]
    predicate: NDArray[np.float32]
    predicate_window: NDArray[np.float32]

    @classmethod
    def of(cls, around: Sequence[StoredSentence], vectors: QuestionVectors) -> _Nearness:
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


def _type_signal(question: Question, stored: StoredSentence) -> float:
    held = holds_type(question, stored.text)
    if held is None:
        return 1.0 if question.wants_list and _enumerates(stored) else 0.0
    return 1.0 if held else -1.0


def _enumerates(stored: StoredSentence) -> bool:
    """Tell whether a sentence is part of a list, introduces one or is one."""
    introduces = stored.text.rstrip().endswith(":")
    return stored.sentence.kind is BlockKind.ITEM or introduces or len(_COMMAS.findall(stored.text)) > 1


def _is_fragment(stored: StoredSentence) -> bool:
    if stored.sentence.kind is not BlockKind.PARAGRAPH:
        return False
    return not stored.text.rstrip("\"'”’)] ").endswith((".", "!", ":", ";", "…", "。"))
