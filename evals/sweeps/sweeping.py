"""Running a sweep: every configuration once, those that an earlier sweep has finished not again."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.settings import Settings
from evals.comparison import Difference, Verdict, compare_metric
from evals.errors import RunInvalid
from evals.folder import StoredRun, load_run
from evals.manifest import find_commit
from evals.metrics import Metric
from evals.run import Progress
from evals.scoring import Score, score_metric
from evals.sweeps.grid import Configuration
from evals.sweeps.targets import Target
from ingest.reports import ProgressCallback

_PLACES = frozenset({"data_dir", "models_dir", "corpus", "host", "port"})
"""Settings that say where things are and change no answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A configuration with its settings."""

    configuration: Configuration
    settings: Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A configuration with what came of it."""

    configuration: Configuration
    run: StoredRun
    scores: tuple[Score, ...]
    """Of the metrics that were asked for, in their order."""
    from_default: Difference | None
    """Of the first metric; None for the default itself, or without a value."""
    from_best: Difference | None
    """Of the first metric; None for the best itself, or without a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """All configurations, best first."""

    metrics: tuple[Metric, ...]
    """The first one sorts."""
    rows: tuple[Row, ...]

    @property
    def best(self) -> Row:
        """The first row."""
        return self.rows[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Told how far a sweep is."""

    configuration: Callable[[str, int, int, bool], None]
    """Name, number from 1, how many there are, and whether an earlier sweep has finished it."""
    ingesting: ProgressCallback
    asking: Progress


def run_sweep(
    target: Target, planned: Sequence[Planned], *, metrics: Sequence[Metric], out: Path, watch: Watch
) -> Sweep:
    """Run every configuration and compare them.

    Args:
        target: The questions.
        planned: The default first.
        metrics: At least one; the first one sorts.
        out: Holds a run's folder for each configuration; finished ones in it are taken as they are.
        watch: Told how far it is.

    Returns:
        The sweep, best first; configurations without a value last.
    """
    runs: list[StoredRun] = []
    for number, one in enumerate(planned, start=1):
        folder = out / one.configuration.name
        finished = find_finished(folder, target=target, settings=one.settings)
        watch.configuration(one.configuration.name, number, len(planned), finished is not None)
        if finished is None:
            target.run(one.settings, out=folder, ingesting=watch.ingesting, asking=watch.asking)
        runs.append(finished or load_run(folder))
    return compare_configurations([one.configuration for one in planned], runs, metrics=metrics)


def find_finished(folder: Path, *, target: Target, settings: Settings) -> StoredRun | None:
    """Find the run of an earlier sweep over the same questions, with the same settings and the same program."""
    try:
        run = load_run(folder)
    except RunInvalid:
        return None
    manifest = run.manifest
    same_settings = _answering(manifest["settings"]) == _answering(settings.model_dump(mode="json"))
    same_program = manifest["commit"] == find_commit(Path(__file__).parent)
    same_questions = manifest["gold"] == json.loads(json.dumps(target.describe()))  # tuples are lists in a manifest
    timed = not target.timed or not manifest.get("untimed")
    return run if same_questions and same_settings and same_program and timed else None


def _answering(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name not in _PLACES}


def compare_configurations(
    configurations: Sequence[Configuration], runs: Sequence[StoredRun], *, metrics: Sequence[Metric]
) -> Sweep:
    """Sort configurations by the first metric and compare each with the default and with the best.

    Args:
        configurations: The default first.
        runs: One for each, over the same questions in the same order.
        metrics: At least one.
    """
    first, scored = metrics[0], [run.scored for run in runs]
    values = [score_metric(first, one).value for one in scored]
    sign = -1 if first.higher_is_better is not False else 1
    order = sorted(range(len(runs)), key=lambda at: (values[at] is None, sign * (values[at] or 0.0), at))
    best = order[0]
    rows = tuple(
        Row(
            configuration=configurations[at],
            run=runs[at],
            scores=tuple(score_metric(metric, scored[at]) for metric in metrics),
            from_default=compare_metric(first, scored[0], scored[at]) if at else None,
            from_best=compare_metric(first, scored[best], scored[at]) if at != best else None,
        )
        for at in order
    )
    return Sweep(metrics=tuple(metrics), rows=rows)


def conclude(sweep: Sweep) -> str:
    """Say in a sentence or two what a sweep shows, and what it doesn't."""
    best, name = sweep.best, sweep.metrics[0].name
    within = sum(row.from_best is not None and row.from_best.verdict is Verdict.NOISE for row in sweep.rows[1:])
    others = f"{within} of the {len(sweep.rows) - 1} others are inside the noise of the best."
    if best.from_default is None:
        return f"The default is the best by {name}. {others}"
    if best.from_default.verdict is Verdict.NOISE:
        return (
            f"By {name}, {best.configuration.name} is inside the noise of the default: no reason to change it. {others}"
        )
    return (
        f"By {name}, {best.configuration.name} is better than the default. {others} It was picked among "
        f"{len(sweep.rows)} on these questions, which flatters it: confirm it on questions that it was not picked on."
    )
