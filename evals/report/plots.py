"""The report's plots. Each is drawn for a column of about 430 pixels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from evals.comparison import Difference, Verdict
from evals.facts import Interval
from evals.metrics import EVERY, Stage, Unit
from evals.report.curves import ReliabilityBin, RiskPoint, Share
from evals.report.svg import Ink, plot_style, render_svg, safe_label
from evals.scoring import Score

WIDTH_INCHES = 6.0
ROW_INCHES = 0.32
_MARGIN_INCHES = 0.75
_LESS_IS_BETTER = frozenset(metric.name for metric in EVERY if metric.higher_is_better is False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A drawing with its caption."""

    title: str
    svg: str
    caption: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dot:
    label: str
    value: float
    interval: Interval | None
    ink: Ink = Ink.ACCENT
    marker: str = "o"


def _figure(rows: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH_INCHES, _MARGIN_INCHES + ROW_INCHES * rows), layout="constrained")
    return figure, figure.add_subplot()


def _draw_dots(axes: Axes, dots: Sequence[_Dot]) -> None:
    """Draw values with their intervals, the first at the top."""
    for row, dot in enumerate(dots):
        if dot.interval:
            axes.plot([dot.interval.low, dot.interval.high], [row, row], color=dot.ink, linewidth=2.4, alpha=0.55)
        axes.plot([dot.value], [row], marker=dot.marker, markersize=7, color=dot.ink)
    axes.set_yticks(range(len(dots)), [dot.label for dot in dots])
    axes.set_ylim(len(dots) - 0.4, -0.6)
    axes.spines["left"].set_visible(False)


def _directed(metric: str) -> str:
    """Mark a metric of which less is better."""
    return f"{metric} ↓" if metric in _LESS_IS_BETTER else metric


def _per_cent_axis(axes: Axes, label: str) -> None:
    axes.set_xlim(-0.02, 1.02)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])
    axes.set_xlabel(label)


def plot_metrics(scores: Iterable[Score], *, questions: int) -> Plot:
    """Draw every share with its interval, by stage."""
    shares = [score for score in scores if score.value is not None and score.unit is Unit.SHARE]
    stages = [stage for stage in Stage if any(score.stage is stage for score in shares)]
    title = "Every metric with its 95 % interval"
    with plot_style():
        counts = [sum(score.stage is stage for score in shares) for stage in stages]
        height = _MARGIN_INCHES + ROW_INCHES * (sum(counts) + 1.3 * len(counts))
        figure = Figure(figsize=(WIDTH_INCHES, height), layout="constrained")
        grid = figure.subplots(len(stages), 1, sharex=True, squeeze=False, height_ratios=[n + 0.3 for n in counts])
        for axes, stage in zip(grid[:, 0], stages, strict=True):
            dots = [
                _Dot(label=_directed(one.name), value=one.value or 0.0, interval=one.interval)
                for one in shares
                if one.stage is stage
            ]
            _draw_dots(axes, dots)
            axes.set_title(stage.value.capitalize())
        _per_cent_axis(grid[-1, 0], "per cent")
        said = "; ".join(f"{score.name} {(score.value or 0) * 100:.1f} %" for score in shares)
        svg = render_svg(figure, name="metrics", title=title, description=said)
    caption = (
        f"{questions} questions were scored; the n of each metric stands in the tables. The dot is what was measured; "
        "the bar is where the true value lies in 95 of 100 cases, had other questions of the same kind been asked. "
        "Of metrics marked ↓ less is better."
    )
    return Plot(title=title, svg=svg, caption=caption)


def plot_risk_coverage(points: Sequence[RiskPoint]) -> Plot:
    """Draw how many answers are wrong when only the surest are given."""
    title = "Risk and coverage: wrong answers when only the surest are given"
    n, last = points[-1].wrong.n, points[-1].wrong
    with plot_style():
        figure, axes = _figure(9)
        coverage = [point.coverage for point in points]
        intervals = [point.wrong.interval for point in points]
        axes.fill_between(
            coverage, [one.low for one in intervals], [one.high for one in intervals], color=Ink.SOFT, linewidth=0
        )
        axes.plot(coverage, [point.wrong.value for point in points], color=Ink.ACCENT, linewidth=2.2)
        axes.axhline(last.value, color=Ink.MUTED, linewidth=1.2, linestyle=(0, (4, 3)))
        axes.grid(visible=True, axis="both")
        _per_cent_axis(axes, "answers given, the surest first (per cent)")
        axes.set_ylim(0, 1.02)
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])
        axes.set_ylabel("of these, wrong (per cent)")
        said = ", ".join(
            f"{_at(points, share):.0%} wrong among the surest {share:.0%}" for share in (0.25, 0.5, 0.75, 1)
        )
        svg = render_svg(figure, name="risk", title=title, description=said)
    caption = (
        f"n = {n} answers, ordered by confidence, or by evidence score where there is none. Dashed: {last.hits} of {n} "
        "are wrong when all are given. A line that stays far below it on the left means that a higher bar would avoid "
        "wrong answers; a flat line means that it would not. The band is the 95 % interval."
    )
    return Plot(title=title, svg=svg, caption=caption)


def _at(points: Sequence[RiskPoint], coverage: float) -> float:
    return next(point.wrong.value for point in points if point.coverage >= coverage)


def plot_reliability(bins: Sequence[ReliabilityBin]) -> Plot:
    """Draw confidence against truth."""
    title = "Reliability: is the confidence right?"
    n = sum(one.right.n for one in bins)
    with plot_style():
        figure, axes = _figure(9)
        axes.plot([0, 1], [0, 1], color=Ink.MUTED, linewidth=1.2, linestyle=(0, (4, 3)))
        for one in bins:
            ends = one.right.interval
            axes.plot([one.confidence] * 2, [ends.low, ends.high], color=Ink.ACCENT, linewidth=2.4, alpha=0.55)
            axes.plot([one.confidence], [one.right.value], marker="o", markersize=7, color=Ink.ACCENT)
            axes.annotate(
                str(one.right.n), (one.confidence, ends.high), (0, 4), textcoords="offset points", ha="center",
                color=Ink.MUTED, fontsize=11,
            )  # fmt: skip
        axes.grid(visible=True, axis="both")
        _per_cent_axis(axes, "confidence (per cent)")
        axes.set_ylim(-0.02, 1.1)
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])
        axes.set_ylabel("of these, right (per cent)")
        said = "; ".join(f"confidence {one.confidence:.0%}: {one.right.hits} of {one.right.n} right" for one in bins)
        svg = render_svg(figure, name="reliability", title=title, description=said)
    caption = (
        f"n = {n} answers in up to ten groups of about the same confidence; the small figures count them. On the "
        "dashed line the confidence is right; below it the assistant is surer than it should be."
    )
    return Plot(title=title, svg=svg, caption=caption)


def plot_latencies(latencies: Iterable[Score]) -> Plot:
    """Draw the median and the slow end of every stage."""
    title = "Time per question, by stage"
    known = {score.name: score for score in latencies if score.value is not None}
    stages = [name.removesuffix(" p50") for name in known if name.endswith(" p50")]
    n = max(score.n for score in known.values())
    with plot_style():
        figure, axes = _figure(1.3 * len(stages) + 1)
        for row, stage in enumerate(stages):
            middle, slow = known[f"{stage} p50"], known[f"{stage} p95"]
            axes.barh(row, slow.value or 0.0, height=0.5, color=Ink.SOFT, label="p95" if row == 0 else None)
            axes.barh(row, middle.value or 0.0, height=0.5, color=Ink.ACCENT, label="p50" if row == 0 else None)
            axes.annotate(
                f"{middle.value:.0f} / {slow.value:.0f} ms", (slow.value or 0.0, row), (6, 0),
                textcoords="offset points", va="center", color=Ink.TEXT, fontsize=11,
            )  # fmt: skip
        axes.set_yticks(range(len(stages)), ["in all" if stage == "latency" else stage for stage in stages])
        axes.set_ylim(len(stages) - 0.4, -0.6)
        axes.set_xlim(0, 1.28 * max(score.value or 0.0 for score in known.values()) or 1.0)
        axes.set_xlabel("milliseconds")
        axes.spines["left"].set_visible(False)
        said = "; ".join(f"{score.name} {score.value:.1f} ms" for score in known.values())
        svg = render_svg(figure, name="latency", title=title, description=said)
    caption = (
        f"n = {n} questions, asked one after the other. Strong colour: half of the questions take no longer (p50). "
        "Pale: 19 of 20 take no longer (p95). Times depend on the machine and on what else it did; see the manifest."
    )
    return Plot(title=title, svg=svg, caption=caption)


def plot_tags(shares: Sequence[Share]) -> Plot:
    """Draw how many questions of each tag came out as they should."""
    title = "Handled as they should be, by tag"
    with plot_style():
        figure, axes = _figure(len(shares))
        labels = [f"{safe_label(share.label)}  (n = {share.n})" for share in shares]
        dots = [
            _Dot(label=label, value=share.value, interval=share.interval)
            for label, share in zip(labels, shares, strict=True)
        ]
        _draw_dots(axes, dots)
        _per_cent_axis(axes, "per cent")
        said = "; ".join(f"{safe_label(share.label)}: {share.hits} of {share.n}" for share in shares)
        svg = render_svg(figure, name="tags", title=title, description=said)
    caption = (
        "Share of the scored questions of a tag that were answered right or, where the documents hold no answer, "
        "rightly left unanswered. A question counts for each of its tags. Bars are 95 % intervals: where few questions "
        "have a tag they are long, and little can be said."
    )
    return Plot(title=title, svg=svg, caption=caption)


_LOOKS = {Verdict.BETTER: (Ink.GOOD, "^"), Verdict.WORSE: (Ink.BAD, "v")}


def plot_differences(differences: Iterable[Difference]) -> Plot | None:
    """Draw the paired differences of all shares from the baseline; None where there are none."""
    shown = [
        one
        for one in differences
        if one.group == "all" and one.metric.unit is Unit.SHARE and one.metric.higher_is_better is not None
    ]
    if not shown:
        return None
    title = "Against the baseline: paired differences with 95 % intervals"
    with plot_style():
        figure, axes = _figure(len(shown) + 0.5)
        axes.axvline(0, color=Ink.TEXT, linewidth=1.4)
        dots = list(map(_difference_dot, shown))
        _draw_dots(axes, dots)
        reach = 1.08 * max(5.0, *(abs(end) for dot in dots for end in _ends(dot)))
        axes.set_xlim(-reach, reach)
        axes.set_xlabel("← worse\u2003\u2003percentage points\u2003\u2003better →")
        said = "; ".join(f"{one.metric.name} {one.change * 100:+.1f} points, {one.verdict.value}" for one in shown)
        svg = render_svg(figure, name="baseline", title=title, description=said)
    caption = (
        f"n = {max(one.n for one in shown)} questions at most, each compared with itself. Right of the line is better: "
        "metrics marked ↓, of which less is better, are turned round. A bar that crosses the line is inside the noise: "
        "the runs may well be the same. Triangles mark what is better (▲) or worse (▼) beyond it. Of so many metrics "
        "about one in twenty lies beyond it by chance."
    )
    return Plot(title=title, svg=svg, caption=caption)


def _difference_dot(one: Difference) -> _Dot:
    sign = 100.0 if one.metric.higher_is_better else -100.0
    ends = sorted((sign * one.interval.low, sign * one.interval.high)) if one.interval else None
    ink, marker = _LOOKS.get(one.verdict, (Ink.MUTED, "o"))
    return _Dot(
        label=_directed(one.metric.name),
        value=sign * one.change,
        interval=Interval(low=ends[0], high=ends[1]) if ends else None,
        ink=ink,
        marker=marker,
    )


def _ends(dot: _Dot) -> tuple[float, ...]:
    return (dot.interval.low, dot.interval.high, dot.value) if dot.interval else (dot.value,)
