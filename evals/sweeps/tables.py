"""A sweep as a table for people and as JSON for programs."""

from __future__ import annotations

from typing import Any

from evals.comparing import difference_json
from evals.comparison import Difference, Verdict
from evals.folder import score_json
from evals.sweeps.sweeping import Row, Sweep, conclude
from evals.tables import NOTHING, Table, format_bare, format_score

BEST = "best"
_WORDS = {Verdict.NOISE: "inside the noise of the best"}


def tabulate_sweep(sweep: Sweep) -> Table:
    """Lay a sweep out, best first."""
    first = sweep.metrics[0]
    known = [at for at in range(len(sweep.metrics)) if any(row.scores[at].value is not None for row in sweep.rows)]
    header = (
        "configuration",
        *(f"{sweep.metrics[at].name} (95 % interval)" for at in known),
        f"{first.name} − default (paired)",
        "verdict",
    )
    rows = tuple(
        (
            row.configuration.name,
            *(format_score(row.scores[at]) for at in known),
            _change(row.from_default),
            _verdict(row),
        )
        for row in sweep.rows
    )
    return Table(title=f"{len(sweep.rows)} configurations, sorted by {first.name}", header=header, rows=rows)


def _change(difference: Difference | None) -> str:
    if difference is None:
        return NOTHING
    unit = difference.metric.unit
    change = f"{'+' if difference.change >= 0 else ''}{format_bare(difference.change, unit)}"
    ends = difference.interval
    return f"{change} ({format_bare(ends.low, unit)} to {format_bare(ends.high, unit)})" if ends else change


def _verdict(row: Row) -> str:
    if row.from_best is None:
        return BEST if row.scores[0].value is not None else NOTHING
    return _WORDS.get(row.from_best.verdict, row.from_best.verdict.value)


def sweep_json(sweep: Sweep) -> dict[str, Any]:
    """Write a sweep down for programs: one document, with `"schema": 1`."""
    return {
        "schema": 1,
        "sorted_by": sweep.metrics[0].name,
        "conclusion": conclude(sweep),
        "configurations": [
            {
                "name": row.configuration.name,
                "changes": dict(row.configuration.changes),
                "folder": str(row.run.folder),
                "questions": len(row.run.records),
                "scores": [score_json(score) for score in row.scores],
                "from_default": difference_json(row.from_default) if row.from_default else None,
                "from_best": difference_json(row.from_best) if row.from_best else None,
            }
            for row in sweep.rows
        ],
    }
