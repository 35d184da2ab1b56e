"""Why these passages and these sentences, as tables that a person understands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

from assistant.places import Place
from assistant.types import AnswerSentence, Passage

_NOTHING = "–"


@dataclass(frozen=True, slots=True)
class SignalColumn:
    """One signal as a column."""

    name: str
    """As an attribute of the signals and in JSON."""
    heading: str
    meaning: str
    """With its range."""


PASSAGE_COLUMNS = (
    SignalColumn("dense", "meaning", "how near the passage is to the question in meaning, −1 to 1"),
    SignalColumn("sentence", "sentence", "the same for its nearest sentence"),
    SignalColumn("lexical", "words", "matches of the question's words (BM25), rare ones counting more, from 0 on"),
    SignalColumn("pairs", "pairs", "neighbouring words of the question that stand side by side, from 0 on"),
    SignalColumn("coverage", "held", "share of the question's words that it holds, 0 to 1"),
    SignalColumn("fused", "sum", "all of these, weighted"),
    SignalColumn("bridge", "named", "of what the best passage names: meaning, title and missing words, weighted"),
    SignalColumn("rerank", "reread", "what the reader or the cross-encoder makes of question and passage together"),
)
SENTENCE_COLUMNS = (
    SignalColumn("cosine", "meaning", "how near it is to the question in meaning, −1 to 1"),
    SignalColumn("coverage", "held", "share of the question's words that it holds, 0 to 1"),
    SignalColumn("reader", "read", "what the reader makes of question and sentence together"),
    SignalColumn("answer_type", "kind", "whether it names the kind of thing that is asked for, such as a date"),
)
_SCORE = "score: the sum, stretched from 0 (the worst that was compared) to 1 (the best)"
_PLAIN_SCORE = "score: meaning and words, each stretched from 0 to 1, weighted"
_IN_TURN = "ranks: of the whole question and of each thing it names in turn; figures compare within each"
_PLACE = "document, page, section"
_SENTENCE_SCORE = "score: all evidence, weighted; comparable within this answer alone"
_NOT_WEIGHED = f"{_NOTHING}: taken along with another sentence, or for one side of the question alone"
_KINDS = {1.0: "yes", -1.0: "no", 0.0: "unclear"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A table as plain text: what comes from documents in it is neither escaped nor shortened."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """As many cells each as there are headings."""
    legend: str
    """One line that says what the headings mean."""


def explain_passages(passages: Sequence[Passage]) -> Explanation:
    """Explain the order of passages.

    Args:
        passages: Of one ranking, in its order.

    Returns:
        A row for each, with a column for each signal that any of them has.
    """
    signals = [asdict(passage.signals) for passage in passages]
    plain = all(one["sentence"] is None and one["coverage"] is None for one in signals)
    columns = [one for one in PASSAGE_COLUMNS if any(held[one.name] is not None for held in signals)]
    columns = [one for one in columns if not (plain and one.name == "fused")]  # it is the score itself
    reread = any(held["rerank"] is not None for held in signals)
    in_turn = not reread and any(first.score < second.score for first, second in pairwise(passages))
    return Explanation(
        headings=("rank", "score", *(one.heading for one in columns), _PLACE),
        rows=tuple(
            (
                str(passage.rank),
                _figure(passage.score),
                *(_figure(held[one.name]) for one in columns),
                _where(passage),
            )
            for passage, held in zip(passages, signals, strict=True)
        ),
        legend=_legend(_PLAIN_SCORE if plain else _SCORE, columns, *([_IN_TURN] if in_turn else [])),
    )


def explain_sentences(sentences: Sequence[AnswerSentence]) -> Explanation:
    """Explain the choice of an answer's sentences.

    Args:
        sentences: Of one answer, in its order.

    Returns:
        A row for each; one without signals has dashes.
    """
    return Explanation(
        headings=("sentence", "score", *(one.heading for one in SENTENCE_COLUMNS), "passage", "text"),
        rows=tuple(_sentence_row(sentence) for sentence in sentences),
        legend=_legend(
            _SENTENCE_SCORE,
            SENTENCE_COLUMNS,
            *([_NOT_WEIGHED] if any(sentence.signals is None for sentence in sentences) else []),
        ),
    )


def _sentence_row(sentence: AnswerSentence) -> tuple[str, ...]:
    markers, signals = "".join(f"[{marker}]" for marker in sentence.citations), sentence.signals
    if signals is None:
        return markers, *[_NOTHING] * (len(SENTENCE_COLUMNS) + 2), sentence.text
    figures = (_figure(signals.score), _figure(signals.cosine), _figure(signals.coverage), _figure(signals.reader))
    return markers, *figures, _KINDS[signals.answer_type], str(signals.passage_rank), sentence.text


def _legend(score: str, columns: Sequence[SignalColumn], *further: str) -> str:
    return " · ".join((score, *(f"{one.heading}: {one.meaning}" for one in columns), *further))


def _figure(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:.3f}"


def _where(passage: Passage) -> str:
    """Say document, page and section; the span where neither page nor section is known."""
    parts = Place.of(passage).parts or (f"characters {passage.chunk.start}–{passage.chunk.end}",)
    return " · ".join((passage.document_id, *parts))
