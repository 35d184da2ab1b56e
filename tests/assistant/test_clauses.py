import pytest

from assistant.clauses import ask_instead, cut_question, noun_phrase
from assistant.phrases import find_names


@pytest.mark.parametrize(
    ("question", "wanted", "noun"),
    [
        ("Which satellite did Brill lose?", "Which satellite", "satellite"),
        ("Which law on fishing did Brill pass?", "Which law on fishing", "law"),
        ("Which civil ministry took over the port?", "Which civil ministry", "ministry"),
        ("What happened to the Otter?", "What", None),
        ("In what year was it built?", "In what year", "year"),
        ("Is the port open?", "", None),
        ("Who sails?", "Who", None),
    ],
)
def test_a_question_is_cut_where_its_clause_begins(question, wanted, noun):
    asked = cut_question(question)
    assert (asked.wanted, asked.noun) == (wanted, noun)


@pytest.mark.parametrize(
    ("wanted", "question", "answered", "query"),
    [
        ("Why", "Where did the Otter sink?", None, "Why did the Otter sink"),
        ("When", "Which country sank the Otter?", "Brill", "When was it that Brill sank the Otter"),
        ("When", "Which country sank the Otter?", None, "When was it that a country sank the Otter"),
        ("Why", "Is the port open?", None, "Why is the port open"),
        ("When", "Which ship did Brill lose?", "the Otter", "When did Brill lose the Otter"),
    ],
)
def test_something_else_is_asked_of_the_same(wanted, question, answered, query):
    assert ask_instead(wanted, question, answered=answered) == query


@pytest.mark.parametrize(
    ("question", "phrase"),
    [
        ("Who runs the Vell station?", "the Vell station"),
        ("Why did the weather satellite Otter-1 fail?", "the weather satellite Otter-1"),
        ("When did the Otter test end?", "the Otter test"),
        ("When did the Brill Treaty enter into force?", "the Brill Treaty"),
        ("What is Otter famous for?", "Otter"),
    ],
)
def test_a_name_takes_its_nouns_along_and_leaves_the_verb(question, phrase):
    (name,) = find_names(question)
    assert noun_phrase(question, name).text == phrase
