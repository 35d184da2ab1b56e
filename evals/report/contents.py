"""All that a report says, before it is laid out as HTML or Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.comparing import tabulate_comparison
from evals.comparison import Comparison, Verdict, count_verdicts
from evals.facts import Diagnosis, Judgement, Scored
from evals.folder import StoredRun
from evals.gate import Gate, Trip, check_gate
from evals.metrics import METRICS
from evals.report.curves import ReliabilityBin, RiskPoint, Share, reliability_bins, risk_coverage_curve, shares_by_tag
from evals.report.failures import Failure, find_failures
from evals.report.provenance import Facts, changed_settings, describe_manifest, describe_settings
from evals.report.sample_size import smallest_difference
from evals.report.summary import Headline, OutcomeCount, count_outcomes, make_headlines
from evals.report.tabulating import ScoreTable, tabulate_kinds, tabulate_whole
from evals.report.wording import DIAGNOSES, DiagnosisWords
from evals.scoring import GroupScores, Score, score_groups, score_latencies
from evals.tables import Table

SMALL_DIFFERENCE = 0.05
"""A set that can't show this much is called small."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisCount:
    """How many questions failed in one way."""

    diagnosis: Diagnosis
    words: DiagnosisWords
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unscored:
    """Questions that count neither as right nor as wrong, for one reason."""

    reason: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgainstBaseline:
    """What a comparison says."""

    comparison: Comparison
    verdicts: Mapping[Verdict, int]
    """Over all questions, not by split; wall times left out."""
    tables: tuple[Table, ...]
    mended: int
    broken: int
    changed: tuple[tuple[str, str, str], ...]
    """Settings: name, baseline, new."""
    facts: Facts
    gate: Gate | None
    trips: tuple[Trip, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything, in the order in which it is told."""

    title: str
    questions: int
    scored: int
    headlines: tuple[Headline, ...]
    outcomes: tuple[OutcomeCount, ...]
    against: AgainstBaseline | None
    answerable: int
    """Scored answerable questions."""
    smallest_difference: float | None
    """That a comparison over them would show; None without any."""
    groups: tuple[GroupScores, ...]
    latencies: tuple[Score, ...]
    risk: tuple[RiskPoint, ...]
    reliability: tuple[ReliabilityBin, ...]
    tags: tuple[Share, ...]
    whole: ScoreTable
    kinds: tuple[ScoreTable, ...]
    diagnoses: tuple[DiagnosisCount, ...]
    failures: tuple[Failure, ...]
    unscored: tuple[Unscored, ...]
    unconfirmed: int
    """Questions that were not asked because no person has confirmed them."""
    facts: Facts
    settings: Facts

    @property
    def is_small(self) -> bool:
        """Whether the set is too small to show an ordinary difference."""
        return self.smallest_difference is not None and self.smallest_difference > SMALL_DIFFERENCE


def build_report(
    run: StoredRun,
    texts: Mapping[str, Mapping[str, Any]],
    *,
    comparison: Comparison | None = None,
    gate: Gate | None = None,
) -> Report:
    """Work out all that a report says.

    Args:
        run: The run.
        texts: Its passages by chunk id; without them no passage is shown.
        comparison: Of the baseline with this run.
        gate: The rules beside the baseline.
    """
    scored = run.scored
    groups, latencies = score_groups(scored), score_latencies(scored)
    outcomes = count_outcomes(scored)
    headlines = make_headlines(scored, _pairs(comparison) if comparison else ())
    answerable = headlines[0].score.n
    failures = find_failures(run.records, texts)
    return Report(
        title=Path(str((run.manifest.get("gold") or {}).get("file") or "gold set")).name,
        questions=len(scored),
        scored=sum(one.count for one in outcomes),
        headlines=headlines,
        outcomes=outcomes,
        against=_against(comparison, gate) if comparison else None,
        answerable=answerable,
        smallest_difference=smallest_difference(answerable) if answerable else None,
        groups=groups,
        latencies=latencies,
        risk=risk_coverage_curve(scored),
        reliability=reliability_bins(scored),
        tags=shares_by_tag(scored),
        whole=tabulate_whole(groups, latencies),
        kinds=tabulate_kinds(groups),
        diagnoses=_count_diagnoses(failures),
        failures=failures,
        unscored=_unscored([one.judgement for one in scored]),
        unconfirmed=int(run.manifest.get("unconfirmed", 0)),
        facts=describe_manifest(run.manifest),
        settings=describe_settings(run.manifest),
    )


def _pairs(comparison: Comparison) -> list[tuple[Scored, Scored]]:
    """Pair the questions that both runs have with the same gold."""
    new = {record.id: record for record in comparison.new.records}
    found = [(old, new[old.id]) for old in comparison.baseline.records if old.id in new]
    return [(old.scored, newer.scored) for old, newer in found if old.gold_digest == newer.gold_digest]


def _against(comparison: Comparison, gate: Gate | None) -> AgainstBaseline:
    baseline, new = comparison.baseline.manifest, comparison.new.manifest
    return AgainstBaseline(
        comparison=comparison,
        verdicts=count_verdicts(
            [one for one in comparison.differences if one.group == "all" and one.metric in METRICS]
        ),
        tables=tabulate_comparison(comparison),
        mended=sum(flip.mended for flip in comparison.flips),
        broken=sum(flip.broken for flip in comparison.flips),
        changed=changed_settings(baseline, new),
        facts=describe_manifest(baseline),
        gate=gate,
        trips=check_gate(gate, comparison) if gate else (),
    )


def _count_diagnoses(failures: Sequence[Failure]) -> tuple[DiagnosisCount, ...]:
    counts = {one: sum(failure.diagnosis is one for failure in failures) for one in Diagnosis}
    return tuple(DiagnosisCount(diagnosis=one, words=DIAGNOSES[one], count=counts[one]) for one in Diagnosis)


def _unscored(judgements: Sequence[Judgement]) -> tuple[Unscored, ...]:
    reasons: dict[str, list[str]] = {}
    for judgement in judgements:
        if not judgement.outcome.scored:
            reason = judgement.not_scored or "answered, but the gold set names no accepted answer"
            reasons.setdefault(reason, []).append(judgement.question_id)
    return tuple(Unscored(reason=reason, ids=tuple(ids)) for reason, ids in reasons.items())
