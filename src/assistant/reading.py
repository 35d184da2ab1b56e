"""What the reader makes of the passages of a question, and how that ranks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assistant.catalog import Catalog, StoredSentence
from assistant.reader import Reader, Reading, SentenceReading, Text
from assistant.types import Passage, Span

RANK_WEIGHTS: Mapping[str, float] = {"fused": 1.0, "relevant": 0.08}
"""How much the fused score of retrieval, in 0..1, and the reader's logit say about a passage's rank."""
FARTHEST = 4.0
"""Logits that a passage counts as behind the best one at most: what a question of two documents needs first does not
hold its answer, and is no less needed (docs/decisions/021)."""
READ_CHARACTERS = 400
"""Of a passage; more is read only of a longer sentence."""
_DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageReading:
    """A passage's reading, its sentences by where they stand in the document."""

    answers: float
    relevant: float
    sentences: Mapping[int, SentenceReading]
    """By the position of the first character in the document."""
    worst: SentenceReading
    """Stands for a sentence beyond the reader's window."""

    def answer(self, stored: StoredSentence) -> Span | None:
        """Give a sentence's words that the reader takes for the answer, within the document."""
        return self.sentences.get(stored.sentence.start, self.worst).span

    def signals(self, stored: StoredSentence) -> dict[str, float]:
        """Give the signals of a sentence, named as in `EvidenceSignals`."""
        found = self.sentences.get(stored.sentence.start, self.worst)
        return {
            "reader_sentence": found.score,
            "reader_span": found.span_score,
            "reader_answers": self.answers,
            "reader_relevant": self.relevant,
        }


def read_passages(
    reader: Reader, question: str, passages: Sequence[Passage], *, vector: NDArray[np.float32], catalog: Catalog
) -> dict[str, PassageReading]:
    """Read of each passage its sentence most like the question with its surroundings.

    Args:
        reader: Reads them.
        question: What is asked.
        passages: What was retrieved.
        vector: Of the question, shape (dimension,), unit length.
        catalog: Where their sentences are, within one snapshot.

    Returns:
        By chunk id.
    """
    excerpts = [_Excerpt.of(passage, vector=vector, catalog=catalog) for passage in passages]
    readings = reader.read(question, [excerpt.text for excerpt in excerpts])
    return {
        passage.chunk.id: excerpt.locate(reading)
        for passage, excerpt, reading in zip(passages, excerpts, readings, strict=True)
    }


def rank_read(passages: Sequence[Passage], readings: Mapping[str, PassageReading]) -> tuple[Passage, ...]:
    """Rank passages by retrieval and reading together, ranks from 1."""
    best = max((readings[passage.chunk.id].relevant for passage in passages), default=0.0)

    def worth(passage: Passage) -> float:
        behind = min(best - readings[passage.chunk.id].relevant, FARTHEST)
        return RANK_WEIGHTS["fused"] * passage.score - RANK_WEIGHTS["relevant"] * behind

    scored = sorted(mark_read(passages, readings), key=lambda passage: (-worth(passage), passage.rank))
    return tuple(replace(passage, rank=rank) for rank, passage in enumerate(scored, start=1))


def mark_read(passages: Sequence[Passage], readings: Mapping[str, PassageReading]) -> tuple[Passage, ...]:
    """Write among the signals of passages what the reader made of them; their order stays."""
    return tuple(
        replace(passage, signals=replace(passage.signals, rerank=round(readings[passage.chunk.id].relevant, _DECIMALS)))
        for passage in passages
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Excerpt:
    """What is read of a passage."""

    text: Text
    starts: tuple[int, ...]
    """Where its sentences begin in the document."""
    move: int
    """How far a character of the document is moved in the text."""

    @classmethod
    def of(cls, passage: Passage, *, vector: NDArray[np.float32], catalog: Catalog) -> _Excerpt:
        chunk = passage.chunk
        found = catalog.sentences(chunk.digest, within=Span(start=chunk.start, end=chunk.end))
        spans = [
            Span(start=max(chunk.start, stored.sentence.start), end=min(chunk.end, stored.sentence.end))
            for stored in found
        ]
        cosines = [-1.0 if stored.vector is None else float(stored.vector @ vector) for stored in found]
        first, last = _window(spans, cosines)
        head = f"{chunk.context}\n" if chunk.context else ""
        start, end = (spans[first].start, spans[last].end) if spans else (chunk.start, chunk.end)
        move = len(head) - start
        within = tuple(_moved(span, move) for span in spans[first : last + 1])
        text = head + chunk.text[start - chunk.start : end - chunk.start]
        return cls(
            text=Text(text=text, sentences=within),
            starts=tuple(stored.sentence.start for stored in found[first : last + 1]),
            move=move,
        )

    def locate(self, reading: Reading) -> PassageReading:
        """Put a reading of the text back into the document."""
        known = {
            start: replace(sentence, span=sentence.span and _moved(sentence.span, -self.move))
            for start, sentence in zip(self.starts, reading.sentences, strict=True)
            if sentence is not None
        }
        lowest = SentenceReading(
            score=min((sentence.score for sentence in known.values()), default=0.0),
            span_score=min((sentence.span_score for sentence in known.values()), default=0.0),
            span=None,
        )
        return PassageReading(answers=reading.answers, relevant=reading.relevant, sentences=known, worst=lowest)


def _moved(span: Span, by: int) -> Span:
    return Span(start=span.start + by, end=span.end + by)


def _window(spans: Sequence[Span], cosines: Sequence[float]) -> tuple[int, int]:
    """Find the sentences around the one most like the question, first and last, that `READ_CHARACTERS` hold."""
    if not spans:
        return 0, -1
    first = last = max(range(len(spans)), key=lambda index: (cosines[index], -index))
    while True:
        sides = [index for index in (last + 1, first - 1) if 0 <= index < len(spans)]
        sides.sort(key=lambda index: -cosines[index])
        for index in sides:
            low, high = min(first, index), max(last, index)
            if spans[high].end - spans[low].start <= READ_CHARACTERS:
                first, last = low, high
                break
        else:
            return first, last
