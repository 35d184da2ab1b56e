import pytest

from assistant.evidence import TermWeights
from assistant.indexing import open_index
from assistant.lexical import Lexical
from assistant.questions import read_question
from assistant.retrieval import Query, Retriever
from assistant.types import Filters

EVERYTHING = Filters()


@pytest.fixture
def retrieve(house, embedder):
    with open_index(house) as index:

        def run(text, *, k=6, filters=EVERYTHING, **changes):
            lexical = Lexical(index.catalog.reading)
            settings = house.model_copy(update=changes)
            retriever = Retriever(catalog=index.catalog, dense=index, lexical=lexical, settings=settings)
            stems = [term.stem for term in read_question(text).terms]
            weights = TermWeights.from_frequencies(lexical.frequencies(stems), chunks=index.catalog.chunk_count())
            vector = embedder.embed_query(text)
            return retriever.retrieve(Query(vector=vector, stems=stems, weights=weights, filters=filters, k=k))

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
    assert best.signals.coverage == 1.0 and last.signals.coverage == 0.0
    assert best.signals.sentence is not None


def test_scores_stretched_over_0_to_1_are_still_there_and_look_at_no_sentence(retrieve):
    best, *_ = retrieve("caraway", fusion="min-max", dense_weight=0.6)
    assert best.signals.lexical > 0 and best.signals.sentence is None and best.signals.coverage is None


def test_words_that_stand_side_by_side_bring_their_passage_forward(retrieve):
    passages = retrieve("rye bread")
    assert passages[0].signals.pairs > 0


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
