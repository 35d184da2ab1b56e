"""From a question to the passages that are read for its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.catalog import Catalog, Placement
from assistant.closeness import Closeness, measure_closeness
from assistant.evidence import TermWeights
from assistant.fusion import add_up, fuse, min_max
from assistant.ranking import Hit, Ranking
from assistant.settings import Settings
from assistant.types import Filters, Passage, Signals

SCORE_DECIMALS = 6
OVER_QUOTA = 0.5
"""What a passage's score is worth once its document has filled its quota: others qualify from half of it on."""
REFINED = 50
"""Candidates whose sentences and words are looked at."""
_SENTENCE = 0.3
"""Share of a chunk's best sentence in its dense score; the rest is the chunk's own vector."""
_BM25, _PAIRS, _COVERAGE = 0.08, 0.1, 0.1
"""What the lexical scores are worth beside a cosine: BM25 and pairs over the root of the weights, coverage squared."""


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

    def terms_of(self, chunk_ids: Sequence[str]) -> Mapping[str, Sequence[Sequence[str]]]:
        """Look up the stems of each chunk's context and of its text, in order."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Query:
    """A question as the indexes take it."""

    vector: NDArray[np.float32]
    stems: Sequence[str]
    """Of its terms, in order."""
    weights: TermWeights
    """Of these stems."""
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
        dense = self.dense.candidates(query.vector, k=k, allowed=allowed)
        lexical = self.lexical.search(query.stems, k=k, allowed=allowed) if query.stems else Ranking()
        complete = self._with_dense_scores(dense, lexical, query.vector)
        fused = self._fuse(query, complete, lexical, k=k)
        places = self.catalog.place([hit.chunk_id for hit in fused.hits], filters=query.filters)
        hits = [hit for hit in fused.hits if hit.chunk_id in places]
        cosines, bm25 = complete.scores(), lexical.scores()
        close: Mapping[str, Closeness] = {}
        if self.settings.fusion == "adaptive":
            hits, close = self._refine(query, hits[: max(REFINED, 2 * query.k)], cosines)
        chosen = _limit_per_document(
            hits,
            {hit.chunk_id: places[hit.chunk_id][0] for hit in hits},
            quota=self.settings.passages_per_document,
            k=query.k,
        )
        return tuple(
            _passage(
                places[hit.chunk_id][0],
                hit,
                rank=rank,
                signals=_signals(cosines.get(hit.chunk_id), bm25.get(hit.chunk_id), close.get(hit.chunk_id)),
            )
            for rank, hit in enumerate(chosen, start=1)
        )

    def _fuse(self, query: Query, complete: Ranking, lexical: Ranking, *, k: int) -> Ranking:
        weight, full = self.settings.dense_weight, len(lexical.hits) >= k
        if self.settings.fusion == "min-max":
            legs = (complete, _with_zeros(lexical, complete, full=full))
            return fuse(legs, weights=(weight, 1 - weight), k=2 * k)
        root = query.weights.root()
        worth = (weight, (1 - weight) * _BM25 / root if root else 0.0)
        return add_up(complete, lexical, weights=worth, floor=lexical.hits[-1].score if full else 0.0, k=2 * k)

    def _refine(
        self, query: Query, hits: Sequence[Hit], cosines: Mapping[str, float]
    ) -> tuple[list[Hit], Mapping[str, Closeness]]:
        """Rank candidates anew by their sentences, by words that stand side by side and by how many words they hold."""
        close = measure_closeness(
            [hit.chunk_id for hit in hits],
            vector=query.vector,
            stems=query.stems,
            weights=query.weights,
            sentences=self.catalog,
            terms=self.lexical,
        )
        weight = self.settings.dense_weight
        refined = []
        for hit in hits:
            found, cosine = close[hit.chunk_id], cosines[hit.chunk_id]
            gained = 0.0 if found.sentence is None else _SENTENCE * (found.sentence - cosine)
            words = _PAIRS * found.pairs + _COVERAGE * found.coverage**2
            score = hit.score + weight * gained + (1 - weight) * words
            refined.append(Hit(chunk_id=hit.chunk_id, score=round(score, SCORE_DECIMALS)))
        refined.sort(key=lambda hit: (-hit.score, hit.chunk_id))
        scores = min_max(Ranking(hits=tuple(refined)))
        return [Hit(chunk_id=name, score=round(score, SCORE_DECIMALS)) for name, score in scores.items()], close

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


def _signals(cosine: float | None, bm25: float | None, close: Closeness | None) -> Signals:
    if close is None:
        return Signals(dense=cosine, lexical=bm25)
    return Signals(
        dense=cosine, lexical=bm25, sentence=close.sentence, coverage=close.coverage, pairs=close.pairs
    )  # fmt: skip


def _passage(place: Placement, hit: Hit, *, rank: int, signals: Signals) -> Passage:
    return Passage(
        document_id=place.document_id, title=place.title, chunk=place.chunk, rank=rank, score=hit.score, signals=signals
    )
