"""How what the reader makes of passages ranks them."""

import pytest

from assistant.reader import SentenceReading
from assistant.reading import FARTHEST, RANK_WEIGHTS, PassageReading, rank_read
from assistant.types import Chunk, Passage, Signals


def passage(name, *, score, rank):
    chunk = Chunk(id=name, digest="d", ordinal=0, start=0, end=4, text="Text", context="", page=None, section=())
    return Passage(document_id=f"{name}.md", title=name, chunk=chunk, rank=rank, score=score, signals=Signals())


def read(relevant):
    worst = SentenceReading(score=0.0, span_score=0.0, span=None)
    return PassageReading(answers=0.0, relevant=relevant, sentences={}, worst=worst)


def ranked(**given):
    """Rank passages that are given as name=(fused score, relevance), best fused first."""
    passages = [passage(name, score=score, rank=rank) for rank, (name, (score, _)) in enumerate(given.items(), 1)]
    return rank_read(passages, {name: read(relevant) for name, (_, relevant) in given.items()})


def names(passages):
    return [passage.chunk.id for passage in passages]


def test_of_like_passages_the_one_that_holds_the_answer_comes_first():
    found = ranked(a=(0.8, -3.0), b=(0.75, 2.0))
    assert names(found) == ["b", "a"]
    assert [passage.rank for passage in found] == [1, 2]
    assert [passage.signals.rerank for passage in found] == [2.0, -3.0]


@pytest.mark.parametrize("relevant", [-5.0, -50.0])
def test_a_passage_without_the_answer_loses_no_more_than_its_share(relevant):
    most = RANK_WEIGHTS["relevant"] * FARTHEST
    assert names(ranked(a=(0.9, relevant), b=(0.9 - most - 0.01, 3.0))) == ["a", "b"]
    assert names(ranked(a=(0.9, relevant), b=(0.9 - most + 0.01, 3.0))) == ["b", "a"]


def test_passages_that_are_read_alike_keep_their_order():
    assert names(ranked(a=(0.5, 1.0), b=(0.5, 1.0))) == ["a", "b"]


def test_nothing_read_ranks_nothing():
    assert ranked() == ()
