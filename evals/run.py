"""Asks the questions of a gold set and judges the answers, one after the other, so that a run can be resumed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Protocol, TypeVar

from assistant.types import Answer, ConversationTurn, Passage
from evals.facts import Scored, Timing
from evals.gold import Documents, GoldQuestion
from evals.judging import judge
from evals.records import Asked, Record, make_record

WARM_UP_QUESTIONS = 3
RANKING_DEPTH = 10
"""Passages that retrieval ranks for the ranking metrics."""

Progress = Callable[[int, int], None]
"""Called with how many questions are done and how many there are."""
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionTimer:
    """Times questions, but those for which something was looked up instead of read."""

    taken: Callable[[], int] = field(default=lambda: 0)
    """How many readings were looked up so far."""
    clock: Callable[[], float] = time.perf_counter
    """Seconds from any moment on."""

    def time(self, ask: Callable[[], Result]) -> tuple[Result, float | None]:
        """Ask, and tell how many milliseconds that took; None if something was looked up."""
        taken, started = self.taken(), self.clock()
        result = ask()
        milliseconds = (self.clock() - started) * 1000
        return result, milliseconds if self.taken() == taken else None


class Asker(Protocol):
    """What answers questions. The assistant is one."""

    def ask(self, question: str, *, history: Sequence[ConversationTurn]) -> Answer:
        """Answer a question that may depend on the turns before it, oldest first."""
        ...

    def search(self, question: str, *, top_k: int) -> tuple[Passage, ...]:
        """Rank passages for a question without answering it, best first."""
        ...


class Journal(Protocol):
    """Where each question is kept as soon as it is done, so that an interrupted run goes on from there."""

    def done(self) -> dict[str, Asked]:
        """Return what an interrupted run has asked, by question id."""
        ...

    def add(self, asked: Asked) -> None:
        """Keep one more question."""
        ...


class NoJournal:
    """Keeps nothing: for a run that is not written down."""

    def done(self) -> dict[str, Asked]:
        """Return nothing."""
        return {}

    def add(self, asked: Asked) -> None:
        """Keep nothing."""


@dataclass(frozen=True)
class Run:
    """All questions of a gold set, in its order."""

    asked: tuple[Asked, ...]
    resumed: int = 0
    """Of these, taken over from an interrupted run."""

    @cached_property
    def records(self) -> tuple[Record, ...]:
        """The questions without the text of their passages."""
        return tuple(one.record for one in self.asked)

    @cached_property
    def scored(self) -> tuple[Scored, ...]:
        """What metrics read."""
        return tuple(record.scored for record in self.records)


def run_questions(
    questions: Sequence[GoldQuestion],
    *,
    asker: Asker,
    documents: Documents,
    progress: Progress,
    journal: Journal | None = None,
    depth: int = RANKING_DEPTH,
    timer: QuestionTimer | None = None,
) -> Run:
    """Ask every question with its history, after a warm-up, and judge the answers.

    Args:
        questions: Of a gold set, in its order.
        asker: The assistant under test.
        documents: The same corpus, where citations are read again.
        progress: Told after every question.
        journal: Holds what an interrupted run has done; None to begin anew and keep nothing.
        depth: Passages to rank for the ranking metrics.
        timer: Times the answers; None to time every one.

    Returns:
        The run.
    """

    def measure(question: GoldQuestion) -> Asked:
        return measure_answer(question, asker=asker, documents=documents, depth=depth, timer=timer or QuestionTimer())

    return measure_all(questions, measure=measure, progress=progress, journal=journal or NoJournal())


def measure_all(
    questions: Sequence[GoldQuestion], *, measure: Callable[[GoldQuestion], Asked], progress: Progress, journal: Journal
) -> Run:
    """Measure every question that the journal does not hold, after a warm-up on the first of them.

    Args:
        questions: In the order of the run.
        measure: Asks one and judges what came.
        progress: Told after every question.
        journal: Holds what an interrupted run has done, and is told each question as soon as it is done.

    Returns:
        The run.
    """
    done = journal.done()
    left = [question for question in questions if question.id not in done]
    resumed = len(questions) - len(left)
    for question in left[:WARM_UP_QUESTIONS]:
        measure(question)
    progress(resumed, len(questions))
    for number, question in enumerate(left, start=resumed + 1):
        done[question.id] = measure(question)
        journal.add(done[question.id])
        progress(number, len(questions))
    return Run(asked=tuple(done[question.id] for question in questions), resumed=resumed)


def measure_answer(
    question: GoldQuestion,
    *,
    asker: Asker,
    documents: Documents,
    depth: int,
    timer: QuestionTimer,
) -> Asked:
    """Ask one question, rank passages for it where its evidence is known, and judge both.

    Args:
        question: Asked with its history; passages are ranked for what the assistant read it as.
        asker: The assistant under test.
        documents: The same corpus, where citations are read again.
        depth: Passages to rank; the first `RANKING_DEPTH` of them are written down.
        timer: Times the answer.

    Returns:
        The question, judged, with the time of the answer.
    """
    answer, milliseconds = timer.time(lambda: asker.ask(question.question, history=question.history))
    query = answer.query if question.history else question.question
    ranking = asker.search(query, top_k=depth) if question.answerable and question.evidence else ()
    return make_record(
        question,
        judge(question, answer, ranking=ranking, documents=documents),
        answer=answer,
        ranking=ranking[:RANKING_DEPTH],
        timing=None if milliseconds is None else Timing(total=milliseconds, stages=_stages_of(answer)),
    )


def _stages_of(answer: Answer) -> dict[str, float]:
    """Tell how long each stage of an answer took, in milliseconds."""
    return {name: value for name, value in asdict(answer.timings).items() if name != "total"}
