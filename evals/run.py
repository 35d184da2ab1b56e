"""Asks the questions of a gold set, judges the answers and writes one record a question.

`records.jsonl` and `scores.json` are the same bytes for the same corpus, settings and gold set; what differs from
run to run is in `timings.jsonl` and `manifest.json`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from assistant.types import Answer, Citation, Passage
from evals.gold import Documents, GoldQuestion
from evals.judging import Judgement, judge, not_scored
from evals.metrics import GroupScores, Score, score_groups, score_latencies

WARM_UP_QUESTIONS = 3
SCHEMA = 1


class Asker(Protocol):
    """What answers questions. The assistant is one."""

    def ask(self, question: str) -> Answer:
        """Answer a question."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedQuestion:
    """A question, what was answered and what came of it."""

    question: GoldQuestion
    judgement: Judgement
    answer: Answer | None
    """None for a question that is not scored."""
    latency_ms: float | None
    """Wall time of the question; None for a question that is not scored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """All questions of a gold set with their scores."""

    asked: tuple[AskedQuestion, ...]
    groups: tuple[GroupScores, ...]
    latencies: tuple[Score, ...]


def run_questions(
    questions: Sequence[GoldQuestion],
    *,
    asker: Asker,
    documents: Documents,
    progress: Callable[[int, int], None],
    clock: Callable[[], float] = time.perf_counter,
) -> Run:
    """Ask every question without a history, after a warm-up, and score the answers.

    Args:
        questions: Of a gold set, in its order.
        asker: The assistant under test.
        documents: The same corpus, where citations are read again.
        progress: Called with how many are done and how many there are.
        clock: Seconds from any moment on.

    Returns:
        The run; questions with a history are in it, not scored.
    """
    for question in [question for question in questions if not question.history][:WARM_UP_QUESTIONS]:
        asker.ask(question.question)
    asked = []
    progress(0, len(questions))
    for done, question in enumerate(questions, start=1):
        asked.append(_ask(question, asker=asker, documents=documents, clock=clock))
        progress(done, len(questions))
    latencies = [item.latency_ms for item in asked if item.latency_ms is not None]
    return Run(
        asked=tuple(asked),
        groups=score_groups([item.judgement for item in asked]),
        latencies=score_latencies(latencies),
    )


def _ask(question: GoldQuestion, *, asker: Asker, documents: Documents, clock: Callable[[], float]) -> AskedQuestion:
    if question.history:
        return AskedQuestion(question=question, judgement=not_scored(question), answer=None, latency_ms=None)
    started = clock()
    answer = asker.ask(question.question)
    latency_ms = (clock() - started) * 1000
    judgement = judge(question, answer, documents=documents)
    return AskedQuestion(question=question, judgement=judgement, answer=answer, latency_ms=latency_ms)


def outcome(judgement: Judgement) -> str:
    """Say in a word or two what came of a question."""
    if not judgement.scored:
        return "not scored"
    if judgement.abstained:
        return "wrongly abstained" if judgement.answerable else "rightly abstained"
    if not judgement.answerable:
        return "wrongly answered"
    return "right" if judgement.right else "wrong"


def record_json(asked: AskedQuestion) -> dict[str, Any]:
    """Write down one question, without what differs from run to run.

    Args:
        asked: A question of a run.

    Returns:
        A record that JSON can hold.
    """
    question, answer = asked.question, asked.answer
    record = {
        "id": question.id,
        "split": question.split,
        "kind": question.kind,
        "question": question.question,
        "outcome": outcome(asked.judgement),
        "judgement": asdict(asked.judgement),
        "answer": None,
    }
    if answer is not None:
        record["answer"] = {
            "query": answer.query,
            "method": answer.method.value,
            "text": answer.text,
            "abstention": asdict(answer.abstention) if answer.abstention else None,
            "evidence_score": answer.evidence_score,
            "confidence": answer.confidence,
            "notices": list(answer.notices),
            "citations": [_citation_json(citation) for citation in answer.citations],
            "passages": [_passage_json(passage) for passage in answer.passages],
            "fingerprint": asdict(answer.fingerprint),
        }
    return record


def _citation_json(citation: Citation) -> dict[str, Any]:
    return {
        "marker": citation.marker,
        "document": citation.document_id,
        "digest": citation.digest,
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
    }


def _passage_json(passage: Passage) -> dict[str, Any]:
    return {
        "rank": passage.rank,
        "score": passage.score,
        "document": passage.document_id,
        "digest": passage.chunk.digest,
        "start": passage.chunk.start,
        "end": passage.chunk.end,
        "signals": asdict(passage.signals),
    }


def _timing_json(asked: AskedQuestion) -> dict[str, Any]:
    stages = asdict(asked.answer.timings) if asked.answer else None
    return {"id": asked.question.id, "latency_ms": asked.latency_ms, "stages_ms": stages}


def score_json(score: Score) -> dict[str, Any]:
    """Write down a score."""
    interval = [score.interval.low, score.interval.high] if score.interval else None
    return {
        "name": score.name,
        "value": score.value,
        "interval95": interval,
        "n": score.n,
        "unit": score.unit.value,
    }


def groups_json(groups: Sequence[GroupScores]) -> list[dict[str, Any]]:
    """Write down the scores of every group."""
    return [
        {
            "group": group.group,
            "questions": group.questions,
            "not_scored": group.not_scored,
            "scores": [score_json(score) for score in group.scores],
        }
        for group in groups
    ]


def write_run(run: Run, folder: Path, *, manifest: Mapping[str, Any]) -> None:
    """Write a run's records, scores, timings and manifest.

    Args:
        run: What to write.
        folder: Made if it is not there; files of an earlier run in it are replaced.
        manifest: What was run, with what and where.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / "records.jsonl", _lines(map(record_json, run.asked)))
    _replace(folder / "timings.jsonl", _lines(map(_timing_json, run.asked)))
    _replace(folder / "scores.json", _pretty({"schema": SCHEMA, "groups": groups_json(run.groups)}))
    latencies = [score_json(score) for score in run.latencies]
    _replace(folder / "manifest.json", _pretty({**manifest, "latencies": latencies}))


def _lines(records: Any) -> str:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _replace(path: Path, text: str) -> None:
    """Write beside the file and swap, so that a crash leaves the old one or the new one."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
