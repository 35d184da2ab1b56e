import pytest

from assistant.questions import MOST_TIMES, AnswerType, holds_type, read_question


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Who designed the lighthouse?", AnswerType.PERSON),
        ("When was it opened?", AnswerType.DATE),
        ("In which year did it open?", AnswerType.DATE),
        ("Where is the harbour?", AnswerType.PLACE),
        ("How many piers are there?", AnswerType.COUNT),
        ("How much did it cost?", AnswerType.MONEY),
        ("How long does the dough rest?", AnswerType.DURATION),
        ("How deep is the fairway?", AnswerType.MEASURE),
        ("What percentage of ships is late?", AnswerType.PERCENT),
        ("Why is it closed?", AnswerType.REASON),
        ("What does UNESCO stand for?", AnswerType.EXPANSION),
        ("What is a dredger?", AnswerType.OPEN),
    ],
)
def test_the_form_tells_what_would_answer(text, kind):
    assert read_question(text).answer_type is kind


@pytest.mark.parametrize(
    ("question", "text", "held"),
    [
        ("When was it opened?", "It was opened in 1931.", True),
        ("When was it opened?", "It was opened by the king.", False),
        ("What happened after 1931?", "It closed in 1931.", None),
        ("How many piers had it in 1931?", "In 1931 the piers were wet.", False),
        ("Who designed it?", "Ada Brandt designed it.", True),
        ("Who met Ada Brandt?", "Ada Brandt was met.", False),
        ("What is a tug?", "A ship.", None),
    ],
)
def test_what_the_question_says_itself_is_no_answer(question, text, held):
    assert holds_type(read_question(question), text) is held


def test_names_are_capitals_and_digits_but_not_the_verb_that_asks():
    assert read_question("List the ships of Vell in 1931").names == {"vell", "1931"}


def test_the_predicate_is_the_question_without_its_names():
    assert read_question("When did Ada Brandt visit Vell?").predicate == "When did visit ?"
    assert read_question("Vell?").predicate == "Vell?"


def test_each_thing_named_side_by_side_gets_its_own_question():
    assert read_question("Compare the depth of Vell and Torun").sides == (
        "Compare the depth of Vell and",
        "Compare the depth of and Torun",
    )
    assert read_question("Who designed Vell?").sides == ()


def test_joined_questions_count_as_parts():
    assert read_question("Who designed it and when was it opened?").parts == 2
    assert read_question("Who designed it?").parts == 1


def test_a_word_is_asked_as_often_as_it_is_said_up_to_a_limit():
    assert read_question("The ships of Vell: which ship is Vell's ship?").asked == ("ship",) * 3 + ("vell",) * 2
    assert read_question("Vell " * 50).asked == ("vell",) * MOST_TIMES
    assert read_question("what is it?").asked == ()


@pytest.mark.parametrize("text", ["Which ships belong to the fleet?", "What are the piers called?", "List the ships"])
def test_several_things_are_asked_for(text):
    assert read_question(text).wants_list


@pytest.mark.parametrize("text", ["Which ship is the oldest?", "What is a bus?", ""])
def test_one_thing_is_asked_for(text):
    assert not read_question(text).wants_list
