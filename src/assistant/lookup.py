"""Looking a question up: its vectors, its passages, and what their sentences are worth as evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from assistant.catalog import Catalog
from assistant.embedding import Embedder
from assistant.evidence import QuestionVectors, ScoredSentence, TermWeights, score_sentences
from assistant.questions import Question, read_question
from assistant.retrieval import LexicalSearch, Query, Retriever
from assistant.types import Filters, Passage


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedUp:
    """A question, or one side of it, with what was retrieved for it."""

    question: Question
    vector: NDArray[np.float32]
    """Of the question, shape (dimension,), unit length."""
    weights: TermWeights
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All that is known of a question before it is answered."""

    whole: LookedUp
    sides: tuple[LookedUp, ...]
    """One for each of the things that the question names side by side."""
    passages: tuple[Passage, ...]
    """Of the whole and the sides in turn, ranks from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """Retrieves for a question and for its sides, and scores sentences."""

    catalog: Catalog
    retriever: Retriever
    lexical: LexicalSearch
    embedder: Embedder

    def find(self, question: Question, *, filters: Filters, k: int) -> Findings:
        """Look a question up.

        Args:
            question: As read.
            filters: Documents that may be read.
            k: How many passages to read at most.

        Returns:
            What was retrieved, within the caller's snapshot.
        """
        whole = self._one(question, filters=filters, k=k)
        sides = tuple(self._one(read_question(side), filters=filters, k=k) for side in question.sides)
        rankings = [whole.passages, *(side.passages for side in sides)]
        return Findings(whole=whole, sides=sides, passages=_interleave(rankings, k=k) if sides else whole.passages)

    def score(self, found: LookedUp, passages: Sequence[Passage]) -> tuple[ScoredSentence, ...]:
        """Score the sentences of some passages for a question or a side of it, best first."""
        whole, predicate = found.vector, found.question.predicate
        same = predicate == found.question.text
        vectors = QuestionVectors(whole=whole, predicate=whole if same else self.embedder.embed_query(predicate))
        return score_sentences(found.question, passages, vectors=vectors, weights=found.weights, catalog=self.catalog)

    def _one(self, question: Question, *, filters: Filters, k: int) -> LookedUp:
        stems = [term.stem for term in question.terms]
        vector = self.embedder.embed_query(question.text)
        weights = TermWeights.from_frequencies(self.lexical.frequencies(stems), chunks=self.catalog.chunk_count())
        retrieved = self.retriever.retrieve(Query(vector=vector, stems=stems, weights=weights, filters=filters, k=k))
        passages = _ranked(passage for passage in retrieved if self.catalog.stands(passage.chunk))
        return LookedUp(question=question, vector=vector, weights=weights, passages=passages)


def _interleave(rankings: Sequence[Sequence[Passage]], *, k: int) -> tuple[Passage, ...]:
    """Take the best passage of each ranking in turn, each chunk once, ranked anew."""
    distinct: dict[str, Passage] = {}
    for turn in zip_longest(*rankings):
        for passage in turn:
            if passage is not None:
                distinct.setdefault(passage.chunk.id, passage)
    return _ranked(list(distinct.values())[:k])


def _ranked(passages: Iterable[Passage]) -> tuple[Passage, ...]:
    return tuple(replace(passage, rank=rank) for rank, passage in enumerate(passages, start=1))
