"""Which sentences of the passages answer the question."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.catalog import Catalog, StoredSentence
from assistant.evidence_signals import READ_WEIGHTS, WEIGHTS, EvidenceSignals
from assistant.nearness import Nearness, QuestionVectors
from assistant.numbered import is_about_a_rival
from assistant.questions import Question, holds_type
from assistant.reading import PassageReading
from assistant.signals import SentenceSignals
from assistant.terms import stems
from assistant.types import BlockKind, Passage, Span

VERSION = "4"
"""Raised whenever the signals or their weights change: part of an answer's fingerprint."""
SHORTEST_SENTENCE = 12
"""Characters; what is shorter says nothing by itself."""
SCORE_DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class TermWeights:
    """How much each of a question's terms says, by its rarity in the corpus."""

    weights: Mapping[str, float]
    absent: frozenset[str]
    """Stems that no chunk holds."""

    @classmethod
    def from_frequencies(cls, frequencies: Mapping[str, int], *, chunks: int) -> TermWeights:
        """Weigh terms by BM25's inverse document frequency.

        Args:
            frequencies: How many chunks hold each stem of the question; 0 for none.
            chunks: How many chunks there are.
        """
        return cls(
            weights={
                stem: math.log(1 + (chunks - count + 0.5) / (count + 0.5)) if count <= chunks else 0.0
                for stem, count in frequencies.items()
            },
            absent=frozenset(stem for stem, count in frequencies.items() if not count),
        )

    def share(self, found: frozenset[str]) -> float:
        """Tell how much of the question's weight some stems hold, in 0..1; 0 for a question without terms."""
        total = sum(self.weights.values())
        return sum(weight for stem, weight in self.weights.items() if stem in found) / total if total else 0.0

    def root(self, stems: Iterable[str]) -> float:
        """Give the square root of some stems' summed weights: what the sum of their BM25 scores is measured by."""
        return math.sqrt(sum(self.weights[stem] for stem in stems))


LONG_SENTENCE = 400
_COMMAS = re.compile(r",|\band\b")
_POINTS_BACK = re.compile(
    r"(?:it|its|he|his|she|her|they|their|them|this|these|those|that|such|both"
    r"|the (?:same|latter|former|two|three))\b(?!['’])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoredSentence:
    """A sentence of a passage with what speaks for it."""

    passage: Passage
    stored: StoredSentence
    stems: frozenset[str]
    signals: EvidenceSignals
    score: float
    """Weighted sum of the signals, higher is better. Comparable only within one question."""
    read: bool = False
    """Whether the reader has read its passage."""
    answer: Span | None = None
    """Its words that the reader takes for the answer, within the document; None without a reader."""

    @property
    def text(self) -> str:
        """The sentence, exactly."""
        return self.stored.text

    @property
    def place(self) -> tuple[str, int]:
        """Where it stands: the document and the position of its first character."""
        return self.passage.document_id, self.stored.sentence.start

    def told(self) -> SentenceSignals:
        """Give what a person is told of why it was chosen."""
        signals = self.signals
        return SentenceSignals(
            score=self.score,
            passage_rank=self.passage.rank,
            cosine=round(signals.cosine, SCORE_DECIMALS),
            coverage=round(signals.coverage, SCORE_DECIMALS),
            answer_type=signals.answer_type,
            reader=signals.reader_sentence if self.read else None,
        )

    def beside(self, neighbour: StoredSentence) -> ScoredSentence:
        """Let a neighbour that was not scored itself stand by this sentence's score."""
        return replace(self, stored=neighbour, stems=frozenset(stems(neighbour.text)), answer=None)


def score_sentences(
    question: Question,
    passages: Sequence[Passage],
    *,
    vectors: QuestionVectors,
    weights: TermWeights,
    catalog: Catalog,
    readings: Mapping[str, PassageReading] | None = None,
) -> tuple[ScoredSentence, ...]:
    """Score the sentences of the passages.

    Args:
        question: What is asked.
        passages: What was retrieved for it.
        vectors: The question's embeddings.
        weights: Of the question's terms.
        catalog: Where the sentences are, within one snapshot.
        readings: What the reader made of the passages, by chunk id; None without a reader.

    Returns:
        Best first, ties by place. Headings, questions and scraps are left out; a sentence that two passages share
        counts once, with its better score.
    """
    best: dict[tuple[str, int], ScoredSentence] = {}
    for passage in passages:
        reading = None if readings is None else readings[passage.chunk.id]
        for scored in _score_passage(
            question, passage, vectors=vectors, weights=weights, catalog=catalog, reading=reading
        ):
            if scored.place not in best or best[scored.place].score < scored.score:
                best[scored.place] = scored
    return tuple(sorted(best.values(), key=lambda found: (-found.score, found.place)))


def is_evidence(stored: StoredSentence) -> bool:
    """Tell whether a sentence can be quoted as an answer: no heading, no question, no scrap."""
    if stored.sentence.kind is BlockKind.HEADING:
        return False
    words = stored.text.rstrip("\"'”’)] ")
    return len(words) >= SHORTEST_SENTENCE and not words.endswith("?")


def points_back(text: str) -> bool:
    """Tell whether a sentence begins with a word that only the sentence before explains."""
    return _POINTS_BACK.match(text) is not None


def _score_passage(
    question: Question,
    passage: Passage,
    *,
    vectors: QuestionVectors,
    weights: TermWeights,
    catalog: Catalog,
    reading: PassageReading | None,
) -> Iterator[ScoredSentence]:
    chunk = passage.chunk
    around = catalog.sentences(chunk.digest, within=Span(start=chunk.start, end=chunk.end))
    if not around:
        return
    context = frozenset(stems(f"{passage.title}\n{chunk.context}\n{chunk.text}"))
    words = [frozenset(stems(stored.text)) for stored in around]
    near = Nearness.of(around, vectors)
    missing = len(question.names - context) / len(question.names) if question.names else 0.0
    for index, stored in enumerate(around):
        if not is_evidence(stored):
            continue
        explained = words[index] | words_before(around, words, index)
        signals = EvidenceSignals(
            cosine=float(near.whole[index]),
            window=float(near.whole_window[index]),
            passage=passage.score,
            passage_cosine=passage.signals.dense or 0.0,
            passage_best=float(near.whole.max()),
            predicate=float(near.predicate[index]),
            predicate_window=float(near.predicate_window[index]),
            predicate_best=float(near.predicate.max()),
            coverage=weights.share(explained),
            context_coverage=weights.share(context),
            names_missing=missing,
            answer_type=_type_signal(question, stored),
            length=min(len(stored.text), LONG_SENTENCE) / LONG_SENTENCE,
            fragment=float(_is_fragment(stored)),
            rival=float(is_about_a_rival(question.text, stored.text, heading=" ".join(chunk.section))),
            **(reading.signals(stored) if reading else {}),
        )
        chosen = READ_WEIGHTS if reading else WEIGHTS
        score = round(sum(weight * getattr(signals, name) for name, weight in chosen.items()), SCORE_DECIMALS)
        yield ScoredSentence(
            passage=passage,
            stored=stored,
            stems=explained,
            signals=signals,
            score=score,
            read=reading is not None,
            answer=reading.answer(stored) if reading else None,
        )


def words_before(around: Sequence[StoredSentence], words: Sequence[frozenset[str]], index: int) -> frozenset[str]:
    """Find the words a sentence borrows: of what it points back to, of its list's introduction, of its table's header.

    Args:
        around: A passage's sentences in order.
        words: The stems of each.
        index: Which sentence.
    """
    kind = around[index].sentence.kind
    if kind in (BlockKind.ITEM, BlockKind.ROW):
        first = index
        while first > 0 and around[first - 1].sentence.kind is kind:
            first -= 1
        lead = first - 1 if kind is BlockKind.ITEM else first
        return words[lead] if lead >= 0 else frozenset()
    if index and points_back(around[index].text) and around[index - 1].sentence.kind is not BlockKind.HEADING:
        return words[index - 1]
    return frozenset()


def _type_signal(question: Question, stored: StoredSentence) -> float:
    held = holds_type(question, stored.text)
    if held is None:
        return 1.0 if question.wants_list and _enumerates(stored) else 0.0
    return 1.0 if held else -1.0


def _enumerates(stored: StoredSentence) -> bool:
    """Tell whether a sentence is part of a list, introduces one or is one."""
    introduces = stored.text.rstrip().endswith(":")
    return stored.sentence.kind is BlockKind.ITEM or introduces or len(_COMMAS.findall(stored.text)) > 1


def _is_fragment(stored: StoredSentence) -> bool:
    if stored.sentence.kind is not BlockKind.PARAGRAPH:
        return False
    return not stored.text.rstrip("\"'”’)] ").endswith((".", "!", ":", ";", "…", "。"))
