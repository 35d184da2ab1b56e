"""Plots are well-formed, take their colours from the page and are the same for the same figures."""

import re
from xml.etree import ElementTree

import pytest

from evals.comparison import compare_runs
from evals.folder import load_run
from evals.report.curves import ReliabilityBin, Share
from evals.report.html import draw_plots
from evals.report.plots import plot_reliability, plot_tags


@pytest.fixture
def plots(folder, report_of):
    return draw_plots(report_of(folder))


def test_each_plot_is_an_image_with_a_title_a_description_and_a_caption(plots):
    assert [plot.title.split()[0] for plot in plots] == ["Every", "Handled", "Risk", "Time"]
    for plot in plots:
        root = ElementTree.fromstring(plot.svg)
        title, description = root[0], root[1]
        assert root.get("role") == "img"
        assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
        assert title.text == plot.title
        assert description.text
        assert re.search(r"n = \d|\d+ questions|of few|few questions", plot.caption)


def test_no_colour_is_fixed_and_no_id_is_used_twice(plots):
    together = "".join(plot.svg for plot in plots)
    assert not re.search(r"#[0-9a-f]{6}", together)
    ids = re.findall(r'\bid="([^"]+)"', together)
    assert len(ids) == len(set(ids))
    used = re.findall(r'(?:href="|url\()#([^")]+)', together)
    assert set(used) <= set(ids)


def test_the_same_report_gives_the_same_plots(folder, report_of, plots):
    assert draw_plots(report_of(folder)) == plots


def test_a_tag_is_text_whatever_it_looks_like():
    tag = '<b>$\\frac{1}$</b> \x00 "日本語" -->'
    plot = plot_tags([Share(label=tag, hits=1, n=2)])
    texts = [
        "".join(text.itertext()) for text in ElementTree.fromstring(plot.svg).iter("{http://www.w3.org/2000/svg}text")
    ]
    assert any(text.startswith("<b>$\\frac{1}$</b>") for text in texts)


def test_a_run_with_confidences_gets_a_reliability_diagram():
    bins = [ReliabilityBin(confidence=0.9, right=Share(label="0.9", hits=8, n=10))]
    assert "n = 10 answers" in plot_reliability(bins).caption


def test_a_run_against_itself_has_no_difference(folder, report_of):
    from evals.report.plots import plot_differences

    run = load_run(folder)
    plot = plot_differences(compare_runs(run, run).differences)
    assert "inside the noise" in plot.svg
    assert ", worse" not in plot.svg
