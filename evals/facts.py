"""What came of one question, as facts that every metric counts. No I/O, no formula."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """The ends of a 95 % interval."""

    low: float
    high: float


class Outcome(StrEnum):
    """What came of a question, in a word or two."""

    RIGHT = "right"
    RIGHTLY_ABSTAINED = "rightly abstained"
    WRONG = "wrong"
    WRONGLY_ABSTAINED = "wrongly abstained"
    WRONGLY_ANSWERED = "wrongly answered"
    NOT_SCORED = "not scored"

    @property
    def failed(self) -> bool:
        """Whether somebody should look at it."""
        return self in (Outcome.WRONG, Outcome.WRONGLY_ABSTAINED, Outcome.WRONGLY_ANSWERED)

    @property
    def scored(self) -> bool:
        """Whether it counts."""
        return self is not Outcome.NOT_SCORED


class Diagnosis(StrEnum):
    """Where a failed question was lost."""

    NOT_RETRIEVED = "not retrieved"
    NOT_CHOSEN = "retrieved, not chosen"
    CHOSEN_BUT_WRONG = "chosen, but wrong"
    WRONGLY_ABSTAINED = "wrongly abstained"
    WRONGLY_ANSWERED = "wrongly answered"
    NO_EVIDENCE_KNOWN = "wrong; its evidence is not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldItem:
    """One piece of gold evidence, a quote or a whole document, and where a ranking has it."""

    rank: int | None
    """Of the first passage that holds at least half of the quote, from 1; of the document among the distinct
    documents for a whole document; None where the ranking has it nowhere."""
    grade: int = 1
    """How relevant it is, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievalFacts:
    """How a ranking stands to the gold evidence of an answerable question."""

    items: tuple[GoldItem, ...]
    """At least one."""
    relevant_ranks: tuple[int, ...]
    """Ranks of the passages (documents, where documents are judged) that hold any of it, in order."""
    ranked: int
    """How many were ranked."""
    evidence_tokens: int = 0
    """Words of the quotes; 0 where whole documents are judged."""
    passage_tokens: int = 0
    """Words of the first five passages, each once."""
    shared_tokens: int = 0
    """Words that are both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFacts:
    """An answer that was given."""

    right: bool | None
    """Whether it holds an accepted answer; None where none is known, False for a question without an answer."""
    exact_match: float | None
    """1 if the short answer, or else the whole answer, is an accepted one after SQuAD's normalisation, 0 if not;
    None for a question of several parts or without accepted answers."""
    token_f1: float | None
    """The best F1 of its tokens against an accepted answer's, in 0..1; None as for `exact_match`."""
    words: int
    """Split at white space."""
    sentences: int
    sentences_cited: int
    citations: int
    citations_valid: int
    """Whose span, read again from the catalog, holds the quote."""
    citations_on_gold: int
    """Of which at least half of the characters lie on gold evidence."""
    quotes_cited: int
    """Pieces of gold evidence of which the citations hold at least half, or any of a whole document."""
    characters_cited: int
    characters_on_gold: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """All facts of one question. What does not apply is None."""

    question_id: str
    split: str
    tags: tuple[str, ...]
    answerable: bool
    not_scored: str | None = None
    """Why the question was not asked; counted apart, never as wrong."""
    retrieval_only: bool = False
    """Whether passages were ranked for it and no answer was asked for."""
    abstained: bool = False
    catalog_reply: bool = False
    """Whether the reply was about the corpus itself, so that nothing was looked up."""
    quotes: int = 0
    """Pieces of gold evidence of an answerable question."""
    quotes_read: int = 0
    """Of these, in the passages that were read for the answer."""
    retrieval: RetrievalFacts | None = None
    """Of an answerable question with evidence."""
    answer: AnswerFacts | None = None
    """None for an abstention."""
    tokens_read: int = 0
    """Of the passages that were read, as language models count them."""
    signal: float | None = None
    """What the abstention rule compared with its bar; higher means rather an answer."""
    confidence: float | None = None
    """The calibrated probability that the answer is right, where there is one."""

    @property
    def kind(self) -> str:
        """The first tag."""
        return self.tags[0] if self.tags else "untagged"

    @property
    def outcome(self) -> Outcome:
        """What came of the question."""
        if self.not_scored is not None or self.retrieval_only:
            return Outcome.NOT_SCORED
        if self.answer is None:
            return Outcome.WRONGLY_ABSTAINED if self.answerable else Outcome.RIGHTLY_ABSTAINED
        if not self.answerable:
            return Outcome.WRONGLY_ANSWERED
        if self.answer.right is None:
            return Outcome.NOT_SCORED
        return Outcome.RIGHT if self.answer.right else Outcome.WRONG

    @property
    def diagnosis(self) -> Diagnosis | None:
        """Where a failed question was lost; None for one that did not fail."""
        outcome = self.outcome
        if not outcome.failed:
            return None
        if outcome is Outcome.WRONGLY_ANSWERED:
            return Diagnosis.WRONGLY_ANSWERED
        if self.quotes and self.quotes_read < self.quotes:
            return Diagnosis.NOT_RETRIEVED
        if outcome is Outcome.WRONGLY_ABSTAINED:
            return Diagnosis.WRONGLY_ABSTAINED
        if not self.quotes or self.answer is None:
            return Diagnosis.NO_EVIDENCE_KNOWN
        return Diagnosis.CHOSEN_BUT_WRONG if self.answer.quotes_cited == self.quotes else Diagnosis.NOT_CHOSEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long one question took, in milliseconds of wall time."""

    total: float
    stages: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A question's facts and its timing, as metrics read them."""

    judgement: Judgement
    timing: Timing | None = None
