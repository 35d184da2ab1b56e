"""From a question to the passages that are read for its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.catalog import Catalog, Placement
from assistant.fusion import fuse
from assistant.nearness import Nearness, QuestionVectors
from assistant.settings import Settings
from assistant.types import BlockKind, Chunk, Filters, Hit, Passage, Ranking, Signals, Span

SCORE_DECIMALS = 6
OVER_QUOTA = 0.5
"""What a passage's score is worth once its document has filled its quota: others qualify from half of it on."""

RERANKED = 30
"""The best chunks so far, whose sentences are compared with the question one by one; more if more are wanted."""
FUSED_WEIGHT = 0.4
"""What their score until then says, beside the means of four similarities of their nearest sentence. Of 0.4, 0.5 and
0.6 chosen on development questions (docs/decisions/008)."""
_UNLIKE = -1.0


class DenseSearch(Protocol):
    """The vector index, as far as retrieval uses it."""

    def candidates(self, vector: NDArray[np.float32], *, k: int, allowed: frozenset[str] | None) -> Ranking:
        """Rank chunks by cosine similarity."""


class LexicalSearch(Protocol):
    """The lexical index, as far as asking uses it."""

    def search(self, terms: Sequence[str], *, k: int, allowed: frozenset[str] | None) -> Ranking:
        """Rank chunks by BM25 over stemmed terms, any of which may match."""

    def frequencies(self, terms: Sequence[str]) -> Mapping[str, int]:
        """Count the chunks that hold each term in title, section or text; 0 for a term that none holds."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Query:
    """A question as the indexes take it."""

    vectors: QuestionVectors
    stems: Sequence[str]
    filters: Filters
    k: int
    """Passages wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retriever:
    """Dense and lexical candidates, fused, from several documents."""

    catalog: Catalog
    dense: DenseSearch
    lexical: LexicalSearch
    settings: Settings

    def retrieve(self, query: Query) -> tuple[Passage, ...]:
        """Retrieve the best passages.

        Args:
            query: The question.

        Returns:
            At most `query.k` passages, best first, ranks from 1. Equal chunks of several documents count once.
        """
        allowed = self.catalog.allowed_chunks(query.filters)
        k = max(self.settings.candidates, query.k)
        dense = self.dense.candidates(query.vectors.whole, k=k, allowed=allowed)
        lexical = self.lexical.search(query.stems, k=k, allowed=allowed) if query.stems else Ranking()
        complete = self._with_dense_scores(dense, lexical, query.vectors.whole)
        weight = self.settings.dense_weight
        fused = fuse(
            (complete, _with_zeros(lexical, complete, full=len(lexical.hits) >= k)),
            weights=(weight, 1 - weight),
            k=2 * k,
        )
        places = self.catalog.place([hit.chunk_id for hit in fused.hits], filters=query.filters)
        found = [hit for hit in fused.hits if hit.chunk_id in places][: max(RERANKED, query.k)]
        hits = self._by_sentences(found, places, query.vectors) if found else []
        chosen = _limit_per_document(
            hits,
            {hit.chunk_id: places[hit.chunk_id][0] for hit in hits},
            quota=self.settings.passages_per_document,
            k=query.k,
        )
        cosines, bm25 = complete.scores(), lexical.scores()
        return tuple(
            _passage(
                places[hit.chunk_id][0],
                hit,
                rank=rank,
                signals=Signals(dense=cosines.get(hit.chunk_id), lexical=bm25.get(hit.chunk_id)),
            )
            for rank, hit in enumerate(chosen, start=1)
        )

    def _by_sentences(
        self, hits: Sequence[Hit], places: Mapping[str, Sequence[Placement]], vectors: QuestionVectors
    ) -> Sequence[Hit]:
        """Rank chunks by their nearest sentences too: a long one hides what a single sentence of it says."""
        nearest = [self._nearest_sentences(places[hit.chunk_id][0].chunk, vectors) for hit in hits]
        rankings = [Ranking(hits=tuple(hits))]
        for similarities in zip(*nearest, strict=True):
            rankings.append(
                Ranking(
                    hits=tuple(
                        Hit(chunk_id=hit.chunk_id, score=round(similarity, SCORE_DECIMALS))
                        for hit, similarity in zip(hits, similarities, strict=True)
                    )
                )
            )
        share = (1 - FUSED_WEIGHT) / (len(rankings) - 1)
        return fuse(rankings, weights=[FUSED_WEIGHT, *[share] * (len(rankings) - 1)], k=len(hits)).hits

    def _nearest_sentences(self, chunk: Chunk, vectors: QuestionVectors) -> tuple[float, float, float, float]:
        within = Span(start=chunk.start, end=chunk.end)
        stored = [
            sentence
            for sentence in self.catalog.sentences(chunk.digest, within=within)
            if sentence.sentence.kind is not BlockKind.HEADING
        ]
        if not stored:
            return _UNLIKE, _UNLIKE, _UNLIKE, _UNLIKE
        near = Nearness.of(stored, vectors)
        found = (near.whole, near.whole_window, near.predicate, near.predicate_window)
        whole, window, predicate, predicate_window = (float(similarities.max()) for similarities in found)
        return whole, window, predicate, predicate_window

    def _with_dense_scores(self, dense: Ranking, lexical: Ranking, vector: NDArray[np.float32]) -> Ranking:
        """Add the dense scores of what only the lexical leg proposed."""
        known = dense.scores()
        missing = [hit.chunk_id for hit in lexical.hits if hit.chunk_id not in known]
        if not missing:
            return dense
        cosines = self.catalog.vectors_of(missing) @ vector
        added = (
            Hit(chunk_id=chunk_id, score=round(float(cosine), SCORE_DECIMALS))
            for chunk_id, cosine in zip(missing, cosines, strict=True)
        )
        return Ranking(hits=tuple(sorted((*dense.hits, *added), key=lambda hit: (-hit.score, hit.chunk_id))))


def _with_zeros(lexical: Ranking, candidates: Ranking, *, full: bool) -> Ranking:
    """Add the candidates that hold no term, which BM25 scores 0; of a full ranking the rest is not known."""
    if full or not lexical.hits:
        return lexical
    known = lexical.scores()
    rest = (Hit(chunk_id=hit.chunk_id, score=0.0) for hit in candidates.hits if hit.chunk_id not in known)
    return Ranking(hits=(*lexical.hits, *rest))


def _limit_per_document(hits: Sequence[Hit], places: Mapping[str, Placement], *, quota: int, k: int) -> list[Hit]:
    """Choose `k` hits with at most `quota` of a document while others reach `OVER_QUOTA` of their score."""
    taken: dict[str, int] = {}
    worth: list[tuple[float, Hit]] = []
    for hit in hits:
        document = places[hit.chunk_id].document_id
        taken[document] = taken.get(document, 0) + 1
        worth.append((hit.score if taken[document] <= quota else hit.score * OVER_QUOTA, hit))
    chosen = sorted(worth, key=lambda pair: (-pair[0], pair[1].chunk_id))[:k]
    return sorted((hit for _, hit in chosen), key=lambda hit: (-hit.score, hit.chunk_id))


def _passage(place: Placement, hit: Hit, *, rank: int, signals: Signals) -> Passage:
    return Passage(
        document_id=place.document_id, title=place.title, chunk=place.chunk, rank=rank, score=hit.score, signals=signals
    )
