"""Metrics worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.judging import Judgement
from evals.metrics import quantile_score, score_groups, score_judgements, score_latencies


def judgement(number, *, answerable=True, split="dev", kind="facts", scored=True, **facts):
    return Judgement(question_id=f"q{number}", split=split, kind=kind, answerable=answerable, scored=scored, **facts)


# Four answerable (right, wrong, wrongly abstained, right), two unanswerable (one abstained from), one follow-up.
JUDGEMENTS = [
    judgement(
        1, right=True, quotes=2, quotes_found=1, on_evidence=1.0, citations=2, citations_valid=2, words=10, sentences=2
    ),
    judgement(
        2, right=False, quotes=1, quotes_found=1, on_evidence=0.5, citations=1, citations_valid=0, words=20, sentences=1
    ),
    judgement(3, right=False, abstained=True, quotes=1, split="test", kind="lists"),
    judgement(
        4, right=True, quotes=1, quotes_found=1, on_evidence=0.0, citations=1, citations_valid=1, words=30,
        sentences=3, split="test",
    ),
    judgement(5, answerable=False, abstained=True, kind="outside"),
    judgement(6, answerable=False, citations=1, citations_valid=1, words=40, sentences=2, kind="outside", split="test"),
    judgement(7, scored=False, kind="follow-up"),
]  # fmt: skip


def values(scores):
    return {score.name: (score.value, score.n) for score in scores}


def test_every_metric_of_a_small_run():
    assert values(score_judgements(JUDGEMENTS)) == {
        "recall@5 of quotes": (3 / 5, 5),
        "answered right": (2 / 4, 4),
        "right of those answered": (2 / 3, 3),
        "wrongly abstained": (1 / 4, 4),
        "abstention recall": (1 / 2, 2),
        "abstention precision": (1 / 2, 2),
        "answer on gold evidence": (0.5, 3),
        "citations valid": (4 / 5, 5),
        "words per answer": (25.0, 4),
        "sentences per answer": (2.0, 4),
    }


def test_groups_are_everything_then_splits_kinds_and_kinds_of_splits():
    groups = {group.group: group for group in score_groups(JUDGEMENTS)}
    assert list(groups) == [
        "all", "split dev", "split test", "kind facts", "kind follow-up", "kind lists", "kind outside",
        "dev facts", "dev follow-up", "dev outside", "test facts", "test lists", "test outside",
    ]  # fmt: skip
    assert (groups["split dev"].questions, groups["split dev"].not_scored) == (4, 1)
    assert values(groups["test lists"].scores)["wrongly abstained"] == (1.0, 1)
    assert values(groups["dev follow-up"].scores)["answered right"] == (None, 0)


def test_nothing_to_count_has_no_value_and_no_interval():
    for score in (*score_judgements([]), *score_latencies([])):
        assert (score.value, score.interval, score.n) == (None, None, 0)


def test_scores_lie_within_their_intervals():
    for group in score_groups(JUDGEMENTS):
        for score in group.scores:
            assert score.value is None or score.interval.low <= score.value <= score.interval.high


def quantile_by_sorting(values, quantile):
    """Linear interpolation between the neighbours of the position (n - 1) * quantile."""
    ordered, position = sorted(values), (len(values) - 1) * quantile
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30), st.sampled_from([0.5, 0.95]))
def test_quantiles_agree_with_a_second_implementation(milliseconds, quantile):
    score = quantile_score("latency", milliseconds, quantile=quantile)
    assert score.value == pytest.approx(quantile_by_sorting(milliseconds, quantile))


def test_latency_is_reported_at_the_median_and_the_95th_percentile():
    p50, p95 = score_latencies([float(number) for number in range(1, 102)])
    assert (p50.value, p95.value) == (51.0, 96.0)
    assert p50.n == 101
    assert np.isfinite(p95.interval.high)
