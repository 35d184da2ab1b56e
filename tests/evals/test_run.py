"""A run asks every question once, and goes on where an interrupted one stopped."""

import pytest

from assistant.types import ConversationTurn
from evals.run import QuestionTimer, run_questions


class HeldJournal:
    """Keeps questions in memory; breaks off after some, as a kill would."""

    def __init__(self, *, breaks_after=None):
        self.kept = {}
        self._breaks_after = breaks_after

    def done(self):
        return dict(self.kept)

    def add(self, asked):
        self.kept[asked.record.id] = asked
        if len(self.kept) == self._breaks_after:
            raise KeyboardInterrupt


def ask(maker, questions, asker, **options):
    options.setdefault("progress", lambda *state: None)
    return run_questions(questions, asker=asker, documents=maker.documents, **options)


def test_every_question_is_asked_after_a_warm_up(run, asker):
    warm_up = ["Who?", "And she?", "Why?"]
    assert asker.asked == [*warm_up, "Who?", "And she?", "Why?", "Where?", "When not?", "Which?"]
    assert [record.timing.total for record in run.records] == [1000.0] * 6


def test_a_question_is_asked_with_its_history_and_searched_for_as_it_was_read(maker):
    before = (ConversationTurn(question="Who?", answer="Ada."),)
    question = maker.question("And she?", evidence=[maker.evidence("a.md", "Ada wrote")], history=before)
    read_as = maker.answer("And she?", maker.citation("a.md", "Ada wrote"), query="Who is she?")
    asker = maker.asker({"And she?": read_as, "Who is she?": read_as})
    ask(maker, [question], asker)
    assert (asker.histories[-1], asker.searched[-1]) == (before, "Who is she?")


def test_only_answerable_questions_with_evidence_are_searched_for(run, asker):
    assert asker.searched == ["Who?", "Who?"]  # Once to warm up.


def test_each_outcome_has_a_name(run):
    assert [record.judgement.outcome.value for record in run.records] == [
        "right", "not scored", "rightly abstained", "wrong", "wrongly answered", "wrongly abstained",
    ]  # fmt: skip


def test_progress_counts_to_the_end(maker, questions, asker):
    seen = []
    ask(maker, questions, asker, progress=lambda *state: seen.append(state))
    assert seen == [(done, 6) for done in range(7)]


def test_stages_are_timed_and_the_answers_own_total_is_left_out(run):
    assert set(run.records[0].timing.stages) == {"retrieval", "evidence", "generation"}


@pytest.mark.parametrize("breaks_after", range(1, 7))
def test_an_interrupted_run_goes_on_and_gives_the_same_records(maker, questions, asker, breaks_after):
    whole = ask(maker, questions, asker, timer=QuestionTimer(clock=lambda: 0))
    journal = HeldJournal(breaks_after=breaks_after)
    with pytest.raises(KeyboardInterrupt):
        ask(maker, questions, asker, journal=journal, timer=QuestionTimer(clock=lambda: 0))
    again = ask(maker, questions, asker, journal=journal, timer=QuestionTimer(clock=lambda: 0))
    assert (again.resumed, again.asked) == (breaks_after, whole.asked)


def test_what_was_asked_before_is_not_asked_again(maker, questions, asker):
    journal, seen = HeldJournal(), []
    ask(maker, questions, asker, journal=journal)
    asker.asked.clear()
    again = ask(maker, questions, asker, journal=journal, progress=lambda *state: seen.append(state))
    assert (asker.asked, again.resumed, seen) == ([], 6, [(6, 6)])


def test_the_ranking_is_as_deep_as_asked_for(maker):
    passages = tuple(maker.passage("a.md", start, start + 2, rank=start) for start in range(1, 15))
    asker = maker.asker({"Who?": maker.answer("Who?", maker.citation("a.md", "Ada"), passages=passages)})
    question = maker.question(evidence=[maker.evidence("a.md", "Ada wrote")])
    assert ask(maker, [question], asker).records[0].judgement.retrieval.ranked == 10
    assert ask(maker, [question], asker, depth=3).records[0].judgement.retrieval.ranked == 3


def test_no_question_at_all_is_an_empty_run(maker, asker):
    assert ask(maker, [], asker).records == ()
