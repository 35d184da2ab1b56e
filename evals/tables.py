"""Scores as tables for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evals.metrics import Unit
from evals.scoring import GroupScores, Score

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


def format_bare(value: float, unit: Unit) -> str:
    """Write a value without its unit, for the ends of intervals."""
    return format_value(value, unit).removesuffix("%").removesuffix(" ms")


def format_score(score: Score) -> str:
    """Write a score with its 95 % interval and its n."""
    if score.value is None:
        return NOTHING
    value = format_value(score.value, score.unit)
    if score.interval is None:
        return f"{value} n={score.n}"
    ends = "–".join(format_bare(end, score.unit) for end in (score.interval.low, score.interval.high))
    return f"{value} ({ends}) n={score.n}"


def tabulate_run(groups: Sequence[GroupScores], latencies: Sequence[Score]) -> tuple[Table, ...]:
    """Lay a run's scores out.

    Args:
        groups: As `evals.scoring.score_groups` gives them.
        latencies: Scores of the wall times.

    Returns:
        The metrics of all questions and of each split; the main ones of each kind within each split.
    """
    wholes = [group for group in groups if group.group == "all" or group.group.startswith("split ")]
    others = [group for group in groups if group.group.split(" ")[0] not in ("all", "split", "kind")]
    return _metric_table(wholes, latencies), _kind_table(others)


def _metric_table(groups: Sequence[GroupScores], latencies: Sequence[Score]) -> Table:
    by_metric = zip(*(group.scores for group in groups), strict=True)
    known = [scores for scores in by_metric if any(score.value is not None for score in scores)]
    rows = [(scores[0].name, *map(format_score, scores)) for scores in known]
    blanks = ("",) * (len(groups) - 1)
    rows += [(score.name, format_score(score), *blanks) for score in latencies if score.value is not None]
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


def render_markdown(table: Table) -> str:
    """Write a table as Markdown, its title as a heading of the second level."""
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in (table.header, *table.rows)]
    rule = "| " + " | ".join("---" for _ in table.header) + " |"
    return "\n".join([f"## {table.title}", "", lines[0], rule, *lines[1:], ""])
