"""A comparison as tables for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evals.comparison import Comparison, Difference, Flip
from evals.facts import Interval, Judgement
from evals.metrics import Unit
from evals.tables import NOTHING, Table, format_bare, format_value

LONGEST_QUESTION = 90


def tabulate_comparison(comparison: Comparison, *, splits: bool = False) -> tuple[Table, ...]:
    """Lay a comparison out: the differences over all questions, over each split if wanted, then the flips."""
    groups: dict[str, list[Difference]] = {}
    for difference in comparison.differences:
        if splits or difference.group == "all":
            groups.setdefault(difference.group, []).append(difference)
    tables = [_difference_table(group, found) for group, found in groups.items()]
    return (*tables, _flip_table(comparison.flips))


def _difference_table(group: str, differences: Sequence[Difference]) -> Table:
    rows = [
        (
            one.metric.name,
            format_value(one.baseline, one.metric.unit),
            format_value(one.new, one.metric.unit),
            format_change(one),
            _format_p(one.p_value),
            str(one.n),
            one.verdict.value,
        )
        for one in differences
    ]
    header = ("metric", "baseline", "new", "change (paired 95 % interval)", "p", "n", "verdict")
    return Table(title=f"Differences, {group}", header=header, rows=tuple(rows))


def _format_p(p_value: float | None) -> str:
    if p_value is None:
        return NOTHING
    return "<0.001" if p_value < 0.001 else f"{p_value:.3f}"


def format_change(one: Difference) -> str:
    """Write a change with its interval; of shares in points."""
    unit = one.metric.unit
    points = " points" if unit is Unit.SHARE else ""
    change = f"{_signed(one.change, unit)}{points}"
    return f"{change} {_format_interval(one.interval, unit)}" if one.interval else change


def _format_interval(interval: Interval, unit: Unit) -> str:
    return f"({' to '.join(_signed(end, unit) for end in (interval.low, interval.high))})"


def _signed(value: float, unit: Unit) -> str:
    bare = format_bare(value, unit)
    if not float(bare):
        return bare.removeprefix("-")
    return bare if bare.startswith("-") else f"+{bare}"


def _flip_table(flips: Sequence[Flip]) -> Table:
    mended, broken = sum(flip.mended for flip in flips), sum(flip.broken for flip in flips)
    rows = tuple((_direction(flip), flip.new.id, _shortened(flip), _outcomes(flip)) for flip in flips)
    title = f"Questions that flipped: {mended} mended, {broken} broken, {len(flips) - mended - broken} otherwise"
    return Table(title=title, header=("", "id", "question", "baseline → new"), rows=rows)


def _direction(flip: Flip) -> str:
    return "mended" if flip.mended else "broken" if flip.broken else "still fails"


def _shortened(flip: Flip) -> str:
    question = str(flip.new.gold["question"])
    return question if len(question) <= LONGEST_QUESTION else question[: LONGEST_QUESTION - 1] + "…"


def _outcomes(flip: Flip) -> str:
    return f"{_fate(flip.baseline.judgement)} → {_fate(flip.new.judgement)}"


def _fate(judgement: Judgement) -> str:
    return judgement.diagnosis.value if judgement.diagnosis else judgement.outcome.value


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """Write a comparison down for programs."""
    return {
        "baseline": str(comparison.baseline.folder),
        "new": str(comparison.new.folder),
        "left_out": comparison.left_out,
        "differences": [difference_json(one) for one in comparison.differences],
        "flips": [
            {"id": flip.new.id, "direction": _direction(flip), "outcomes": _outcomes(flip)} for flip in comparison.flips
        ],
    }


def difference_json(one: Difference) -> dict[str, Any]:
    """Write a difference down."""
    return {
        "metric": one.metric.name,
        "stage": one.metric.stage.value,
        "group": one.group,
        "baseline": one.baseline,
        "new": one.new,
        "change": one.change,
        "interval95": [one.interval.low, one.interval.high] if one.interval else None,
        "p": one.p_value,
        "n": one.n,
        "verdict": one.verdict.value,
    }
