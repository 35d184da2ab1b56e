"""A benchmark's run as tables for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evals.benchmarks.anchors import Beside
from evals.benchmarks.store import PreparedBenchmark
from evals.facts import Judgement
from evals.metrics import Stage
from evals.scoring import Score
from evals.session import FinishedRun
from evals.tables import Table, format_bare, format_score, format_value

DOCUMENT_METRICS = ("nDCG@10", "recall@5 per question", "recall@10 per question", "MRR@10")
SPAN_METRICS = ("recall@5 of quotes", "recall@10 of quotes", "token recall@5", "token precision@5", "token IoU@5")
ANSWER_METRICS = (
    "answered right",
    "right of those answered",
    "exact match, abstentions counted",
    "token F1, abstentions counted",
    "citations valid",
    "wrongly abstained",
)
LATENCY_METRICS = ("latency p50", "latency p95")


def headline_scores(finished: FinishedRun) -> tuple[Score, ...]:
    """Choose the scores that mean something for a benchmark's kind of gold.

    Returns:
        Of all questions, those with a value: rankings of documents or of spans, all-evidence@5 where questions have
        several pieces of evidence, answers and abstentions where they were asked for, wall times.
    """
    judged = [record.judgement for record in finished.run.records if record.judgement.not_scored is None]
    rankings = [one.retrieval for one in judged if one.retrieval]
    names = [*DOCUMENT_METRICS]
    names += ["all evidence@5"] if any(len(one.items) > 1 for one in rankings) else []
    names += SPAN_METRICS if any(one.evidence_tokens for one in rankings) else ()
    names += ANSWER_METRICS
    known = {score.name: score for score in (*finished.groups[0].scores, *finished.latencies)}
    if _has_unanswerable(judged):
        names += [score.name for score in known.values() if score.stage is Stage.ABSTENTION and score.name not in names]
    names += LATENCY_METRICS
    return tuple(known[name] for name in names if known[name].value is not None)


def _has_unanswerable(judged: Sequence[Judgement]) -> bool:
    return any(not one.answerable and not one.retrieval_only for one in judged)


def tabulate_benchmark(
    prepared: PreparedBenchmark, finished: FinishedRun, beside: Sequence[Beside]
) -> tuple[Table, ...]:
    """Lay a benchmark's run out, with the anchors of its set."""
    rows = tuple((score.name, format_score(score)) for score in headline_scores(finished))
    scores = Table(title=_title(prepared), header=("metric (95 % interval)", "all"), rows=rows)
    if not beside:
        return (scores,)
    lines = tuple(
        (
            one.anchor.metric,
            one.anchor.system,
            format_value(one.anchor.value, one.score.unit),
            f"{'+' if one.difference >= 0 else ''}{format_bare(one.difference, one.score.unit)}",
            one.standing.value,
        )
        for one in beside
    )
    header = ("metric", "beside", "its value", "this run − it", "this run is")
    return scores, Table(title=f"{prepared.benchmark.name} beside others", header=header, rows=lines)


def _title(prepared: PreparedBenchmark) -> str:
    benchmark = prepared.benchmark
    sample = benchmark.sample
    questions = f"{len(benchmark.questions):,} questions"
    drawn = f"{questions} drawn from {sample.of:,} with seed {sample.seed}" if sample else f"all {questions}"
    return f"{benchmark.name} ({benchmark.form.value}): {drawn}, {len(benchmark.documents):,} documents"


def benchmark_json(prepared: PreparedBenchmark, finished: FinishedRun, beside: Sequence[Beside]) -> dict[str, Any]:
    """Write a benchmark's run down for programs."""
    report = prepared.report
    return {
        "set": prepared.benchmark.name,
        "documents": len(prepared.benchmark.documents),
        "ingest": {
            "added": len(report.added),
            "unchanged": len(report.unchanged),
            "problems": len(report.problems),
            "chunks": report.chunks,
            "seconds": round(report.seconds, 3),
        },
        "beside": [
            {
                "metric": one.anchor.metric,
                "system": one.anchor.system,
                "value": one.anchor.value,
                "source": one.anchor.source,
                "difference": one.difference,
                "standing": one.standing.value,
            }
            for one in beside
        ],
        **{key: value for key, value in finished.to_json().items() if key != "schema"},
    }
