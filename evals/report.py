"""Scores as tables for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals.metrics import GroupScores, Score, Unit
from evals.run import SCHEMA, Run, groups_json, score_json

# Of each kind of question only these are shown; --json and --out hold them all.
KIND_METRICS = (
    "recall@5 of quotes",
    "answered right",
    "wrongly abstained",
    "abstention recall",
    "answer on gold evidence",
)
NOTHING = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Cells of text under a header."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def format_value(value: float, unit: Unit) -> str:
    """Write a value in its unit: shares in per cent."""
    if unit is Unit.SHARE:
        return f"{value * 100:.1f}%"
    return f"{value:.1f} ms" if unit is Unit.MILLISECONDS else f"{value:.1f}"


def format_score(score: Score) -> str:
    """Write a score with its 95 % interval and its n."""
    if score.value is None or score.interval is None:
        return NOTHING
    low, high = (format_value(end, score.unit).removesuffix("%").removesuffix(" ms") for end in _ends(score))
    return f"{format_value(score.value, score.unit)} ({low}–{high}) n={score.n}"


def _ends(score: Score) -> tuple[float, float]:
    return (score.interval.low, score.interval.high) if score.interval else (0.0, 0.0)


def tabulate_run(run: Run) -> tuple[Table, ...]:
    """Lay a run's scores out.

    Args:
        run: With at least one question.

    Returns:
        The metrics of all questions and of each split; the main ones of each kind within each split.
    """
    wholes = [group for group in run.groups if group.group == "all" or group.group.startswith("split ")]
    others = [group for group in run.groups if group.group.split(" ")[0] not in ("all", "split", "kind")]
    return _metric_table(wholes, run.latencies), _kind_table(others)


def _metric_table(groups: Sequence[GroupScores], latencies: Sequence[Score]) -> Table:
    by_metric = zip(*(group.scores for group in groups), strict=True)
    rows = [(scores[0].name, *map(format_score, scores)) for scores in by_metric]
    blanks = ("",) * (len(groups) - 1)
    rows += [(score.name, format_score(score), *blanks) for score in latencies]
    counts = ("questions, not scored", *(f"{group.questions}, {group.not_scored}" for group in groups))
    header = ("metric (95 % interval)", *(group.group.removeprefix("split ") for group in groups))
    return Table(title="Scores", header=header, rows=(counts, *rows))


def _kind_table(groups: Sequence[GroupScores]) -> Table:
    rows = []
    for group in groups:
        named = {score.name: score for score in group.scores}
        cells = (_short(named[metric]) for metric in KIND_METRICS)
        rows.append((group.group, str(group.questions - group.not_scored), *cells))
    return Table(title="By split and kind", header=("kind", "scored", *KIND_METRICS), rows=tuple(rows))


def _short(score: Score) -> str:
    return NOTHING if score.value is None else f"{format_value(score.value, score.unit)} n={score.n}"


def render_plain(table: Table) -> str:
    """Write a table as aligned text.

    Args:
        table: Rows as long as the header.

    Returns:
        The title, the header and the rows, a line each, with no white space at line ends.
    """
    lines = (table.header, *table.rows)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    aligned = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    return "\n".join([table.title, *(line.rstrip() for line in aligned)])


def report_json(run: Run, *, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Write a run's scores down for programs.

    Args:
        run: The run.
        manifest: What it was made with.

    Returns:
        One document that JSON can hold, with `"schema": 1`.
    """
    return {
        "schema": SCHEMA,
        "groups": groups_json(run.groups),
        "latencies": [score_json(score) for score in run.latencies],
        "manifest": dict(manifest),
    }
