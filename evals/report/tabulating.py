"""The scores of every group as tables whose cells keep value, interval and n apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evals.report.wording import METRICS
from evals.scoring import GroupScores, Score
from evals.tables import format_bare, format_score, format_value


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A score as it is shown."""

    value: str
    interval: str | None
    n: int
    plain: str
    """All of it in one text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRow:
    """One metric over several groups."""

    metric: str
    meaning: str
    cells: tuple[Cell | None, ...]
    """None where a group has no value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreTable:
    """Metrics by groups."""

    title: str
    columns: tuple[str, ...]
    questions: tuple[int, ...]
    """Scored, by column."""
    rows: tuple[MetricRow, ...]


def tabulate_whole(groups: Sequence[GroupScores], latencies: Sequence[Score]) -> ScoreTable:
    """Lay out all metrics of all questions and of each split; wall times, of all questions alone, come last."""
    wholes = [group for group in groups if group.group == "all" or group.group.startswith("split ")]
    table = _table("All questions", wholes, names=[group.group.removeprefix("split ") for group in wholes])
    blanks = (None,) * (len(wholes) - 1)
    timed = [_row(score.name, (_cell(score), *blanks)) for score in latencies if score.value is not None]
    return ScoreTable(title=table.title, columns=table.columns, questions=table.questions, rows=(*table.rows, *timed))


def tabulate_kinds(groups: Sequence[GroupScores]) -> tuple[ScoreTable, ...]:
    """Lay out all metrics of each kind of question: of both splits together and of each."""
    named = {group.group: group for group in groups}
    splits = [name.removeprefix("split ") for name in named if name.startswith("split ")]
    kinds = [name.removeprefix("kind ") for name in named if name.startswith("kind ")]
    return tuple(_kind_table(kind, splits, named) for kind in kinds)


def _kind_table(kind: str, splits: Sequence[str], named: Mapping[str, GroupScores]) -> ScoreTable:
    found = [("all", named[f"kind {kind}"])]
    found += [(split, named[f"{split} {kind}"]) for split in splits if f"{split} {kind}" in named]
    return _table(kind, [group for _, group in found], names=[name for name, _ in found])


def _table(title: str, groups: Sequence[GroupScores], *, names: Sequence[str]) -> ScoreTable:
    by_metric = zip(*(group.scores for group in groups), strict=True)
    known = [scores for scores in by_metric if any(score.value is not None for score in scores)]
    return ScoreTable(
        title=title,
        columns=tuple(names),
        questions=tuple(group.questions - group.not_scored for group in groups),
        rows=tuple(_row(scores[0].name, map(_cell, scores)) for scores in known),
    )


def _row(metric: str, cells: Iterable[Cell | None]) -> MetricRow:
    stage = metric.rpartition(" ")[0]
    meaning = METRICS.get(metric) or f"of the {stage} stage alone"
    return MetricRow(metric=metric, meaning=meaning, cells=tuple(cells))


def _cell(score: Score) -> Cell | None:
    if score.value is None:
        return None
    ends = (score.interval.low, score.interval.high) if score.interval else None
    return Cell(
        value=format_value(score.value, score.unit).replace("%", " %"),
        interval="–".join(format_bare(end, score.unit) for end in ends) if ends else None,
        n=score.n,
        plain=format_score(score),
    )
