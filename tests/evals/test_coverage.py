"""Intervals hold the truth about as often as they say, and a gate is quiet where nothing changed."""

from pathlib import Path

import numpy as np
import pytest

from evals.benches.coverage import Case, make_cases, measure_alarms, measure_coverage
from evals.gate import load_gate
from evals.statistics import ratio

RULES = Path(__file__).resolve().parents[2] / "evals" / "baselines" / "starter" / "gate.toml"
CASES = {f"{case.name}, n {case.n}": case for case in make_cases() if case.n == 156}


def test_intervals_of_a_population_without_spread_always_hold_the_truth():
    case = Case(name="ones", statistic=ratio, population=np.ones((100, 2)), n=50)
    assert (case.truth, measure_coverage(case, sets=5).share) == (1.0, 1.0)


def test_an_interval_that_misses_is_counted_on_its_side():
    rare = np.column_stack([np.arange(10_000) < 10, np.ones(10_000)])  # most sets of ten hold none of them
    found = measure_coverage(Case(name="rare", statistic=ratio, population=rare, n=10), sets=20)
    assert (found.below > 10, found.above) == (True, 0)
    assert found.line().startswith("rare, n 10: truth 0.001, covered ")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["reciprocal rank, n 156", "recall of quotes, n 156", "abstention F1, n 156"])
def test_nineteen_of_twenty_intervals_hold_the_truth(name):
    found = measure_coverage(CASES[name], sets=300)
    assert 0.92 <= found.share <= 0.98, found.line()  # 95 % give or take 2.4 standard errors


@pytest.mark.slow
def test_the_committed_gate_is_quiet_on_runs_that_differ_by_noise_alone():
    found = measure_alarms(load_gate(RULES), noise=0.1, pairs=40)
    assert found.flipped > 1
    assert found.tripped <= 1, found.line()
