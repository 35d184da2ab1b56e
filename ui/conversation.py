"""What one browser tab has asked so far, and what its buttons refer to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from assistant.types import Answer, Citation, ConversationTurn, Passage

MOST_TURNS = 50
"""Older ones leave the page, so that a tab that stays open for days does not grow."""
_REFERENCE = re.compile(r"([cp])-(\d{1,6})-(\d{1,4})")


class Kind(StrEnum):
    """What a button opens."""

    CITATION = "c"
    PASSAGE = "p"


@dataclass(frozen=True, slots=True)
class Reference:
    """A button of the page: which passage or citation of which turn it opens."""

    kind: Kind
    turn: int
    number: int
    """The citation's marker or the passage's rank."""

    def __str__(self) -> str:
        """Write it as the page's script sends it."""
        return f"{self.kind}-{self.turn}-{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One question and what came of it."""

    number: int
    """From 1, counted over the tab's life."""
    question: str
    answer: Answer | None = None
    """None while it is being looked for, and where a fault kept it away."""
    fault: str | None = None
    """What the person can do about a fault; None without one."""
    dates: Mapping[str, str] = field(default_factory=dict)
    """Document ids to the documents' dates, where they have one."""

    @property
    def waits(self) -> bool:
        """Whether it has neither an answer nor a fault yet."""
        return self.answer is None and self.fault is None


@dataclass(frozen=True, slots=True)
class Conversation:
    """The turns of one tab, oldest first."""

    turns: tuple[Turn, ...] = ()
    begun: int = 0
    """Turns that were ever begun: a number is never given twice, so that an old button can't open a new answer."""

    @property
    def waiting(self) -> tuple[Turn, ...]:
        """The turns that wait for an answer, oldest first."""
        return tuple(turn for turn in self.turns if turn.waits)

    def begin(self, question: str, *, fault: str | None = None) -> Conversation:
        """Add a turn without an answer, or one that gets none and says why."""
        turn = Turn(number=self.begun + 1, question=question, fault=fault)
        return Conversation((*self.turns, turn)[-MOST_TURNS:], begun=turn.number)

    def settle(self, settled: Turn) -> Conversation:
        """Put a turn with its answer or its fault in the place of the one that waited; nothing where it is gone."""
        return replace(self, turns=tuple(settled if turn.number == settled.number else turn for turn in self.turns))

    def before(self, turn: Turn) -> tuple[ConversationTurn, ...]:
        """List what was asked and answered before a turn, oldest first: a sentence a line, none for an abstention."""
        return tuple(
            ConversationTurn(
                question=earlier.question, answer="\n".join(sentence.text for sentence in earlier.answer.sentences)
            )
            for earlier in self.turns
            if earlier.number < turn.number and earlier.answer is not None
        )

    def cleared(self) -> Conversation:
        """Forget the turns and count on."""
        return replace(self, turns=())

    def resolve(self, reference: str) -> Citation | None:
        """Find what a button refers to.

        Args:
            reference: As the page's script sent it; what follows a `#` is ignored.

        Returns:
            The citation, or the passage as one; None where this tab never got such an answer.
        """
        parsed = _REFERENCE.fullmatch(reference.partition("#")[0])
        if parsed is None:
            return None
        kind, turn_number, number = Kind(parsed[1]), int(parsed[2]), int(parsed[3])
        answer = next((turn.answer for turn in self.turns if turn.number == turn_number), None)
        if answer is None:
            return None
        if kind is Kind.CITATION:
            return next((citation for citation in answer.citations if citation.marker == number), None)
        return next((as_citation(passage) for passage in answer.passages if passage.rank == number), None)


def as_citation(passage: Passage) -> Citation:
    """Treat a retrieved passage as a citation of its whole text, so that it is verified like one."""
    chunk = passage.chunk
    return Citation(
        marker=passage.rank,
        document_id=passage.document_id,
        digest=chunk.digest,
        title=passage.title,
        page=chunk.page,
        section=chunk.section,
        start=chunk.start,
        end=chunk.end,
        quote=chunk.text,
    )
