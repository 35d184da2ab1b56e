"""Ranking metrics against trec_eval, and what no ranking may do."""

import ir_measures
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ir_measures import RR, P, R, nDCG

from evals.rankings import all_at_k, ndcg_at_k, precision_at_k, recall_at_k, reciprocal_rank

DEPTH = 15
TREC = {"nDCG@10": nDCG @ 10, "R@5": R @ 5, "R@10": R @ 10, "P@5": P @ 5, "P@10": P @ 10, "RR@10": RR @ 10}

ranks = st.one_of(st.none(), st.integers(1, DEPTH))
grades = st.integers(1, 4)
apart = st.lists(st.tuples(ranks, grades), min_size=1, max_size=8).map(
    lambda pairs: list({rank or -number: (rank, grade) for number, (rank, grade) in enumerate(pairs, 1)}.values())
)
"""Pieces of gold evidence, as (rank, grade), no two of them at one rank."""


def ours(found):
    return {
        "nDCG@10": ndcg_at_k(found.items, k=10),
        "R@5": recall_at_k(found.items, k=5),
        "R@10": recall_at_k(found.items, k=10),
        "P@5": precision_at_k(found, k=5),
        "P@10": precision_at_k(found, k=10),
        "RR@10": reciprocal_rank(found, k=10),
    }


def trec_eval(pairs):
    """The same ranking as trec_eval sees it: one document a rank, and one for each piece that was not found."""
    qrels = {"q": {f"at{rank}" if rank else f"lost{number}": grade for number, (rank, grade) in enumerate(pairs)}}
    ranking = {"q": {f"at{rank}": float(DEPTH - rank) for rank in range(1, DEPTH + 1)}}
    measured = ir_measures.calc_aggregate(TREC.values(), qrels, ranking)
    return {name: measured[measure] for name, measure in TREC.items()}


@settings(max_examples=400, deadline=None)
@given(apart)
def test_every_ranking_metric_equals_trec_evals(facts, pairs):
    found = facts.retrieval(*(rank for rank, _ in pairs), grades=[grade for _, grade in pairs])
    assert ours(found) == pytest.approx(trec_eval(pairs), abs=1e-9)


@given(st.lists(st.tuples(ranks, grades), min_size=1, max_size=8), st.integers(1, 10))
def test_no_ranking_exceeds_one_even_if_a_passage_holds_several_items(facts, pairs, k):
    found = facts.retrieval(*(rank for rank, _ in pairs), grades=[grade for _, grade in pairs])
    assert 0 <= ndcg_at_k(found.items, k=k) <= 1 + 1e-12
    assert 0 <= recall_at_k(found.items, k=k) <= 1
    assert 0 <= precision_at_k(found, k=k) <= 1


@given(st.lists(ranks, min_size=1, max_size=8), st.integers(1, 10))
def test_recall_grows_with_k_and_all_are_found_when_it_is_one(facts, positions, k):
    items = facts.retrieval(*positions).items
    assert recall_at_k(items, k=k) <= recall_at_k(items, k=k + 1)
    assert all_at_k(items, k=k) == (recall_at_k(items, k=k) == 1)


@given(st.lists(grades, min_size=1, max_size=8))
def test_one_passage_that_holds_everything_is_an_ideal_ranking(facts, marks):
    items = facts.retrieval(*[1] * len(marks), grades=marks).items
    assert ndcg_at_k(items, k=10) == pytest.approx(1)


def test_a_better_grade_first_is_worth_more(facts):
    better = facts.retrieval(1, 2, grades=[3, 1]).items
    worse = facts.retrieval(1, 2, grades=[1, 3]).items
    assert ndcg_at_k(better, k=10) == pytest.approx(1) != ndcg_at_k(worse, k=10)


def test_a_ranking_without_any_item_is_worth_nothing(facts):
    found = facts.retrieval(None, None)
    assert set(ours(found).values()) == {0.0}
