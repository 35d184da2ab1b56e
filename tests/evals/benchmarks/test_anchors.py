"""Anchors name metrics that exist, each with its source; a run is set beside those of its set."""

from pathlib import Path

import pytest

from evals.benchmarks.anchors import Anchor, Standing, load_anchors, put_beside
from evals.errors import BenchmarkInvalid
from evals.facts import Interval
from evals.metrics import EVERY, Stage, Unit
from evals.scoring import Score


def score(name, value, low, high):
    interval = Interval(low=low, high=high)
    return Score(name=name, value=value, n=9, interval=interval, unit=Unit.SHARE, stage=Stage.RETRIEVAL)


def test_the_shipped_anchors_name_known_metrics_once_a_system():
    anchors = load_anchors()
    known = {metric.name for metric in EVERY} | {"sentences fully supported"}
    assert {anchor.metric for anchor in anchors} <= known
    keys = [(anchor.set, anchor.metric, anchor.system) for anchor in anchors]
    assert len(keys) == len(set(keys)) > 50
    assert all(anchor.source.strip() for anchor in anchors)


def test_the_nine_tabulated_sets_have_all_four_plain_methods():
    measured = [one for one in load_anchors() if one.metric == "nDCG@10" and one.source.startswith("Measured")]
    assert len(measured) == 36
    assert {one.value for one in measured if one.set == "scifact"} == {0.683, 0.647, 0.721, 0.733}


@pytest.mark.parametrize(("value", "standing"), [(0.5, Standing.ABOVE), (0.75, Standing.WITHIN), (0.9, Standing.BELOW)])
def test_a_figure_stands_above_within_or_below(value, standing):
    anchor = Anchor(set="a", metric="nDCG@10", system="x", value=value, source="s")
    others = [Anchor(set="b", metric="nDCG@10", system="x", value=value, source="s")]
    scores = [score("nDCG@10", 0.7, 0.6, 0.8)]
    (beside,) = put_beside(scores, [anchor, *others], name="a")
    assert beside.standing is standing and beside.difference == pytest.approx(0.7 - value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "anchor = 3",
        "[[anchor]]\nset = 'a'",
        "[[",
        "[[anchor]]\nset='a'\nmetric='m'\nsystem='s'\nvalue=68.3\nsource='x'",
    ],
)
def test_a_malformed_file_of_anchors_is_refused_by_name(tmp_path, text):
    path = tmp_path / "anchors.toml"
    path.write_text(text)
    with pytest.raises(BenchmarkInvalid, match=r"anchors\.toml"):
        load_anchors(path)


def test_a_file_of_anchors_that_is_not_there_is_named():
    with pytest.raises(BenchmarkInvalid, match="nowhere"):
        load_anchors(Path("nowhere.toml"))
