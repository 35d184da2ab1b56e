"""Figures that a benchmark's run is printed beside: what plain methods reach here, and what others published."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evals.errors import BenchmarkInvalid
from evals.scoring import Score

ANCHORS = Path(__file__).parents[1] / "anchors.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """One figure of one system on one set."""

    set: str
    """As `Benchmark.name`."""
    metric: str
    """As the registry names it."""
    system: str
    value: float
    """A share of 1."""
    source: str


class Standing(StrEnum):
    """How a run's figure stands to an anchor. Unpaired: the anchor's own noise is not known."""

    ABOVE = "above"
    WITHIN = "within the interval"
    BELOW = "below"


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A figure of a run with an anchor beside it."""

    score: Score
    anchor: Anchor

    @property
    def difference(self) -> float:
        """This run − the anchor."""
        return (self.score.value or 0.0) - self.anchor.value

    @property
    def standing(self) -> Standing:
        """Whether the anchor lies outside this run's 95 % interval, and on which side."""
        ends = self.score.interval
        if ends is None or ends.low <= self.anchor.value <= ends.high:
            return Standing.WITHIN
        return Standing.ABOVE if ends.low > self.anchor.value else Standing.BELOW


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    set: str = Field(min_length=1)
    metric: str = Field(min_length=1)
    system: str = Field(min_length=1)
    value: float = Field(ge=0, le=1)
    source: str = Field(min_length=1)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    anchor: list[_Row]


def load_anchors(path: Path = ANCHORS) -> tuple[Anchor, ...]:
    """Read a file of anchors.

    Args:
        path: A TOML file; the one that ships with the project if none is named.

    Returns:
        All anchors in the file's order.

    Raises:
        BenchmarkInvalid: If it can't be read or anything in it is malformed.
    """
    try:
        file = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        raise BenchmarkInvalid(path, faults=faults) from error
    except (OSError, ValueError) as error:
        raise BenchmarkInvalid(path, faults=[str(error)]) from error
    return tuple(Anchor(**row.model_dump()) for row in file.anchor)


def put_beside(scores: Sequence[Score], anchors: Sequence[Anchor], *, name: str) -> tuple[Beside, ...]:
    """Find the anchors of a set for the metrics that a run has.

    Args:
        scores: Of all questions of the run.
        anchors: Of any sets.
        name: The benchmark's.

    Returns:
        In the order of the anchors; metrics without a value are left out.
    """
    known = {score.name: score for score in scores if score.value is not None}
    return tuple(
        Beside(score=known[anchor.metric], anchor=anchor)
        for anchor in anchors
        if anchor.set == name and anchor.metric in known
    )
