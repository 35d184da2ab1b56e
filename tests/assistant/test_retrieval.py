import importlib.util
import math
from pathlib import Path

import pytest

from assistant.evidence import TermWeights
from assistant.indexing import open_index
from assistant.lexical import Lexical
from assistant.questions import read_question
from assistant.retrieval import Query, Retriever
from assistant.settings import Settings
from assistant.types import Filters

spec = importlib.util.spec_from_file_location("stores", Path(__file__).with_name("stores.py"))
stores = importlib.util.module_from_spec(spec)
spec.loader.exec_module(stores)
corpora = stores.corpora

EVERYTHING = Filters()


@pytest.fixture
def retrieve(house, embedder):
    with open_index(house) as index:

        def run(text, *, k=6, filters=EVERYTHING, **changes):
            lexical = Lexical(index.catalog.reading)
            settings = house.model_copy(update=changes)
            retriever = Retriever(catalog=index.catalog, dense=index, lexical=lexical, settings=settings)
            stems = read_question(text).asked
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


@pytest.mark.parametrize("weight", [0.5, 0.3])
@pytest.mark.parametrize(
    "question",
    ["rye bread", "How tall is the lighthouse of Vell?", "caraway", "what is it?", "bread, rye bread or rye dough?"],
)
@pytest.mark.parametrize("candidates", [None, 2])
def test_the_signals_add_up_to_what_ranked_the_passages(retrieve, question, weight, candidates):
    few = {} if candidates is None else {"candidates": candidates}
    passages = retrieve(question, dense_weight=weight, k=2, **few)
    for signals in (passage.signals for passage in passages):
        sentence = signals.dense if signals.sentence is None else signals.sentence
        meaning = 0.5 * signals.dense + 0.5 * sentence
        words = 0.08 * signals.lexical_scaled + 0.1 * signals.pairs + 0.1 * signals.coverage**2
        assert signals.fused == pytest.approx(weight * meaning + (1 - weight) * words, abs=3e-6)
    sums = [passage.signals.fused for passage in passages]
    assert sums == sorted(sums, reverse=True)


def test_a_passage_beyond_the_lexical_list_tells_the_score_that_stood_for_its_words(retrieve):
    (best,) = retrieve("bees and bread in the harbour", k=1, candidates=1)
    assert best.signals.lexical is None
    assert best.signals.lexical_scaled > 0


def test_scores_stretched_over_0_to_1_are_still_there_and_look_at_no_sentence(retrieve):
    best, *_ = retrieve("caraway", fusion="min-max", dense_weight=0.6)
    assert best.signals.lexical > 0 and best.signals.sentence is None and best.signals.coverage is None
    assert best.signals.fused == best.score and best.signals.lexical_scaled is None


def test_words_that_stand_side_by_side_bring_their_passage_forward(retrieve):
    passages = retrieve("rye bread")
    assert passages[0].signals.pairs > 0


def test_a_word_counts_as_often_as_it_is_asked_and_the_scale_with_it(retrieve):
    once, twice = retrieve("caraway")[0].signals, retrieve("caraway caraway")[0].signals
    assert twice.lexical == pytest.approx(2 * once.lexical, abs=2e-6)
    assert twice.lexical_scaled == pytest.approx(math.sqrt(2) * once.lexical_scaled, abs=2e-6)
    assert twice.coverage == once.coverage and twice.pairs == once.pairs


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


# Filters that let next to nothing through


COMMON = {f"many/{number}.md": corpora.paragraphs(111, prefix=f"part {number}") for number in range(18)}
RARE = {"rare/few.md": "A pond.\n\nA brook.", "lake/lake.md": corpora.paragraphs(20, prefix="lake")}


@pytest.fixture(scope="module", params=[0, 10_000], ids=["index", "scan"])
def crowd(request, tmp_path_factory):
    """Settings of a store of 2,020 chunks, two of which stand in a folder of their own."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("crowd"), exact_scan_limit=request.param)
    stores.fill(settings, {**COMMON, **RARE})
    return settings


@pytest.mark.parametrize("stems", [("satellit", "orbit"), ("pond",), ()], ids=["held by all others", "held", "none"])
@pytest.mark.parametrize(
    ("folder", "k", "found"), [("rare", 6, 2), ("rare", 1, 1), ("lake", 6, 6), ("lake", 50, 20), ("rare", 50, 2)]
)
def test_a_filter_on_a_thousandth_of_the_chunks_fills_k_or_gives_all_that_match(crowd, stems, folder, k, found):
    with open_index(crowd) as index:
        lexical = Lexical(index.catalog.reading)
        weights = TermWeights.from_frequencies(lexical.frequencies(stems), chunks=index.catalog.chunk_count())
        retriever = Retriever(catalog=index.catalog, dense=index, lexical=lexical, settings=crowd)
        vector, filters = corpora.vector_of("note 1"), Filters(folders=(folder,))
        passages = retriever.retrieve(Query(vector=vector, stems=stems, weights=weights, filters=filters, k=k))
    assert [passage.rank for passage in passages] == list(range(1, found + 1))
    assert {passage.document_id.partition("/")[0] for passage in passages} == {folder}
    assert len({passage.chunk.id for passage in passages}) == found
