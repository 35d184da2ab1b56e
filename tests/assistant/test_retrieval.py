import numpy as np
import pytest

from assistant.indexing import open_index
from assistant.lexical import Lexical
from assistant.nearness import QuestionVectors
from assistant.questions import read_question
from assistant.retrieval import FUSED_WEIGHT, Query, Retriever
from assistant.types import BlockKind, Filters, Span

EVERYTHING = Filters()


@pytest.fixture
def retrieve(house, embedder):
    with open_index(house) as index:

        def run(text, *, k=6, filters=EVERYTHING, **changes):
            lexical = Lexical(index.catalog.reading)
            settings = house.model_copy(update=changes)
            retriever = Retriever(catalog=index.catalog, dense=index, lexical=lexical, settings=settings)
            stems = sorted(read_question(text).stems)
            whole = embedder.embed_query(text)
            return retriever.retrieve(
                Query(vectors=QuestionVectors(whole=whole, predicate=whole), stems=stems, filters=filters, k=k)
            )

        yield run


def test_the_passage_that_speaks_of_it_comes_first(retrieve):
    best, *_ = retrieve("How long does rye dough rest?")
    assert best.document_id == "bread.txt"


def test_ranks_run_from_1_and_scores_fall(retrieve):
    passages = retrieve("the lighthouse of the harbour")
    assert [passage.rank for passage in passages] == list(range(1, len(passages) + 1))
    assert sorted((passage.score for passage in passages), reverse=True) == [passage.score for passage in passages]


def test_a_passage_says_what_ranked_it(retrieve):
    best, *_, last = retrieve("caraway")
    assert best.signals.lexical > 0
    assert all(-1 <= passage.signals.dense <= 1 for passage in (best, last))
    assert last.signals.lexical is None


def test_a_filter_lets_only_its_documents_speak(retrieve):
    passages = retrieve("bees and bread", filters=Filters(documents=("bees.txt",)))
    assert {passage.document_id for passage in passages} == {"bees.txt"}


def test_a_filter_that_lets_nothing_through_finds_nothing(retrieve):
    assert retrieve("bees", filters=Filters(documents=("nowhere.md",))) == ()


def test_a_question_without_content_words_is_searched_by_meaning_alone(retrieve):
    assert all(passage.signals.lexical is None for passage in retrieve("what is it?"))


def test_one_document_does_not_fill_the_list_while_others_qualify(retrieve):
    crowded = retrieve("harbour of Vell", k=2, passages_per_document=1)
    assert {passage.document_id for passage in crowded} == {"harbour.md", "harbour-2025.md"}


def test_the_same_question_gives_the_same_passages(retrieve):
    assert retrieve("lighthouse") == retrieve("lighthouse")


def test_a_passage_is_worth_its_nearest_sentences_too(retrieve, house, embedder):
    asked = "How long does the dough of rye bread rest?"
    passages = retrieve(asked, k=50, dense_weight=1.0, passages_per_document=50)
    with open_index(house) as index:
        nearest = np.array([nearest_sentence(passage.chunk, index.catalog, embedder, asked) for passage in passages])
    cosines = np.array([passage.signals.dense for passage in passages])
    columns = np.column_stack([cosines, nearest, nearest])  # without a predicate of its own, both count twice
    stretched = (columns - columns.min(0)) / (columns.max(0) - columns.min(0))
    share = (1 - FUSED_WEIGHT) / 4
    expected = stretched @ [FUSED_WEIGHT, *[share] * 4]
    assert [passage.score for passage in passages] == pytest.approx(expected, abs=1e-4)
    assert len(passages) > 3


def nearest_sentence(chunk, catalog, embedder, asked):
    """Measure the highest similarity of a sentence, and of one with its neighbours, by the texts themselves."""
    stored = [
        sentence
        for sentence in catalog.sentences(chunk.digest, within=Span(start=chunk.start, end=chunk.end))
        if sentence.sentence.kind is not BlockKind.HEADING
    ]
    vectors = embedder.embed_documents([sentence.text for sentence in stored])
    near = [vectors[max(0, at - 1) : at + 2].sum(0) for at in range(len(vectors))]
    question = embedder.embed_query(asked)
    return max(vectors @ question), max(window @ question / np.linalg.norm(window) for window in near)
