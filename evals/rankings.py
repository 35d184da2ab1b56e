"""Ranking metrics over gold items, each of which counts once, at the first passage that holds it.

Source: Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", TOIS 2002, in trec_eval's
form (gain = grade, discount = log2(rank + 1)).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

from evals.facts import GoldItem, RetrievalFacts


def recall_at_k(items: Sequence[GoldItem], *, k: int) -> float:
    """Compute the share of the items within the first `k` ranks.

    Args:
        items: At least one.
        k: From 1.
    """
    return sum(_within(item, k) for item in items) / len(items)


def all_at_k(items: Sequence[GoldItem], *, k: int) -> float:
    """Tell whether every item is within the first `k` ranks: 1 or 0. For questions of several hops."""
    return float(all(_within(item, k) for item in items))


def precision_at_k(facts: RetrievalFacts, *, k: int) -> float:
    """Compute the share of the first `k` ranks that are relevant; ranks that are not there count as irrelevant."""
    return sum(rank <= k for rank in facts.relevant_ranks) / k


def reciprocal_rank(facts: RetrievalFacts, *, k: int) -> float:
    """Compute one over the rank of the first relevant passage; 0 if none is within the first `k`."""
    first = min(facts.relevant_ranks, default=k + 1)
    return 1 / first if first <= k else 0.0


def ndcg_at_k(items: Sequence[GoldItem], *, k: int) -> float:
    """Compute the normalised discounted cumulative gain.

    A passage that holds several items takes as many positions, the highest grade first, so that no ranking can
    exceed 1.

    Args:
        items: At least one.
        k: From 1.

    Returns:
        A value in 0..1.
    """
    gained = sum(_gain(grade, position) for position, grade in _positions(items) if position <= k)
    ideal = sorted((item.grade for item in items), reverse=True)[:k]
    return gained / sum(_gain(grade, position) for position, grade in enumerate(ideal, start=1))


def _positions(items: Sequence[GoldItem]) -> list[tuple[int, int]]:
    """Give each item that was found its position, as (position, grade), best first."""
    found = sorted((item.rank, -item.grade) for item in items if item.rank is not None)
    positions: list[tuple[int, int]] = []
    extra = 0
    for rank, together in groupby(found, key=lambda pair: pair[0]):
        grades = [-negative for _, negative in together]
        positions += [(rank + extra + offset, grade) for offset, grade in enumerate(grades)]
        extra += len(grades) - 1
    return positions


def _gain(grade: int, position: int) -> float:
    return grade / math.log2(position + 1)


def _within(item: GoldItem, k: int) -> bool:
    return item.rank is not None and item.rank <= k
