import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.fusion import add_up, fuse, min_max
from assistant.ranking import Hit, Ranking


def ranking(**scores):
    hits = [Hit(chunk_id=name, score=score) for name, score in scores.items()]
    return Ranking(hits=tuple(sorted(hits, key=lambda hit: -hit.score)))


rankings = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(-50, 50), max_size=8).map(lambda d: ranking(**d))


def test_the_weighted_sum_of_normalised_scores():
    fused = fuse([ranking(a=1.0, b=0.5, c=0.0), ranking(b=20, c=10)], weights=[0.6, 0.4], k=3)
    assert [(hit.chunk_id, hit.score) for hit in fused.hits] == [("b", 0.7), ("a", 0.6), ("c", 0.0)]


def test_ties_go_by_id():
    assert [hit.chunk_id for hit in fuse([ranking(z=1, a=1)], weights=[1], k=2).hits] == ["a", "z"]


@given(rankings, rankings, st.integers(1, 5))
def test_scores_lie_between_0_and_1_and_fall(one, other, k):
    fused = fuse([one, other], weights=[0.5, 0.5], k=k).hits
    scores = [hit.score for hit in fused]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert len(fused) == min(k, len({*one.scores(), *other.scores()}))


@given(rankings)
def test_the_best_is_1(one):
    assert not one.hits or max(min_max(one).values()) == 1


@pytest.mark.parametrize("weights", [[1.0], [0.5, 0.6], [1.5, -0.5]])
def test_weights_that_do_not_fit_are_refused(weights):
    with pytest.raises(ValueError, match="weights"):
        fuse([Ranking(), Ranking()], weights=weights, k=1)


def test_k_below_1_is_refused():
    with pytest.raises(ValueError, match="k must be"):
        fuse([Ranking()], weights=[1], k=0)


def test_scores_are_added_as_they_are_and_a_missing_one_counts_as_the_floor():
    added = add_up(ranking(a=0.5, b=0.4, c=0.3), ranking(b=10, c=20), weights=(1.0, 0.01), floor=2.0, k=2)
    assert [(hit.chunk_id, hit.score) for hit in added.hits] == [("a", 0.52), ("b", 0.5)]


def test_added_scores_tie_by_id():
    assert [hit.chunk_id for hit in add_up(ranking(z=1, a=1), Ranking(), weights=(1, 1), floor=0, k=2).hits] == [
        "a",
        "z",
    ]
