"""What a comparison of peers measured, as it is kept, and the figures that are read off it."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evals.peers.stopwatch import MODEL, STAGES

SCHEMA = 1
RECORD = "peers.json"
REST = "rest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """A mean over questions with its 95 % interval."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One contestant's process."""

    import_seconds: float
    ingest: Mapping[str, Any]
    """`seconds` and `cpu_seconds` in all, `stages` in wall seconds, `documents`, `chunks`, `texts`, `tokens_given`,
    `tokens_embedded`."""
    query_ms: Sequence[float]
    peak_mib: float | None
    """Of the process alone."""
    peak_with_children_mib: float | None
    load: Sequence[float]
    """The machine's load over a minute, before and after."""

    @property
    def model_seconds(self) -> float:
        """What the wait for the model took."""
        return float(self.ingest["stages"].get(MODEL, 0.0))

    @property
    def documents_per_second(self) -> float:
        """Documents by the seconds of the ingest without the wait for the model."""
        return float(self.ingest["documents"] / (self.ingest["seconds"] - self.model_seconds))

    @property
    def tokens_per_second(self) -> float:
        """Tokens that the model saw by the seconds that it was at work; NaN where that was not told apart."""
        seconds = self.ingest["stages"].get("embed")
        return self.ingest["tokens_embedded"] / seconds if seconds else float("nan")

    @property
    def searchable_tokens_per_second(self) -> float:
        """Tokens that the model saw by the seconds of the ingest without the wait for the model."""
        return float(self.ingest["tokens_embedded"] / (self.ingest["seconds"] - self.model_seconds))

    def stage_seconds(self) -> dict[str, float]:
        """Tell the wall seconds of every stage that ran, and of the rest."""
        stages = {name: self.ingest["stages"][name] for name in STAGES if name in self.ingest["stages"]}
        return stages | {REST: self.ingest["seconds"] - sum(stages.values())}

    def percentile(self, share: float) -> float:
        """Tell a percentile of the query times, in ms."""
        return float(np.percentile(self.query_ms, 100 * share))


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestantRecord:
    """All rounds of one contestant."""

    name: str
    label: str
    chunking: str
    quality: Mapping[str, Quality]
    """By metric."""
    rounds: tuple[Round, ...]

    def median(self, figure: Callable[[Round], float | None]) -> float:
        """Take the median of a figure over the rounds; NaN where it is not known."""
        values = [value for one in self.rounds if (value := figure(one)) is not None]
        return statistics.median(values) if values else float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class PeersRecord:
    """A whole comparison."""

    about: Mapping[str, Any]
    """Set, sample, settings of the comparison, command, versions, commit, machine and load."""
    contestants: tuple[ContestantRecord, ...]
    skipped: Mapping[str, str]
    """Contestants that did not take part, with the reason."""

    def to_json(self) -> dict[str, Any]:
        """Turn it into values of JSON types."""
        return {"schema": SCHEMA, **asdict(self)}

    def write(self, folder: Path) -> Path:
        """Write it as JSON.

        Args:
            folder: Is made where it is not there.

        Returns:
            The file.
        """
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / RECORD
        path.write_text(json.dumps(self.to_json(), indent=1) + "\n", encoding="utf-8")
        return path


def read_record(folder: Path) -> PeersRecord:
    """Read a comparison again.

    Raises:
        OSError: If there is none.
        ValueError: If another version wrote it.
    """
    fields = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    if fields.pop("schema") != SCHEMA:
        raise ValueError(f"{folder / RECORD} is of another version than {SCHEMA}")
    contestants = tuple(
        ContestantRecord(
            **{
                **one,
                "quality": {name: Quality(**values) for name, values in one["quality"].items()},
                "rounds": tuple(Round(**values) for values in one["rounds"]),
            }
        )
        for one in fields["contestants"]
    )
    return PeersRecord(about=fields["about"], contestants=contestants, skipped=fields["skipped"])
