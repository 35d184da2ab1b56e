"""From a prepared benchmark to a finished run: ranks, asks as far as there is gold, scores, writes."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assistant.catalog import Catalog
from evals.benchmarks.store import PreparedBenchmark, answers_are_known
from evals.benchmarks.types import Benchmark
from evals.facts import Judgement, Timing
from evals.folder import FileJournal
from evals.gold import Documents, GoldQuestion
from evals.judging import judge_ranking, not_scored
from evals.manifest import RunInputs, hash_documents, load_average
from evals.readings import open_remembering
from evals.records import Asked, make_record
from evals.run import RANKING_DEPTH, Asker, NoJournal, Progress, QuestionTimer, measure_all, measure_answer
from evals.session import FinishedRun, finish_run

DEPTH = 100
"""Passages that are ranked for each question; documents are ranked by their best one."""
NO_GOLD = "nothing is known of it that could be measured"


def run_benchmark(
    prepared: PreparedBenchmark, *, retrieval_only: bool, out: Path | None, progress: Progress, timed: bool = False
) -> FinishedRun:
    """Measure the assistant on a benchmark.

    Args:
        prepared: Its documents indexed.
        retrieval_only: Whether answers are left out even where the set has gold for them.
        out: Where to write the run; an interrupted one in it goes on. None to write nothing.
        progress: Told after every question.
        timed: Whether every passage is read anew, so that every question is timed.

    Returns:
        The run: rankings of all questions with evidence, answers and abstentions as far as the set has gold for them.
    """
    started, load_before = datetime.now(UTC), load_average()
    settings, answering = prepared.settings, not retrieval_only and answers_are_known(prepared.questions)
    with (
        open_remembering(settings, timed=timed) as (assistant, timer),
        Catalog.open(settings.data_dir) as catalog,
    ):
        inputs = RunInputs(
            gold=describe_benchmark(prepared.benchmark) | {"answers": answering},
            settings=settings,
            fingerprint=assistant.fingerprint(),
            documents=hash_documents(catalog.documents()),
            depth=DEPTH,
        )
        run = measure_all(
            prepared.questions,
            measure=_Measuring(assistant, catalog, timer=timer, answering=answering).measure,
            journal=FileJournal(out, key=inputs.key()) if out else NoJournal(),
            progress=progress,
        )
    return finish_run(run, inputs, out=out, started=started, load_before=load_before)


def describe_benchmark(benchmark: Benchmark) -> dict[str, Any]:
    """Name a benchmark with its hash and its sample."""
    return {
        "benchmark": benchmark.name,
        "file": str(benchmark.path),
        "form": benchmark.form.value,
        "sha256": benchmark.digest,
        "sample": asdict(benchmark.sample) if benchmark.sample else None,
        "notices": list(benchmark.notices),
    }


class _Measuring:
    """Measures one question as far as there is gold for it."""

    def __init__(self, asker: Asker, documents: Documents, *, timer: QuestionTimer, answering: bool) -> None:
        self._asker, self._documents, self._timer, self._answering = asker, documents, timer, answering

    def measure(self, question: GoldQuestion) -> Asked:
        """Rank, and ask where an answer can be judged. Only the first ranks are written down."""
        if self._answering and (question.answers or not question.answerable):
            return measure_answer(
                question, asker=self._asker, documents=self._documents, depth=DEPTH, timer=self._timer
            )
        if question.evidence:
            return self._rank(question)
        return make_record(question, not_scored(question, why=NO_GOLD))

    def _rank(self, question: GoldQuestion) -> Asked:
        ranking, milliseconds = self._timer.time(lambda: self._asker.search(question.question, top_k=DEPTH))
        judgement = Judgement(
            question_id=question.id,
            split=question.split,
            tags=question.tags,
            answerable=question.answerable,
            retrieval_only=True,
            quotes=len(question.evidence),
            retrieval=judge_ranking(question.evidence, ranking, documents=self._documents),
        )
        return make_record(
            question,
            judgement,
            ranking=ranking[:RANKING_DEPTH],
            timing=None if milliseconds is None else Timing(total=milliseconds, stages={"retrieval": milliseconds}),
        )
