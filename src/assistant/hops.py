"""A second hop: what the best passage names leads to documents that the question's own words do not find.

"Who governs the country in which that river lies?" finds the river. Its passage names the country, and the document on
the country has that name for its title, but little else of the question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assistant.catalog import Catalog, Placement
from assistant.evidence import TermWeights
from assistant.phrases import find_names
from assistant.questions import Question
from assistant.retrieval import LexicalSearch
from assistant.signals import Signals
from assistant.terms import stems
from assistant.types import Filters, Passage

KEPT = 3
"""First passages that a second hop leaves where they are."""
MOST_PLACES = 2
"""Most places after them that go to what a second hop finds."""
UNCOVERED = 0.1
"""A question goes on when the best passage lacks more than this share of its weight."""
NAMED = 0.5
"""Least share of a document's title, rare words counting more, that the best passage names anew."""
WEIGHTS: Mapping[str, float] = {"cosine": 1.0, "named": 0.5, "rest": 0.2}
"""What speaks for a chunk: nearness to the question, its title named, and the words that the best passage lacks."""
ENOUGH = 0.65
"""The least sum of these that gives a chunk a place."""
CANDIDATES = 100
"""Chunks that hold one of the names and are looked at."""
_DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bridge:
    """What leads on from the best passage."""

    names: frozenset[str]
    """Stems of the names in it that neither the question nor its own title has."""
    rest: frozenset[str]
    """Stems of the question that it lacks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondHop:
    """Searches once more, by the names in the best passage, and gives what it finds a place among the passages."""

    catalog: Catalog
    lexical: LexicalSearch

    def follow(
        self,
        question: Question,
        passages: Sequence[Passage],
        *,
        vector: NDArray[np.float32],
        weights: TermWeights,
        filters: Filters,
        k: int,
    ) -> tuple[Passage, ...]:
        """Follow the names in the best passage to other documents.

        Args:
            question: As read.
            passages: What the first hop retrieved, best first.
            vector: Of the question, shape (dimension,), unit length.
            weights: Of its terms.
            filters: Documents that may be read.
            k: Passages wanted.

        Returns:
            At most `k` passages, not ranked anew. The first `KEPT` stay, and up to `MOST_PLACES` of documents that are
            not among them come next. The same passages where the best one covers the question, names nothing new or
            leads to nothing near enough.
        """
        room = min(MOST_PLACES, k - KEPT)
        bridge = _bridge_of(question, passages[0], weights=weights) if passages and room > 0 else None
        if bridge is None:
            return tuple(passages)
        reached = self._reach(bridge, vector=vector, weights=weights, filters=filters)
        return _give_places(passages, reached, room=room)[:k]

    def _reach(
        self, bridge: _Bridge, *, vector: NDArray[np.float32], weights: TermWeights, filters: Filters
    ) -> list[Passage]:
        """Find chunks of documents that the names are titles of, best first."""
        allowed = self.catalog.allowed_chunks(filters)
        found = self.lexical.search(sorted(bridge.names), k=CANDIDATES, allowed=allowed)
        places = self.catalog.place([hit.chunk_id for hit in found.hits], filters=filters)
        named = self._named(bridge, {chunk_id: place[0] for chunk_id, place in places.items()})
        chosen = sorted(chunk_id for chunk_id, share in named.items() if share >= NAMED)
        cosines = self.catalog.vectors_of(chosen) @ vector
        held = self.lexical.terms_of(chosen)
        reached = []
        for chunk_id, cosine in zip(chosen, cosines, strict=True):
            of_chunk = frozenset(stem for field in held[chunk_id] for stem in field)
            rest = weights.share(bridge.rest & of_chunk) / weights.share(bridge.rest)
            signals = {"cosine": round(float(cosine), _DECIMALS), "named": named[chunk_id], "rest": rest}
            score = round(sum(weight * signals[name] for name, weight in WEIGHTS.items()), _DECIMALS)
            if score >= ENOUGH and self.catalog.stands(places[chunk_id][0].chunk):
                told = Signals(
                    dense=signals["cosine"],
                    coverage=round(weights.share(of_chunk), _DECIMALS),
                    bridge=score,
                )
                reached.append(_passage(places[chunk_id][0], told))
        return sorted(reached, key=lambda passage: (-(passage.signals.bridge or 0.0), passage.chunk.id))

    def _named(self, bridge: _Bridge, places: Mapping[str, Placement]) -> dict[str, float]:
        """Tell of each chunk's title which share the names are, rare words counting more."""
        titles = {chunk_id: frozenset(stems(place.title)) for chunk_id, place in places.items()}
        every = sorted(frozenset().union(*titles.values()))
        chunks = self.catalog.chunk_count()
        weights = TermWeights.from_frequencies(self.lexical.frequencies(every), chunks=chunks).weights
        shares = {}
        for chunk_id, title in titles.items():
            total = sum(weights[stem] for stem in sorted(title))
            shares[chunk_id] = sum(weights[stem] for stem in sorted(title & bridge.names)) / total if total else 0.0
        return shares


def _bridge_of(question: Question, best: Passage, *, weights: TermWeights) -> _Bridge | None:
    """Find what leads on from the best passage; None where it covers the question or names nothing new."""
    held = frozenset(stems(f"{best.chunk.context}\n{best.chunk.text}"))
    rest = question.stems - held
    if weights.share(rest) <= UNCOVERED:
        return None
    named = frozenset().union(*(name.stems for name in find_names(best.chunk.text)))
    names = named - question.stems - frozenset(stems(best.title))
    return _Bridge(names=names, rest=rest) if names else None


def _give_places(passages: Sequence[Passage], reached: Sequence[Passage], *, room: int) -> tuple[Passage, ...]:
    """Put the best passage of each reached document after the first `KEPT`, with the score of the place it takes."""
    known = {passage.chunk.id: passage for passage in passages}
    worth = passages[min(KEPT, len(passages) - 1)].score
    taken = {passage.document_id for passage in passages[:KEPT]}
    second: dict[str, Passage] = {}
    for passage in reached:
        if len(second) < room and passage.document_id not in taken:
            taken.add(passage.document_id)
            second[passage.chunk.id] = _merged(passage, known.get(passage.chunk.id), score=worth)
    rest = [passage for passage in passages[KEPT:] if passage.chunk.id not in second]
    return (*passages[:KEPT], *second.values(), *rest)


def _passage(place: Placement, signals: Signals) -> Passage:
    return Passage(
        document_id=place.document_id, title=place.title, chunk=place.chunk, rank=1, score=0.0, signals=signals
    )


def _merged(passage: Passage, known: Passage | None, *, score: float) -> Passage:
    """Give a passage a score, and what the first hop knew of it."""
    signals = passage.signals if known is None else replace(known.signals, bridge=passage.signals.bridge)
    return replace(passage, score=score, signals=signals)
