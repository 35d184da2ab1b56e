"""Several rankings of the same chunks into one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.ranking import Hit, Ranking

_SCORE_DECIMALS = 6


def fuse(rankings: Sequence[Ranking], *, weights: Sequence[float], k: int) -> Ranking:
    """Fuse rankings by a weighted sum of their min-max-normalised scores.

    A chunk that a ranking does not hold gets 0 from it, like that ranking's last.

    Args:
        rankings: One per retriever, best first, scores higher-is-better.
        weights: One per ranking, each >= 0, summing to 1.
        k: How many hits to return at most.

    Returns:
        At most `k` hits, best first, scores in 0..1 rounded to 6 decimals. Ties by chunk id.

    Raises:
        ValueError: If the weights don't match the rankings or `k` is below 1.

    Source: Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", TOIS 2023.
    """
    if len(weights) != len(rankings) or any(weight < 0 for weight in weights) or abs(sum(weights) - 1) > 1e-6:
        raise ValueError(f"{len(rankings)} rankings need as many weights >= 0 that sum to 1, not {list(weights)}")
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}")
    fused: dict[str, float] = {}
    for ranking, weight in zip(rankings, weights, strict=True):
        for chunk_id, score in min_max(ranking).items():
            fused[chunk_id] = fused.get(chunk_id, 0.0) + weight * score
    hits = [Hit(chunk_id=chunk_id, score=round(score, _SCORE_DECIMALS)) for chunk_id, score in fused.items()]
    return Ranking(hits=tuple(sorted(hits, key=lambda hit: (-hit.score, hit.chunk_id))[:k]))


def add_up(dense: Ranking, lexical: Ranking, *, weights: tuple[float, float], floor: float, k: int) -> Ranking:
    """Add the scores of two rankings as they are, so that a leg without a clear favourite moves little.

    Args:
        dense: Cosine similarities; holds every candidate.
        lexical: BM25 scores of some of them.
        weights: What one unit of each is worth.
        floor: The lexical score of a candidate that `lexical` does not hold.
        k: How many hits to return at most.

    Returns:
        At most `k` hits, best first, scores rounded to 6 decimals. Ties by chunk id.
    """
    known = lexical.scores()
    hits = [
        Hit(
            chunk_id=hit.chunk_id,
            score=round(weights[0] * hit.score + weights[1] * known.get(hit.chunk_id, floor), _SCORE_DECIMALS),
        )
        for hit in dense.hits
    ]
    return Ranking(hits=tuple(sorted(hits, key=lambda hit: (-hit.score, hit.chunk_id))[:k]))


def min_max(ranking: Ranking) -> Mapping[str, float]:
    """Stretch a ranking's scores over 0..1; where all are equal, each is 1."""
    if not ranking.hits:
        return {}
    scores = ranking.scores()
    low, high = min(scores.values()), max(scores.values())
    if high == low:
        return dict.fromkeys(scores, 1.0)
    return {chunk_id: (score - low) / (high - low) for chunk_id, score in scores.items()}
