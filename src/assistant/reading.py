"""What the reader makes of the passages of a question, and how that ranks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.catalog import Catalog, StoredSentence
from assistant.reader import Reader, Reading, SentenceReading, Text
from assistant.types import Passage, Span

RANK_WEIGHTS: Mapping[str, float] = {"fused": 1.0, "relevant": 0.1}
"""How much the fused score of retrieval, in 0..1, and the reader's logit say about a passage's rank."""
_DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageReading:
    """A passage's reading, its sentences by where they stand in the document."""

    answers: float
    relevant: float
    sentences: Mapping[int, SentenceReading]
    """By the position of the first character; their spans are within the document."""
    worst: SentenceReading
    """Stands for a sentence beyond the reader's window."""

    def answer(self, stored: StoredSentence) -> Span | None:
        """Find the words of a sentence that answer best, within the document; None beyond the reader's window."""
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
    reader: Reader, question: str, passages: Sequence[Passage], *, catalog: Catalog
) -> dict[str, PassageReading]:
    """Read passages for a question.

    Args:
        reader: Reads them.
        question: What is asked.
        passages: What was retrieved.
        catalog: Where their sentences are, within one snapshot.

    Returns:
        By chunk id.
    """
    places = [_sentences(passage, catalog) for passage in passages]
    texts = [_text(passage, spans) for passage, spans in zip(passages, places, strict=True)]
    readings = reader.read(question, texts)
    return {
        passage.chunk.id: _by_place(spans, reading, move=_move(passage))
        for passage, spans, reading in zip(passages, places, readings, strict=True)
    }


def rank_read(passages: Sequence[Passage], readings: Mapping[str, PassageReading]) -> tuple[Passage, ...]:
    """Rank passages by retrieval and reading together, ranks from 1."""
    scored = [
        replace(passage, signals=replace(passage.signals, rerank=round(readings[passage.chunk.id].relevant, _DECIMALS)))
        for passage in passages
    ]
    scored.sort(key=lambda passage: (-_rank_score(passage), passage.rank))
    return tuple(replace(passage, rank=rank) for rank, passage in enumerate(scored, start=1))


def _rank_score(passage: Passage) -> float:
    relevant = passage.signals.rerank or 0.0
    return RANK_WEIGHTS["fused"] * passage.score + RANK_WEIGHTS["relevant"] * relevant


def _sentences(passage: Passage, catalog: Catalog) -> list[Span]:
    """Locate a passage's sentences within its document, those that reach over its ends cut there."""
    chunk = passage.chunk
    found = catalog.sentences(chunk.digest, within=Span(start=chunk.start, end=chunk.end))
    return [Span(start=stored.sentence.start, end=stored.sentence.end) for stored in found]


def _text(passage: Passage, spans: Sequence[Span]) -> Text:
    chunk = passage.chunk
    move, low, high = _move(passage), chunk.start, chunk.end
    within = (_moved(Span(start=max(low, span.start), end=min(high, span.end)), move) for span in spans)
    return Text(text=chunk.embedded_text, sentences=tuple(within))


def _moved(span: Span, by: int) -> Span:
    return Span(start=span.start + by, end=span.end + by)


def _move(passage: Passage) -> int:
    """Tell how far a character of the document is moved in the text that the reader is shown."""
    chunk = passage.chunk
    return len(chunk.embedded_text) - len(chunk.text) - chunk.start


def _by_place(spans: Sequence[Span], reading: Reading, *, move: int) -> PassageReading:
    known = {
        span.start: replace(sentence, span=sentence.span and _moved(sentence.span, -move))
        for span, sentence in zip(spans, reading.sentences, strict=True)
        if sentence is not None
    }
    lowest = SentenceReading(
        score=min((sentence.score for sentence in known.values()), default=0.0),
        span_score=min((sentence.span_score for sentence in known.values()), default=0.0),
        span=None,
    )
    return PassageReading(answers=reading.answers, relevant=reading.relevant, sentences=known, worst=lowest)
