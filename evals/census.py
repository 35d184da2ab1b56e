"""What a gold set consists of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from evals.gold import UNCONFIRMED, GoldQuestion
from evals.tables import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """Counts of one group of questions."""

    questions: int
    answerable: int
    unanswerable: int
    without_evidence: int
    """Answerable ones that name no evidence: retrieval can't be scored on them."""
    follow_ups: int
    unconfirmed: int

    def to_json(self) -> dict[str, int]:
        """Give the counts by name."""
        return asdict(self)


def count_questions(questions: Sequence[GoldQuestion]) -> dict[str, Census]:
    """Count all questions, each split, and each kind within each split, sorted by name."""
    groups: dict[str, list[GoldQuestion]] = {"all": list(questions)}
    for question in sorted(questions, key=lambda one: one.split):
        groups.setdefault(f"split {question.split}", []).append(question)
    for question in sorted(questions, key=lambda one: (one.split, _kind(one))):
        groups.setdefault(f"{question.split} {_kind(question)}", []).append(question)
    return {name: _count(those) for name, those in groups.items()}


def tabulate_counts(counts: Mapping[str, Census]) -> Table:
    """Lay the counts out, a group a row."""
    header = ("group", "questions", "answerable", "unanswerable", "without evidence", "follow-ups", "unconfirmed")
    rows = tuple((name, *map(str, count.to_json().values())) for name, count in counts.items())
    return Table(title="No faults", header=header, rows=rows)


def _kind(question: GoldQuestion) -> str:
    return question.tags[0] if question.tags else "untagged"


def _count(questions: Iterable[GoldQuestion]) -> Census:
    held = list(questions)
    answerable = [question for question in held if question.answerable]
    return Census(
        questions=len(held),
        answerable=len(answerable),
        unanswerable=len(held) - len(answerable),
        without_evidence=sum(not question.evidence for question in answerable),
        follow_ups=sum(bool(question.history) for question in held),
        unconfirmed=sum(UNCONFIRMED in question.tags for question in held),
    )
