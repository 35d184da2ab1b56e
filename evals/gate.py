"""A gate: how far each metric may fall against a baseline, and floors that it may not go under.

The file is TOML:

    [tolerance]                 # the paired 95 % interval of (new − baseline) has to exist and not lie wholly beyond it
    "recall@5 of quotes" = 0.02
    [floor]                     # ceilings for metrics of which less is better
    "citations valid" = 1.0
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, NonNegativeFloat, ValidationError

from evals.comparing import format_change
from evals.comparison import Comparison, Difference
from evals.errors import GateInvalid
from evals.facts import Scored
from evals.metrics import EVERY, Metric, Stage
from evals.scoring import score_metric
from evals.tables import format_value

_METRICS: Mapping[str, Metric] = {metric.name: metric for metric in EVERY}


class _Rules(BaseModel):
    model_config = ConfigDict(extra="forbid")
    tolerance: dict[str, NonNegativeFloat] = Field(default_factory=dict)
    floor: dict[str, FiniteFloat] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What may not happen."""

    path: Path
    tolerances: Mapping[str, float]
    """By metric: how far it may get worse, in the metric's unit, from 0."""
    floors: Mapping[str, float]
    """By metric: the worst value that passes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """A rule that was broken."""

    metric: Metric
    reason: str

    @property
    def stage(self) -> Stage:
        """Which part of the way it points to."""
        return self.metric.stage


def load_gate(path: Path) -> Gate:
    """Read a gate's file.

    Raises:
        GateInvalid: If it can't be read, names an unknown metric or one without a better direction, a tolerance is
            below 0, or a floor is no finite number.
    """
    try:
        rules = _Rules.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        raise GateInvalid(path, detail="; ".join(faults)) from error
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise GateInvalid(path, detail=str(error)) from error
    for name in (*rules.tolerance, *rules.floor):
        if name not in _METRICS:
            raise GateInvalid(path, detail=f"there is no metric {name!r}; there are {', '.join(_METRICS)}")
        if _METRICS[name].higher_is_better is None:
            raise GateInvalid(path, detail=f"{name!r} has no better direction")
    return Gate(path=path, tolerances=rules.tolerance, floors=rules.floor)


def check_gate(gate: Gate, comparison: Comparison) -> tuple[Trip, ...]:
    """Find the rules that a comparison breaks.

    Args:
        gate: The rules.
        comparison: Of the new run with its baseline.

    Returns:
        The trips in the order of the stages, the first of which is where to look first; empty if the gate passes.
    """
    whole = [difference for difference in comparison.differences if difference.group == "all"]
    trips = [*_fallen(gate, whole), *_under_floor(gate, comparison.new.scored)]
    order = list(Stage)
    return tuple(sorted(trips, key=lambda trip: order.index(trip.stage)))


def _fallen(gate: Gate, differences: Sequence[Difference]) -> Iterable[Trip]:
    compared = {difference.metric.name: difference for difference in differences}
    for name, tolerance in gate.tolerances.items():
        found, metric = compared.get(name), _METRICS[name]
        if found is None:
            yield Trip(metric=metric, reason=f"{name} has no value in one of the runs")
            continue
        interval = found.interval
        if interval is None:
            why = "too few questions have a value for an" if metric.has_interval else "there is no trustworthy"
            yield Trip(metric=metric, reason=f"{name}: {why} interval of the difference; take it out of the file")
            continue
        worse = interval.high < -tolerance if metric.higher_is_better else interval.low > tolerance
        if worse:
            values = f"{format_value(found.baseline, metric.unit)} → {format_value(found.new, metric.unit)}"
            tolerated = f"tolerated {format_value(tolerance, metric.unit)}"
            yield Trip(metric=metric, reason=f"{name}: {values}, {format_change(found)}, {tolerated}")


def _under_floor(gate: Gate, scored: Sequence[Scored]) -> Iterable[Trip]:
    for name, floor in gate.floors.items():
        metric = _METRICS[name]
        value = score_metric(metric, scored).value
        if value is None:
            yield Trip(metric=metric, reason=f"{name} has no value, its floor is {format_value(floor, metric.unit)}")
        elif value < floor if metric.higher_is_better else value > floor:
            side = "under its floor" if metric.higher_is_better else "over its ceiling"
            values = f"{format_value(value, metric.unit)} is {side} of {format_value(floor, metric.unit)}"
            yield Trip(metric=metric, reason=f"{name}: {values}")
