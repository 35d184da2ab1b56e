import pytest

from assistant.abstention import WEIGHTS, AnswerabilitySignals, explain, score
from assistant.evidence import TermWeights
from assistant.questions import read_question
from assistant.types import Filters
from assistant.wiring import open_assistant

SURE = {"cosine": 0.9, "passage_cosine": 0.9, "context_coverage": 1.0, "names_missing": 0.0, "type_missing": 0.0}


def test_a_subject_that_is_nowhere_is_named(asking):
    why = asking.ask("Quokka zoology?").abstention
    assert why.reason.startswith("Nothing in the documents speaks of")
    assert why.missing_terms == ("Quokka", "zoology")


def test_what_is_known_is_told_from_what_is_not(house):
    with open_assistant(house.model_copy(update={"abstain_below": 1.0})) as strict:
        why = strict.ask("Do bees eat pizza?").abstention
    assert "“bees”" in why.reason
    assert "never mention" in why.reason
    assert why.missing_terms == ("eat", "pizza")


def test_a_question_far_outside_is_refused_with_the_nearest_passages(asking):
    answer = asking.ask("Which metal has the lowest melting point?")
    assert answer.abstention is not None
    assert answer.passages
    assert answer.evidence_score < 0.5
    assert answer.confidence < 0.5


def test_a_filter_that_matches_nothing_is_the_reason(asking):
    answer = asking.ask("Who designed the lighthouse?", filters=Filters(tags=("none",)))
    assert "filter" in answer.abstention.reason


def test_the_setting_decides(house):
    question = "Who designed the lighthouse of Vell?"
    with open_assistant(house) as usual, open_assistant(house.model_copy(update={"abstain_below": 1.0})) as never:
        assert usual.ask(question).abstention is None
        assert never.ask(question).abstention is not None


def test_the_score_rises_and_falls_with_its_signals():
    best = score(AnswerabilitySignals(**SURE))
    assert 0 < best <= 1
    for name, weight in WEIGHTS.items():
        worse = SURE | {name: SURE[name] - 0.5 if weight > 0 else 1.0}
        assert score(AnswerabilitySignals(**worse)) < best


@pytest.mark.parametrize("question", ["what is it?", "why?"])
def test_a_question_without_a_word_to_look_for_gets_an_answer_or_a_reason(house, question):
    with open_assistant(house.model_copy(update={"abstain_below": 1.0})) as strict:
        assert "no word that could be looked for" in strict.ask(question).abstention.reason


def refused(house, question):
    with open_assistant(house.model_copy(update={"abstain_below": 1.0})) as strict:
        return strict.ask(question).abstention


def test_names_that_no_passage_brings_together_are_told(house):
    why = refused(house, "When did the lighthouse of Vell move to Torun?")
    assert "“Vell” and “Torun” together" in why.reason
    assert "together" not in refused(house, "Who designed the lighthouse of Vell?").reason


def test_the_kind_of_thing_that_is_missing_is_told(asking):
    question = "When do bakers add caraway to the dough?"
    weights = TermWeights(weights={}, absent=frozenset())
    why = explain(read_question(question), asking.search(question), weights, kind_missing=True)
    assert why.reason.endswith("“caraway” and “dough”, but no sentence near it says when.")
