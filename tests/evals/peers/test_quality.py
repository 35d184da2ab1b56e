"""Rankings of documents against a second implementation of the formulas."""

import math
import random

import pytest

from evals.benchmarks.types import BenchmarkQuestion
from evals.peers.quality import measure_quality, summarise


def question(name="q", **grades):
    return BenchmarkQuestion(id=name, question="?", grades=grades)


def ndcg(grades, ranking):
    def gain(names):
        return sum(grades.get(name, 0) / math.log2(rank + 1) for rank, name in enumerate(names[:10], start=1))

    return gain(ranking) / gain(sorted(grades, key=grades.get, reverse=True))


def test_a_document_counts_once_at_its_best_chunk():
    found = measure_quality([question(a=1, b=1)], [["a", "a", "a", "x", "b"]])
    assert found["nDCG@10"].value == pytest.approx(ndcg({"a": 1, "b": 1}, ["a", "x", "b"]))
    assert found["recall@5"].value == 1


def test_both_metrics_equal_a_second_implementation():
    rng = random.Random(3)
    names = [f"d{number}" for number in range(30)]
    questions = [
        question(f"q{number}", **{name: rng.randint(1, 3) for name in rng.sample(names, 4)}) for number in range(40)
    ]
    rankings = [rng.sample(names, 15) for _ in questions]
    found = measure_quality(questions, rankings)
    pairs = list(zip(questions, rankings, strict=True))
    expected = sum(ndcg(one.grades, ranking) for one, ranking in pairs) / 40
    recall = sum(len(set(ranking[:5]) & one.grades.keys()) / 4 for one, ranking in pairs) / 40
    assert found["nDCG@10"].value == pytest.approx(expected, abs=1e-9)
    assert found["recall@5"].value == pytest.approx(recall, abs=1e-9)
    assert found["nDCG@10"].low < expected < found["nDCG@10"].high


def test_a_question_for_which_nothing_was_retrieved_counts_zero():
    found = measure_quality([question("q1", a=1), question("q2", a=1)], [["a"], []])
    assert (found["nDCG@10"].value, found["nDCG@10"].n) == (0.5, 2)


def test_equal_values_have_no_width():
    quality = summarise({"q1": 1.0, "q2": 1.0})
    assert (quality.value, quality.low, quality.high, quality.n) == (1.0, 1.0, 1.0, 2)
