"""The parts of a question are timed where they are called."""

import time

import pytest

from evals.benches.asking import Stopwatch


class Engine:
    def search(self, words, *, k):
        time.sleep(0.01)
        return [words] * k


def test_what_a_part_takes_is_counted_within_the_question_and_the_rest_is_what_remains():
    engine, stopwatch = Engine(), Stopwatch()
    stopwatch.watch("lexical", engine, ["search"])
    split = stopwatch.split(lambda: (engine.search("a", k=1), engine.search("b", k=2), time.sleep(0.01)))
    assert split.lexical >= 20
    assert split.rest >= 10
    assert (split.embedding, split.dense) == (0.0, 0.0)
    assert split.ask == pytest.approx(split.lexical + split.rest)


def test_a_watched_method_returns_what_it_did_and_each_question_starts_from_zero():
    engine, stopwatch = Engine(), Stopwatch()
    stopwatch.watch("dense", engine, ["search"])
    assert engine.search("a", k=2) == ["a", "a"]
    assert stopwatch.split(lambda: None).dense == 0.0
