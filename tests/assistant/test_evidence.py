import pytest

from assistant.evidence import SHORTEST_SENTENCE, TermWeights, points_back
from assistant.indexing import open_index
from assistant.lexical import Lexical
from assistant.lookup import Lookup
from assistant.questions import read_question
from assistant.retrieval import Retriever
from assistant.types import BlockKind, Filters


@pytest.fixture
def weigh(house, embedder):
    with open_index(house) as index:
        lexical = Lexical(index.catalog.reading)
        retriever = Retriever(catalog=index.catalog, dense=index, lexical=lexical, settings=house)
        lookup = Lookup(catalog=index.catalog, retriever=retriever, lexical=lexical, embedder=embedder)

        def run(text):
            found = lookup.find(read_question(text), filters=Filters(), k=6)
            return lookup.score(found.whole, found.passages)

        yield run


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Who designed the lighthouse?", "Ada Brandt"),
        ("When was the harbour of Vell opened?", "1931"),
        ("How deep is the fairway?", "11 metres"),
        ("Why is honey harvested in July?", "lime trees"),
        ("How long does the dough of rye bread rest?", "sixteen hours"),
    ],
)
def test_the_sentence_that_answers_is_the_best(weigh, question, words):
    assert words in weigh(question)[0].text


def test_headings_questions_and_scraps_are_no_evidence(weigh):
    found = weigh("Is the harbour of Vell deep enough?")
    assert all(sentence.stored.sentence.kind is not BlockKind.HEADING for sentence in found)
    assert not any(sentence.text.endswith("?") for sentence in found)
    assert all(len(sentence.text) >= SHORTEST_SENTENCE for sentence in found)


def test_a_sentence_counts_once_and_the_best_comes_first(weigh):
    found = weigh("the lighthouse of Vell")
    assert len({sentence.place for sentence in found}) == len(found)
    assert sorted((sentence.score for sentence in found), reverse=True) == [sentence.score for sentence in found]


def test_a_sentence_borrows_the_words_that_its_pronoun_stands_for(weigh):
    (piers,) = [found for found in weigh("piers of Vell") if found.text.startswith("It has three piers")]
    assert "vell" in piers.stems


def test_an_item_borrows_the_words_of_its_introduction(weigh):
    (ferry,) = [found for found in weigh("ships of the fleet") if "Otter" in found.text]
    assert "fleet" in ferry.stems


def test_rare_terms_weigh_more_and_absent_ones_are_known():
    weights = TermWeights.from_frequencies({"bee": 1, "harbour": 5, "nowher": 0}, chunks=10)
    assert weights.weights["bee"] > weights.weights["harbour"] > 0
    assert weights.absent == {"nowher"}
    assert weights.share(frozenset({"bee", "harbour", "nowher"})) == pytest.approx(1)
    assert TermWeights.from_frequencies({}, chunks=10).share(frozenset({"bee"})) == 0


def test_only_a_first_word_points_back():
    assert points_back("It has three piers.")
    assert not points_back("Italy has ports.")
