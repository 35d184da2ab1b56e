"""What came of a question, and where a failed one was lost."""

import pytest

from evals.facts import Diagnosis, Outcome


def test_the_kind_is_the_first_tag(facts):
    assert facts.judgement(tags=("lists", "names")).kind == "lists"
    assert facts.judgement(tags=()).kind == "untagged"


@pytest.mark.parametrize(
    ("answerable", "right", "outcome"),
    [
        (True, True, Outcome.RIGHT),
        (True, False, Outcome.WRONG),
        (True, None, Outcome.NOT_SCORED),
        (False, False, Outcome.WRONGLY_ANSWERED),
    ],
)
def test_an_answer_is_right_wrong_or_not_scored(facts, answerable, right, outcome):
    assert facts.judgement(answerable=answerable, answer=facts.answer(right=right)).outcome is outcome


def test_an_abstention_is_right_where_nothing_could_be_answered(facts):
    assert facts.judgement(answerable=False).outcome is Outcome.RIGHTLY_ABSTAINED
    assert facts.judgement().outcome is Outcome.WRONGLY_ABSTAINED


def test_what_was_not_asked_is_not_scored_and_did_not_fail(facts):
    judgement = facts.judgement(not_scored="a follow-up")
    assert judgement.outcome is Outcome.NOT_SCORED
    assert not judgement.outcome.failed
    assert judgement.diagnosis is None


def test_right_outcomes_have_no_diagnosis(facts):
    assert facts.judgement(answer=facts.answer()).diagnosis is None
    assert facts.judgement(answerable=False).diagnosis is None


@pytest.mark.parametrize(
    ("quotes", "read", "cited", "diagnosis"),
    [
        (2, 1, 1, Diagnosis.NOT_RETRIEVED),
        (2, 2, 1, Diagnosis.NOT_CHOSEN),
        (2, 2, 2, Diagnosis.CHOSEN_BUT_WRONG),
        (0, 0, 0, Diagnosis.NO_EVIDENCE_KNOWN),
    ],
)
def test_a_wrong_answer_was_lost_at_the_first_stage_that_lacked_evidence(facts, quotes, read, cited, diagnosis):
    answer = facts.answer(right=False, quotes_cited=cited)
    assert facts.judgement(quotes=quotes, quotes_read=read, answer=answer).diagnosis is diagnosis


def test_an_abstention_without_the_evidence_was_lost_in_retrieval(facts):
    assert facts.judgement(quotes=1, quotes_read=0).diagnosis is Diagnosis.NOT_RETRIEVED
    assert facts.judgement(quotes=1, quotes_read=1).diagnosis is Diagnosis.WRONGLY_ABSTAINED
    assert facts.judgement().diagnosis is Diagnosis.WRONGLY_ABSTAINED


def test_answering_what_has_no_answer_is_its_own_diagnosis(facts):
    judgement = facts.judgement(answerable=False, answer=facts.answer(right=False))
    assert judgement.diagnosis is Diagnosis.WRONGLY_ANSWERED
