"""Do 95 % intervals hold the truth in 95 of 100 question sets, and does a gate stay quiet where nothing changed?

Question sets are drawn from made populations of which the true value is known; intervals come from the code that
scores real runs.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from evals.comparison import Comparison, Verdict, compare_metric
from evals.facts import AnswerFacts, GoldItem, Judgement, RetrievalFacts
from evals.folder import StoredRun
from evals.gate import Gate, check_gate
from evals.intervals import interval_of
from evals.metrics import METRICS
from evals.records import Record
from evals.statistics import Points, Quantile, Statistic, auroc, calibration_error, ratio, risk_coverage_area

SEED = 20251124
SETS = 1000
POPULATION = 200_000
NOISES = (0.05, 0.1, 0.2)
"""How much a question's quality differs from run to run, where questions differ by 1."""
GOLD_SIZES = (100, 156, 246)
"""Of a small gold set, of the starter set's answerable questions, and of all that it asks."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """A population of questions, and what is measured on sets that are drawn from it."""

    name: str
    statistic: Statistic
    population: Points
    n: int
    """Questions a set."""

    @property
    def truth(self) -> float:
        """The value over the whole population."""
        return float(self.statistic(self.population, np.ones((1, len(self.population))))[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How often the intervals of a case held the truth."""

    case: Case
    sets: int
    below: int
    """Intervals that lay wholly below it."""
    above: int

    @property
    def share(self) -> float:
        """Of the sets whose interval held it."""
        return 1 - (self.below + self.above) / self.sets

    def line(self) -> str:
        """Write it down."""
        return (
            f"{self.case.name}, n {self.case.n}: truth {self.case.truth:.4g}, covered {self.share:.1%} of {self.sets} "
            f"({self.below} below, {self.above} above), load {os.getloadavg()[0]:.1f}"
        )


def measure_coverage(case: Case, *, sets: int = SETS) -> Coverage:
    """Draw question sets and count the intervals that hold the truth.

    Args:
        case: What to draw from.
        sets: How many.

    Returns:
        The counts, the same for the same case.
    """
    rng, truth = np.random.default_rng(SEED), case.truth
    below = above = 0
    for _ in range(sets):
        points = case.population[rng.integers(0, len(case.population), case.n)]
        interval = interval_of(case.statistic, points)
        if interval is not None:
            below += interval.high < truth - 1e-12
            above += interval.low > truth + 1e-12
    return Coverage(case=case, sets=sets, below=below, above=above)


def make_cases() -> Iterator[Case]:
    """Make populations like what metrics read of real questions, with gold sets of usual sizes."""
    for name, statistic, population in _populations(np.random.default_rng(SEED)):
        for n in GOLD_SIZES:
            yield Case(name=name, statistic=statistic, population=population, n=n)


def _populations(rng: np.random.Generator) -> Iterator[tuple[str, Statistic, Points]]:
    size, ones = POPULATION, np.ones(POPULATION)
    rank = rng.choice([1, 2, 3, 4, 6, 9, np.inf], size, p=[0.42, 0.14, 0.08, 0.08, 0.08, 0.06, 0.14])
    yield "share of half", ratio, np.column_stack([rng.random(size) < 0.53, ones])
    yield "share of nine tenths", ratio, np.column_stack([rng.random(size) < 0.9, ones])
    yield "reciprocal rank", ratio, np.column_stack([1 / rank, ones])
    yield "token F1", ratio, np.column_stack([rng.beta(0.8, 7, size), ones])
    quotes = rng.choice([1, 2, 3, 4], size, p=[0.9, 0.06, 0.03, 0.01])
    yield "recall of quotes", ratio, np.column_stack([rng.binomial(quotes, rng.beta(2, 0.6, size)), quotes])
    cited, wide = 20 + rng.gamma(4, 70, size), rng.gamma(4, 30, size)
    on_gold = np.where(rng.random(size) < 0.45, np.minimum(cited, wide), 0)
    yield "characters on gold", ratio, np.column_stack([on_gold, cited])
    answerable = rng.random(size) < 0.63
    signal = np.where(answerable, rng.normal(1, 1, size), rng.normal(0.1, 1, size))
    yield "AUROC", auroc, np.column_stack([signal, answerable])
    wrong = rng.random(size) < 1 / (1 + np.exp(1.2 * signal))
    yield "risk-coverage area", risk_coverage_area, np.column_stack([signal, wrong])
    abstained = signal < -0.1
    yield "abstention F1", ratio, np.column_stack([2.0 * (abstained & ~answerable), abstained * 1.0 + ~answerable])
    yield "latency p50", Quantile(0.5), np.exp(rng.normal(4, 0.5, size))[:, None]
    yield "latency p95", Quantile(0.95), np.exp(rng.normal(4, 0.5, size))[:, None]
    half = np.where(rng.random(size // 2) < 0.85, 0, rng.choice([1, -1], size // 2))
    yield "paired difference of a share, nothing changed", ratio, np.column_stack([[*half, *-half], ones])
    moved = np.where(rng.random(size) < 0.85, 0, rng.choice([1, -1], size, p=[0.7, 0.3]))
    yield "paired difference of a share, better by 6 points", ratio, np.column_stack([moved, ones])
    graded = rng.normal(0, 0.15, size // 2) * (rng.random(size // 2) < 0.4)
    yield "paired difference of a graded metric, nothing changed", ratio, np.column_stack([[*graded, *-graded], ones])
    confidence = rng.beta(2, 1.3, size)
    right = rng.random(size) < 0.05 + 0.8 * confidence
    yield "calibration error", calibration_error, np.column_stack([confidence, right])


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarms:
    """How often a gate trips on two runs that differ by noise alone."""

    noise: float
    pairs: int
    flipped: float
    """Questions whose outcome differs, on average."""
    tripped: int
    judged: Mapping[str, int]
    """By metric of the gate: pairs whose difference is said to be better or worse."""

    def line(self) -> str:
        """Write it down."""
        judged = ", ".join(f"{name} {count / self.pairs:.1%}" for name, count in self.judged.items())
        return (
            f"noise {self.noise}: {self.flipped:.1f} of {GOLD_SIZES[-1]} outcomes differ, the gate trips on "
            f"{self.tripped} of {self.pairs} pairs; said to differ: {judged}"
        )


def measure_alarms(gate: Gate, *, noise: float, pairs: int) -> Alarms:
    """Make pairs of runs in which nothing changed but noise, and hold the second against the first.

    Args:
        gate: The rules, of which only the tolerances count: floors are of real values, not of made ones.
        noise: How much a question's quality differs from run to run, where questions differ by 1.
        pairs: How many.
    """
    rng, flipped, tripped = np.random.default_rng(SEED), 0, 0
    judged, gate = dict.fromkeys(gate.tolerances, 0), replace(gate, floors={})
    for _ in range(pairs):
        quality = rng.normal(0, 1, GOLD_SIZES[-1])
        before, after = (_simulate(quality + noise * rng.normal(0, 1, len(quality))) for _ in range(2))
        compared = [compare_metric(metric, before.scored, after.scored) for metric in METRICS if metric.name in judged]
        differences = tuple(one for one in compared if one is not None)
        for one in differences:
            judged[one.metric.name] += one.verdict is not Verdict.NOISE
        sides = zip(before.records, after.records, strict=True)
        flipped += sum(old.judgement.outcome is not new.judgement.outcome for old, new in sides)
        comparison = Comparison(baseline=before, new=after, differences=differences, flips=())
        tripped += bool(check_gate(gate, comparison))
    return Alarms(noise=noise, pairs=pairs, flipped=flipped / pairs, tripped=tripped, judged=judged)


def _simulate(quality: np.ndarray) -> StoredRun:
    records = [
        Record(gold={}, judgement=_judgement(number, float(value)), answer=None, timing=None)
        for number, value in enumerate(quality)
    ]
    return StoredRun(folder=Path(), manifest={}, records=tuple(records))


def _judgement(number: int, quality: float) -> Judgement:
    """Turn a question's quality into facts: the higher, the better ranked, the surer and the rather right."""
    answerable = number % 8 < 5
    rank = max(1, int(np.exp(0.8 - 1.2 * quality)))
    signal = float(1 / (1 + np.exp(-quality - (0.8 if answerable else -0.6))))
    found = answerable and rank <= 10
    items = (GoldItem(rank=rank if found else None),)
    answer = AnswerFacts(
        right=answerable and quality > 0, exact_match=0.0, token_f1=min(1.0, signal / 5), words=40, sentences=3,
        sentences_cited=3, citations=3, citations_valid=3, citations_on_gold=int(quality > 0.3),
        quotes_cited=int(found and quality > 0), characters_cited=300, characters_on_gold=int(300 * signal / 4),
    )  # fmt: skip
    return Judgement(
        question_id=f"q{number}",
        split="dev",
        tags=("made",),
        answerable=answerable,
        abstained=signal < 0.4,
        quotes=int(answerable),
        quotes_read=int(found and rank <= 6),
        retrieval=RetrievalFacts(items=items, relevant_ranks=(rank,) if found else (), ranked=10)
        if answerable
        else None,
        answer=None if signal < 0.4 else answer,
        tokens_read=700,
        signal=signal,
    )
