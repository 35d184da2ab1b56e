"""From a question to the passages that are read for its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.catalog import Catalog, Placement
from assistant.closeness import Closeness, measure_closeness
from assistant.evidence import TermWeights
from assistant.fusion import add_up, fuse, min_max
from assistant.ranking import Hit, Ranking
from assistant.settings import Settings
from assistant.signals import Signals
from assistant.types import Filters, Passage

SCORE_DECIMALS = 6
OVER_QUOTA = 0.5
"""What a passage's score is worth once its document has filled its quota: others qualify from half of it on."""
REFINED = 50
"""Candidates whose sentences and words are looked at."""
_SENTENCE = 0.5
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
        """Rank chunks by BM25 over stemmed terms, any of which may match; one that is repeated counts as often."""

    def frequencies(self, terms: Sequence[str]) -> Mapping[str, int]:
        """Count the chunks that hold each term in title, section or text; 0 for a term that none holds."""

    def terms_of(self, chunk_ids: Sequence[str]) -> Mapping[str, Sequence[Sequence[str]]]:
        """Look up the stems of each chunk's context and of its text, in order."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Query:
    """A question as the indexes take it."""

    vector: NDArray[np.float32]
    stems: Sequence[str]
    """Of its terms, in order of their first use, each as often as it is asked."""
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
        signals = {hit.chunk_id: _signals(hit, cosines, bm25) for hit in hits}
        if self.settings.fusion == "adaptive":
            hits, close = self._refine(query, hits[: max(REFINED, 2 * query.k)], cosines)
            scale = _Scale.of(query, lexical, k=k)
            signals = {
                hit.chunk_id: _closer(_signals(hit, cosines, bm25), close[hit.chunk_id], scale=scale) for hit in hits
            }
            hits = _stretch(hits)
        chosen = _limit_per_document(
            hits,
            {hit.chunk_id: places[hit.chunk_id][0] for hit in hits},
            quota=self.settings.passages_per_document,
            k=query.k,
        )
        return tuple(
            _passage(places[hit.chunk_id][0], hit, rank=rank, signals=signals[hit.chunk_id])
            for rank, hit in enumerate(chosen, start=1)
        )

    def _fuse(self, query: Query, complete: Ranking, lexical: Ranking, *, k: int) -> Ranking:
        weight = self.settings.dense_weight
        if self.settings.fusion == "min-max":
            legs = (complete, _with_zeros(lexical, complete, full=len(lexical.hits) >= k))
            return fuse(legs, weights=(weight, 1 - weight), k=2 * k)
        scale = _Scale.of(query, lexical, k=k)
        worth = (weight, (1 - weight) * _BM25 / scale.root if scale.root else 0.0)
        return add_up(complete, lexical, weights=worth, floor=scale.floor, k=2 * k)

    def _refine(
        self, query: Query, hits: Sequence[Hit], cosines: Mapping[str, float]
    ) -> tuple[list[Hit], Mapping[str, Closeness]]:
        """Rank candidates anew by their sentences, by words that stand side by side and by how many words they hold."""
        close = measure_closeness(
            [hit.chunk_id for hit in hits],
            vector=query.vector,
            stems=tuple(dict.fromkeys(query.stems)),
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
        return refined, close

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """How BM25 counts beside a cosine."""

    root: float
    """Of the question's weights, each summed as often as its term is asked; 0 without terms."""
    floor: float
    """BM25 of a candidate that the lexical leg did not propose."""

    @classmethod
    def of(cls, query: Query, lexical: Ranking, *, k: int) -> _Scale:
        """Give what a ranking of at most `k` chunks leaves out the score of its last."""
        floor = lexical.hits[-1].score if len(lexical.hits) >= k else 0.0
        return cls(root=query.weights.root(query.stems), floor=floor)


def _stretch(hits: Sequence[Hit]) -> list[Hit]:
    scores = min_max(Ranking(hits=tuple(hits)))
    return [Hit(chunk_id=name, score=round(score, SCORE_DECIMALS)) for name, score in scores.items()]


def _signals(hit: Hit, cosines: Mapping[str, float], bm25: Mapping[str, float]) -> Signals:
    return Signals(dense=cosines.get(hit.chunk_id), lexical=bm25.get(hit.chunk_id), fused=hit.score)


def _closer(signals: Signals, close: Closeness, *, scale: _Scale) -> Signals:
    """Add what only the refined candidates have."""
    bm25 = scale.floor if signals.lexical is None else signals.lexical
    return replace(
        signals,
        lexical_scaled=round(bm25 / scale.root, SCORE_DECIMALS) if scale.root else 0.0,
        sentence=close.sentence,
        coverage=close.coverage,
        pairs=close.pairs,
    )


def _passage(place: Placement, hit: Hit, *, rank: int, signals: Signals) -> Passage:
    return Passage(
        document_id=place.document_id, title=place.title, chunk=place.chunk, rank=rank, score=hit.score, signals=signals
    )
