"""A comparison as a picture that can be read on light and on dark pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from evals.peers.record import ContestantRecord, PeersRecord
from evals.peers.report import QUALITY

OURS, OTHERS, INK = "#2f81f7", "#9aa4b0", "#7a7a7a"
"""Each of them stands out on white and on nearly black."""
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "path",
    "svg.hashsalt": "peers",
    "font.size": 9,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def plot_peers(record: PeersRecord, path: Path) -> None:
    """Draw quality with intervals, speed of ingest, query times and memory, side by side.

    Args:
        record: With at least one contestant.
        path: An .svg or .png file; its folder is made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(11, 0.42 * len(record.contestants) + 1.5), layout="constrained")
        first, *others = figure.subplots(1, 4, sharey=True)
        _draw_quality(first, record.contestants)
        _draw_bars(
            others[0], record.contestants, _documents_per_cpu_second, "documents per CPU-second\n(more is better)"
        )
        _draw_bars(others[1], record.contestants, _median_latency, "query p50, ms\n(less is better)")
        _draw_bars(others[2], record.contestants, _memory, "peak memory, MiB\n(less is better)")
        first.set_yticks(range(len(record.contestants)), [one.label for one in record.contestants])
        first.invert_yaxis()
        for axes in (first, *others):
            axes.spines[["top", "right", "left"]].set_visible(False)
            axes.tick_params(axis="y", length=0)
        figure.savefig(path, transparent=True, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)


def _draw_quality(axes: Axes, contestants: Sequence[ContestantRecord]) -> None:
    for row, one in enumerate(contestants):
        quality = one.quality[QUALITY[0]]
        value, low, high = (100 * each for each in (quality.value, quality.low, quality.high))
        colour = _colour(one)
        axes.errorbar(value, row, xerr=[[value - low], [high - value]], fmt="o", color=colour, capsize=3)
        axes.annotate(f"{value:.1f}", (value, row), xytext=(0, 5), textcoords="offset points", ha="center", color=INK)
    axes.set_xlabel(f"{QUALITY[0]}, 95 % interval\n(n={contestants[0].quality[QUALITY[0]].n}, more is better)")
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.grid(axis="x", color=INK, alpha=0.25)


def _draw_bars(
    axes: Axes, contestants: Sequence[ContestantRecord], figure: Callable[[ContestantRecord], float], label: str
) -> None:
    values = [figure(one) for one in contestants]
    bars = axes.barh(range(len(values)), values, color=[_colour(one) for one in contestants], height=0.6)
    axes.bar_label(bars, labels=[f"{value:.3g}" if value < 1000 else f"{value:,.0f}" for value in values], padding=3)
    axes.set_xlim(0, 1.3 * max(values))
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.set_xlabel(label)


def _colour(one: ContestantRecord) -> str:
    return OURS if one.name.startswith("assistant") else OTHERS


def _documents_per_cpu_second(one: ContestantRecord) -> float:
    return one.median(lambda played: played.ingest["documents"] / played.ingest["cpu_seconds"])


def _median_latency(one: ContestantRecord) -> float:
    return one.median(lambda played: played.percentile(0.5))


def _memory(one: ContestantRecord) -> float:
    return one.median(lambda played: played.peak_with_children_mib)
