"""Looking a question up: its vectors, its passages, and what their sentences are worth as evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from assistant.catalog import Catalog
from assistant.embedding import Embedder
from assistant.evidence import ScoredSentence, TermWeights, score_sentences
from assistant.hops import SecondHop
from assistant.nearness import QuestionVectors
from assistant.questions import Question, read_question
from assistant.reader import Reader
from assistant.reading import PassageReading, mark_read, rank_read, read_passages
from assistant.reranking import Reranker
from assistant.retrieval import LexicalSearch, Query, Retriever
from assistant.types import Filters, Passage

SIDE_PASSAGES = 4
"""Most passages of each thing that a question names side by side: they stand beside those of the whole question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedUp:
    """A question, or one side of it, with what was retrieved for it."""

    question: Question
    vectors: QuestionVectors
    weights: TermWeights
    passages: tuple[Passage, ...]
    readings: Mapping[str, PassageReading] | None = None
    """What the reader made of them, by chunk id; None without a reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All that is known of a question before it is answered."""

    whole: LookedUp
    sides: tuple[LookedUp, ...]
    """One for each of the things that the question names side by side."""
    passages: tuple[Passage, ...]
    """Of the whole and the sides in turn, with those of a second hop; ranks from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """Retrieves for a question and for its sides, and scores sentences."""

    catalog: Catalog
    retriever: Retriever
    lexical: LexicalSearch
    embedder: Embedder
    reader: Reader | None = None
    read: int = 0
    """Passages that the reader reads, if there is one, whatever is asked for: the first of a longer ranking are those
    of a shorter one."""
    reranker: Reranker | None = None
    reranked: int = 0
    """Passages that the cross-encoder ranks, if there is one: the order is then its own."""

    def find(self, question: Question, *, filters: Filters, k: int) -> Findings:
        """Look a question up.

        Args:
            question: As read.
            filters: Documents that may be read.
            k: How many passages to read at most.

        Returns:
            What was retrieved, within the caller's snapshot.
        """
        whole = self._one(question, filters=filters, k=k, depth=self.read)
        asked = [read_question(side) for side in question.sides]
        of_side = min(k, SIDE_PASSAGES)
        sides = tuple(self._one(side, filters=filters, k=of_side, depth=of_side) for side in asked)
        rankings = [whole.passages, *(side.passages for side in sides)]
        passages = _interleave(rankings, k=k) if sides else whole.passages
        return Findings(whole=whole, sides=sides, passages=self._hop(whole, passages, filters=filters, k=k))

    def score(self, found: LookedUp, passages: Sequence[Passage]) -> tuple[ScoredSentence, ...]:
        """Score the sentences of some passages for a question or a side of it, best first."""
        return score_sentences(
            found.question,
            passages,
            vectors=found.vectors,
            weights=found.weights,
            catalog=self.catalog,
            readings=self._complete(found, passages),
        )

    def _one(self, question: Question, *, filters: Filters, k: int, depth: int) -> LookedUp:
        """Look one question up: read the first `depth` of what is retrieved, if there is a reader, and keep `k`."""
        stems = question.asked
        vectors = self._embed(question)
        weights = TermWeights.from_frequencies(self.lexical.frequencies(stems), chunks=self.catalog.chunk_count())
        kept = max(k, depth) if self.reader else k
        wanted = max(kept, self.reranked) if self.reranker else kept
        query = Query(vector=vectors.whole, stems=stems, weights=weights, filters=filters, k=wanted)
        retrieved = self.retriever.retrieve(query)
        passages = _ranked(passage for passage in retrieved if self.catalog.stands(passage.chunk))
        if self.reranker is not None:
            passages = _reranked(self.reranker, question.text, passages)[:kept]
        readings = None
        if self.reader is not None:
            read, rest = passages[:depth], passages[depth:]
            readings = read_passages(self.reader, question.text, read, vector=vectors.whole, catalog=self.catalog)
            passages = passages if self.reranker else (*rank_read(read, readings), *rest)
        return LookedUp(question=question, vectors=vectors, weights=weights, passages=passages[:k], readings=readings)

    def _hop(self, whole: LookedUp, passages: Sequence[Passage], *, filters: Filters, k: int) -> tuple[Passage, ...]:
        """Follow what the best passage names, read what is new, and rank anew."""
        hop = SecondHop(catalog=self.catalog, lexical=self.lexical)
        vector = whole.vectors.whole
        passages = hop.follow(whole.question, passages, vector=vector, weights=whole.weights, filters=filters, k=k)
        if self.reader is not None and self.reranker is None:
            known = {passage.chunk.id for passage in whole.passages}
            unread = [one for one in passages if one.signals.rerank is None and one.chunk.id not in known]
            readings = read_passages(self.reader, whole.question.text, unread, vector=vector, catalog=self.catalog)
            marked = {passage.chunk.id: passage for passage in mark_read(unread, readings)}
            passages = [marked.get(passage.chunk.id, passage) for passage in passages]
        return _ranked(passages)

    def _embed(self, question: Question) -> QuestionVectors:
        whole, predicate = self.embedder.embed_query(question.text), question.predicate
        same = predicate == question.text
        return QuestionVectors(whole=whole, predicate=whole if same else self.embedder.embed_query(predicate))

    def _complete(self, found: LookedUp, passages: Sequence[Passage]) -> Mapping[str, PassageReading] | None:
        """Read what was retrieved for another side of the question or by a second hop only."""
        if self.reader is None or found.readings is None:
            return None
        unread = [passage for passage in passages if passage.chunk.id not in found.readings]
        text, vector = found.question.text, found.vectors.whole
        return {**found.readings, **read_passages(self.reader, text, unread, vector=vector, catalog=self.catalog)}


def _interleave(rankings: Sequence[Sequence[Passage]], *, k: int) -> tuple[Passage, ...]:
    """Take the best passage of each ranking in turn, each chunk once, ranked anew."""
    distinct: dict[str, Passage] = {}
    for turn in zip_longest(*rankings):
        for passage in turn:
            if passage is not None:
                distinct.setdefault(passage.chunk.id, passage)
    return _ranked(list(distinct.values())[:k])


def _reranked(reranker: Reranker, question: str, passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """Rank passages by a cross-encoder alone, ties by their rank before."""
    scores = reranker.score(question, [f"{passage.chunk.context}\n{passage.chunk.text}" for passage in passages])
    scored = [
        replace(passage, signals=replace(passage.signals, rerank=score))
        for passage, score in zip(passages, scores, strict=True)
    ]
    return _ranked(sorted(scored, key=lambda passage: (-(passage.signals.rerank or 0.0), passage.rank)))


def _ranked(passages: Iterable[Passage]) -> tuple[Passage, ...]:
    return tuple(replace(passage, rank=rank) for rank, passage in enumerate(passages, start=1))
