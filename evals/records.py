"""One question of a run, written down so that comparisons and reports need nothing but the run's folder.

`records.jsonl`, `passages.jsonl` and `scores.json` are the same bytes for the same corpus, settings and gold set;
what differs from run to run is in `timings.jsonl` and `manifest.json`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import TypeAdapter

from assistant.types import Abstention, Answer, AnswerSentence, Citation, Passage
from evals.facts import Judgement, Scored, Timing
from evals.gold import GoldQuestion

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A question, what was answered and what came of it."""

    gold: Mapping[str, Any]
    """The question with what is known to be right, evidence with its spans."""
    judgement: Judgement
    answer: Mapping[str, Any] | None
    """None for a question that was not asked."""
    timing: Timing | None
    """None for a question that was not asked, and for one of which a passage was read in an earlier run."""

    @property
    def was_asked(self) -> bool:
        """Whether it was answered or searched for."""
        return self.answer is not None or self.judgement.retrieval_only

    @property
    def id(self) -> str:
        """The question's."""
        return self.judgement.question_id

    @property
    def scored(self) -> Scored:
        """What metrics read."""
        return Scored(judgement=self.judgement, timing=self.timing)

    @property
    def gold_digest(self) -> str:
        """A hash of the question and all that is known to be right: runs are compared only where it is the same.

        Tags are left out, and where a reader put the quotes: another one may put them elsewhere.
        """
        evidence = [{name: item[name] for name in ("document", "quote", "grade")} for item in self.gold["evidence"]]
        known = {**self.gold, "evidence": evidence, "tags": None}
        return hashlib.sha256(json.dumps(known, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A record with the text of the passages that it names."""

    record: Record
    passages: tuple[Mapping[str, Any], ...]


def make_record(
    question: GoldQuestion,
    judgement: Judgement,
    *,
    answer: Answer | None = None,
    ranking: Sequence[Passage] = (),
    timing: Timing | None = None,
) -> Asked:
    """Write down one question.

    Args:
        question: Of the gold set.
        judgement: What came of it.
        answer: None for a question that was not asked.
        ranking: What retrieval alone ranked for it.
        timing: None for a question that was not timed.
    """
    named = {passage.chunk.id: passage for passage in (*(answer.passages if answer else ()), *ranking)}
    record = Record(
        gold=_gold_json(question),
        judgement=judgement,
        answer=_answer_json(answer, ranking) if answer else None,
        timing=timing,
    )
    return Asked(record=record, passages=tuple(map(_text_json, named.values())))


def record_json(record: Record) -> Json:
    """Give a record its line in `records.jsonl`, without what differs from run to run."""
    judgement = record.judgement
    return {
        "id": record.id,
        "split": judgement.split,
        "kind": judgement.kind,
        "outcome": judgement.outcome.value,
        "diagnosis": judgement.diagnosis.value if judgement.diagnosis else None,
        "gold": dict(record.gold),
        "judgement": asdict(judgement),
        "answer": dict(record.answer) if record.answer else None,
    }


def timing_json(record: Record) -> Json:
    """Give a record its line in `timings.jsonl`."""
    return {"id": record.id, "timing": asdict(record.timing) if record.timing else None}


def read_record(row: Mapping[str, Any], timing: Mapping[str, Any] | None) -> Record:
    """Read a record back.

    Args:
        row: A line of `records.jsonl`.
        timing: What `timings.jsonl` has for it.

    Raises:
        pydantic.ValidationError, KeyError: If the row is not such a line.
    """
    return Record(
        gold=row["gold"],
        judgement=_JUDGEMENT.validate_python(row["judgement"]),
        answer=row["answer"],
        timing=_TIMING.validate_python(timing),
    )


_JUDGEMENT = TypeAdapter(Judgement)
_TIMING = TypeAdapter(Timing | None)


def _gold_json(question: GoldQuestion) -> Json:
    return {
        "question": question.question,
        "answerable": question.answerable,
        "answers": list(question.answers),
        "answer_parts": [list(group) for group in question.answer_parts] or None,
        "evidence": [
            {
                "document": item.document_id,
                "quote": item.quote,
                "grade": item.grade,
                "spans": [[span.start, span.end] for span in item.spans],
            }
            for item in question.evidence
        ],
        "history": [asdict(turn) for turn in question.history],
        "tags": list(question.tags),
    }


def _answer_json(answer: Answer, ranking: Sequence[Passage]) -> Json:
    return {
        "query": answer.query,
        "method": answer.method.value,
        "text": answer.text,
        "short_answer": answer.short_answer,
        "abstention": _abstention_json(answer.abstention) if answer.abstention else None,
        "evidence_score": answer.evidence_score,
        "confidence": answer.confidence,
        "notices": list(answer.notices),
        "sentences": [_sentence_json(sentence) for sentence in answer.sentences],
        "citations": [_citation_json(citation) for citation in answer.citations],
        "passages": list(_passages_json(answer.passages)),
        "ranking": [{"chunk": passage.chunk.id, "document": passage.document_id} for passage in ranking],
        "fingerprint": asdict(answer.fingerprint),
    }


def _abstention_json(abstention: Abstention) -> Json:
    return {"reason": abstention.reason, "missing_terms": list(abstention.missing_terms)}


def _sentence_json(sentence: AnswerSentence) -> Json:
    return {"text": sentence.text, "citations": list(sentence.citations), "support": sentence.support.value}


def _citation_json(citation: Citation) -> Json:
    return {
        "marker": citation.marker,
        "document": citation.document_id,
        "digest": citation.digest,
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
    }


def _passages_json(passages: Iterable[Passage]) -> Iterable[Json]:
    for passage in passages:
        yield {
            "rank": passage.rank,
            "score": passage.score,
            "chunk": passage.chunk.id,
            "document": passage.document_id,
            "start": passage.chunk.start,
            "end": passage.chunk.end,
            "signals": asdict(passage.signals),
        }


def _text_json(passage: Passage) -> Json:
    return {
        "chunk": passage.chunk.id,
        "title": passage.title,
        "section": list(passage.chunk.section),
        "page": passage.chunk.page,
        "text": passage.chunk.text,
    }
