from types import SimpleNamespace

import pytest

from assistant.conflicts import BARS, conflicts_in, find_conflict
from assistant.questions import read_question
from assistant.settings import Settings
from assistant.types import Span, Statement
from assistant.wiring import open_assistant
from ingest import sync

ASKED = read_question("In which year was the bridge of Vell opened?")


def said(words, document, *, score=5.0, sure=20.0, rival=0.0):
    """Make a sentence of a document of which the reader takes some words for the answer."""
    text = f"The bridge was opened in {words}."
    at = text.index(words)
    return SimpleNamespace(
        text=text,
        place=(document, 0),
        passage=SimpleNamespace(document_id=document),
        stored=SimpleNamespace(sentence=Span(start=0, end=len(text))),
        answer=Span(start=at, end=at + len(words)),
        signals=SimpleNamespace(rival=rival, **dict.fromkeys(BARS, sure)),
        score=score,
        read=True,
    )


def test_documents_that_answer_differently_are_all_named_best_first():
    found = find_conflict(ASKED, [said("1904", "a"), said("1911", "b", score=4.5)])
    assert [differing.words for differing in found] == ["1904", "1911"]


def test_documents_that_agree_are_no_conflict():
    assert find_conflict(ASKED, [said("1904", "a"), said("May 1904", "b", score=4.5)]) == ()


def test_one_document_does_not_contradict_itself():
    assert find_conflict(ASKED, [said("1904", "a"), said("1911", "a", score=4.5)]) == ()


@pytest.mark.parametrize("weaker", [{"score": 0.5}, {"sure": -20.0}, {"rival": 1.0}])
def test_a_weak_statement_or_one_of_another_thing_contradicts_nothing(weaker):
    assert find_conflict(ASKED, [said("1904", "a"), said("1911", "b", **weaker)]) == ()


@pytest.mark.parametrize("question", ["Which years saw a bridge opened in Vell?", "Why was the bridge opened?"])
def test_what_several_things_may_answer_is_no_conflict(question):
    assert find_conflict(read_question(question), [said("1904", "a"), said("1911", "b", score=4.5)]) == ()


def test_only_sentences_of_the_answer_are_told_to_disagree():
    first, second = said("1904", "a"), said("1911", "b", score=4.5)
    disagreeing = find_conflict(ASKED, [first, second])
    assert conflicts_in([second, first], disagreeing) == (
        (Statement(words="1904", citation=2), Statement(words="1911", citation=1)),
    )
    assert conflicts_in([first], disagreeing) == ()


def test_nothing_read_is_no_conflict():
    assert find_conflict(ASKED, []) == ()


def test_two_documents_that_disagree_are_both_cited_and_named(tmp_path, models_dir):
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name, year in (("guide", 1904), ("history", 1911)):
        text = f"The bridge of Vell, built of granite, was opened in {year}. It carries two lanes of traffic."
        (folder / f"{name}.txt").write_text(text)
    settings = Settings(data_dir=tmp_path / "data", corpus=folder, models_dir=models_dir)
    sync([], settings=settings)
    with open_assistant(settings) as assistant:
        answer = assistant.ask("When was the bridge of Vell opened?")
    (conflict,) = answer.conflicts
    assert sorted(statement.words for statement in conflict) == ["1904", "1911"]
    for statement in conflict:
        assert statement.words in answer.citations[statement.citation - 1].quote
    assert answer.short_answer is None
