"""The failed questions, each with what is needed to see why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.places import SECTION_SEPARATOR
from evals.facts import Diagnosis
from evals.gold import locate_quote
from evals.records import Record
from evals.report.marking import Piece, cut_pieces

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldQuote:
    """One piece of gold evidence and where retrieval has it."""

    document: str
    quote: str | None
    """None where the whole document is the evidence."""
    rank: int | None
    """In the ranking of retrieval alone, from 1; None where it is not in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPassage:
    """A passage that was read for the answer."""

    rank: int
    score: float
    document: str
    title: str
    section: str | None
    page: int | None
    signals: tuple[tuple[str, float], ...]
    pieces: tuple[Piece, ...]
    """Empty where the run was stored without its texts."""

    @property
    def holds_gold(self) -> bool:
        """Whether any of the gold evidence is in it."""
        return any(piece.gold for piece in self.pieces)


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedQuote:
    """A citation of the answer that was given."""

    marker: int
    document: str
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One failed question."""

    id: str
    question: str
    split: str
    tags: tuple[str, ...]
    diagnosis: Diagnosis
    expected: tuple[tuple[str, ...], ...]
    """One of each group is needed; empty where the documents hold no answer."""
    answer: str | None
    """None for an abstention."""
    sentences: tuple[tuple[str, tuple[int, ...]], ...]
    """Of the answer, with the markers of their citations."""
    reason: str | None
    """Of an abstention."""
    citations: tuple[CitedQuote, ...]
    signal: float | None
    confidence: float | None
    gold: tuple[GoldQuote, ...]
    ranked: int
    """Passages that retrieval alone ranked, among which the gold was looked for; 0 where none were."""
    passages: tuple[ReadPassage, ...]


def find_failures(records: Iterable[Record], texts: Mapping[str, Json]) -> tuple[Failure, ...]:
    """Collect the failed questions.

    Args:
        records: Of a run.
        texts: Its passages by chunk id, as `evals.folder.load_passages` reads them.

    Returns:
        By diagnosis in the order of the way from question to answer, then in the run's order.
    """
    order = list(Diagnosis)
    failed = [(record, record.judgement.diagnosis) for record in records]
    found = [_failure(record, diagnosis, texts) for record, diagnosis in failed if diagnosis is not None]
    return tuple(sorted(found, key=lambda failure: order.index(failure.diagnosis)))


def _failure(record: Record, diagnosis: Diagnosis, texts: Mapping[str, Json]) -> Failure:
    gold, judgement = record.gold, record.judgement
    answer = record.answer or {}
    parts = gold["answer_parts"] or ([gold["answers"]] if gold["answers"] else [])
    abstention = answer.get("abstention") or {}
    return Failure(
        id=record.id,
        question=gold["question"],
        split=judgement.split,
        tags=judgement.tags,
        diagnosis=diagnosis,
        expected=tuple(map(tuple, parts)),
        answer=None if judgement.abstained else answer.get("text"),
        sentences=tuple((one["text"], tuple(one["citations"])) for one in answer.get("sentences", ())),
        reason=abstention.get("reason"),
        citations=tuple(
            CitedQuote(marker=one["marker"], document=one["document"], quote=one["quote"])
            for one in answer.get("citations", ())
        ),
        signal=judgement.signal,
        confidence=judgement.confidence,
        gold=tuple(_gold_quotes(record)),
        ranked=judgement.retrieval.ranked if judgement.retrieval else 0,
        passages=tuple(_read_passage(passage, record, texts) for passage in answer.get("passages", ())),
    )


def _gold_quotes(record: Record) -> Iterable[GoldQuote]:
    evidence = record.gold["evidence"] if record.judgement.answerable else ()
    items = record.judgement.retrieval.items if record.judgement.retrieval else ()
    for number, item in enumerate(evidence):
        rank = items[number].rank if number < len(items) else None
        yield GoldQuote(document=item["document"], quote=item["quote"], rank=rank)


def _read_passage(passage: Json, record: Record, texts: Mapping[str, Json]) -> ReadPassage:
    held = texts.get(passage["chunk"], {})
    text, title = held.get("text", ""), held.get("title") or passage["document"]
    section = [heading for level, heading in enumerate(held.get("section", ())) if level or heading != title]
    citations = (record.answer or {}).get("citations", ())
    cited = [one for one in citations if one["document"] == passage["document"]]
    signals = [(name, value) for name, value in passage["signals"].items() if value is not None]
    return ReadPassage(
        rank=passage["rank"],
        score=passage["score"],
        document=passage["document"],
        title=title,
        section=SECTION_SEPARATOR.join(section) or None,
        page=held.get("page"),
        signals=tuple(signals),
        pieces=cut_pieces(
            text,
            gold=_gold_spans(passage, record.gold["evidence"], text),
            cited=[(one["start"] - passage["start"], one["end"] - passage["start"]) for one in cited],
        ),
    )


def _gold_spans(passage: Json, evidence: Sequence[Json], text: str) -> Iterable[tuple[int, int]]:
    """Give the gold evidence in a passage; in another copy of the document it is found by its words."""
    for item in evidence:
        if item["document"] == passage["document"]:
            spans = item["spans"] if item["quote"] is not None else [[passage["start"], passage["end"]]]
            yield from ((start - passage["start"], end - passage["start"]) for start, end in spans)
        elif item["quote"] is not None:
            yield from ((span.start, span.end) for span in locate_quote(item["quote"], text))
