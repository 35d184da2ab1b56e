"""`assistant eval compare`, and the gate that `run` shares with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.documents_cli import AsJson

if TYPE_CHECKING:
    from evals.comparison import Comparison
    from evals.folder import StoredRun
    from evals.gate import Gate, Trip

GATE_FAILED = 3
GATE_FILE = "gate.toml"

RunFolder = Annotated[Path, typer.Argument(exists=True, file_okay=False, help="A run's folder.")]
UseGate = Annotated[
    bool, typer.Option("--gate", help="Exit with 3 where the rules in the baseline's gate.toml are broken.")
]
Rules = Annotated[
    Path | None, typer.Option(exists=True, dir_okay=False, help="The gate's rules, if not the baseline's gate.toml.")
]


def compare_command(
    baseline: RunFolder,
    new: RunFolder,
    intersection: Annotated[
        bool, typer.Option("--intersection", help="Compare the questions that both share, if they differ.")
    ] = False,
    splits: Annotated[bool, typer.Option("--splits", help="Show each split by itself too.")] = False,
    gate: UseGate = False,
    rules: Rules = None,
    as_json: AsJson = False,
) -> None:
    """Compare two runs over the same questions.

    Every difference comes with its paired 95 % interval and the p-value of a paired test, and with a word on whether
    it lies inside the noise; then the questions that flipped.
    """
    from assistant.serialization import to_json_text
    from evals.folder import load_run

    held = load_rules(baseline, gate=gate, rules=rules)
    judged = judge_against(load_run(new), load_run(baseline), gate=held, intersection=intersection)
    if as_json:
        typer.echo(to_json_text({"schema": 1, **judged.to_json()}))
    judged.finish(as_json=as_json, splits=splits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A comparison with what the gate says of it."""

    comparison: Comparison
    trips: tuple[Trip, ...] | None
    """None without a gate."""

    def to_json(self) -> dict[str, Any]:
        """Write both down, under the keys `comparison` and `gate`."""
        from evals.comparing import comparison_json

        trips = [
            {"stage": trip.stage.value, "metric": trip.metric.name, "reason": trip.reason} for trip in self.trips or ()
        ]
        gate = None if self.trips is None else {"passed": not self.trips, "trips": trips}
        return {"comparison": comparison_json(self.comparison), "gate": gate}

    def finish(self, *, as_json: bool, splits: bool = False) -> None:
        """Print what was not printed as JSON, and end with 3 where the gate fails."""
        from evals.cli.printing import print_tables, print_trips
        from evals.comparing import tabulate_comparison

        if not as_json:
            print_tables(tabulate_comparison(self.comparison, splits=splits))
        if self.trips is not None:
            print_trips(self.trips)
        if self.trips:
            raise typer.Exit(GATE_FAILED)


def load_rules(baseline: Path | None, *, gate: bool, rules: Path | None) -> Gate | None:
    """Read the gate that the options ask for; None where they ask for none."""
    from evals.gate import load_gate

    if rules is not None and not gate:
        raise typer.BadParameter("they need --gate", param_hint="--rules")
    if not gate:
        return None
    if baseline is None:
        raise typer.BadParameter("it needs --baseline", param_hint="--gate")
    return load_gate(rules or baseline / GATE_FILE)


def judge_against(new: StoredRun, baseline: StoredRun, *, gate: Gate | None, intersection: bool = False) -> Judged:
    """Compare a run with a baseline, and hold it against the gate if there is one."""
    from evals.comparison import compare_runs
    from evals.gate import check_gate

    comparison = compare_runs(baseline, new, intersection=intersection)
    return Judged(comparison=comparison, trips=check_gate(gate, comparison) if gate else None)
