import importlib.util
import math
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.catalog import Catalog, CatalogChange
from assistant.lexical import Lexical
from assistant.terms import content_terms, stems

spec = importlib.util.spec_from_file_location("corpora", Path(__file__).with_name("corpora.py"))
corpora = importlib.util.module_from_spec(spec)
spec.loader.exec_module(corpora)

TEXTS = {
    "moon.md": "Landers touched the Moon.\n\nIce hides in craters of the Moon and Moon dust is sharp.",
    "mars.md": "Mars rovers roll over dust.\n\nNobody landed on Venus with a rover.",
    "law.md": "Treaties bind states.\n\nA treaty on the Moon found few states.\n\nStates sign.",
}


@pytest.fixture
def catalog(tmp_path):
    with Catalog.open(tmp_path, write=True) as opened:
        opened.set_source(corpora.SOURCE)
        opened.apply(corpora.change_of(TEXTS))
        yield opened


@pytest.fixture
def lexical(catalog):
    return Lexical(catalog.reading)


def bodies(catalog, ranking):
    places = catalog.place([hit.chunk_id for hit in ranking.hits])
    return [places[hit.chunk_id][0].chunk.text for hit in ranking.hits]


def bm25(catalog, terms):
    """A second implementation of the formula, over the words of each chunk's context and text."""
    places = {name: found[0].chunk for name, found in catalog.place(catalog.vectors().ids).items()}
    words = {name: Counter(stems(chunk.context) + stems(chunk.text)) for name, chunk in places.items()}
    mean = sum(count.total() for count in words.values()) / len(words)
    scores = {}
    for name, counts in words.items():
        for term in (term for term in terms if term in counts):
            holding = sum(term in other for other in words.values())
            idf = max(math.log((len(words) - holding + 0.5) / (holding + 0.5)), 1e-6)
            tf = counts[term]
            scores[name] = scores.get(name, 0) + idf * tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * counts.total() / mean))
    return scores


def test_scores_are_those_of_the_formula(catalog, lexical):
    terms = stems("Which treaties on Moon dust did states sign?")
    found, expected = lexical.search(terms, k=10).scores(), bm25(catalog, terms)
    assert set(found) == set(expected)
    assert found == pytest.approx(expected, abs=2e-6)


def test_a_term_adds_its_score_as_often_as_it_is_asked(catalog, lexical):
    terms = ["moon", "dust", "moon", "moon"]
    once, found = lexical.search(["moon"], k=10).scores(), lexical.search(terms, k=10).scores()
    assert found == pytest.approx(bm25(catalog, terms), abs=2e-6)
    assert lexical.search(["moon"] * 3, k=10).scores() == pytest.approx({c: 3 * s for c, s in once.items()}, abs=3e-6)


def test_other_forms_of_a_word_are_found_and_any_term_will_do(catalog, lexical):
    found = bodies(catalog, lexical.search(stems("treaty landings"), k=5))
    assert set(found) == {
        "Treaties bind states.",
        "A treaty on the Moon found few states.",
        "Nobody landed on Venus with a rover.",
    }


def test_hits_are_ranked_best_first_and_cut(lexical):
    full = lexical.search(["moon", "dust"], k=10).hits
    assert [hit.score for hit in full] == sorted((hit.score for hit in full), reverse=True)
    assert lexical.search(["moon", "dust"], k=2).hits == full[:2]
    with pytest.raises(ValueError, match="at least 1"):
        lexical.search(["moon"], k=0)


def test_only_allowed_chunks_are_returned(catalog, lexical):
    everything = lexical.search(["moon"], k=10)
    (first, *_) = (hit.chunk_id for hit in everything.hits)
    assert [hit.chunk_id for hit in lexical.search(["moon"], k=10, allowed=frozenset({first, "x"})).hits] == [first]
    assert lexical.search(["moon"], k=10, allowed=frozenset()).hits == ()


def test_the_stems_of_a_chunk_come_back_in_order(catalog, lexical):
    (hit,) = lexical.search(stems("rover"), k=1).hits
    context, body = lexical.terms_of([hit.chunk_id, "unknown"])[hit.chunk_id]
    assert body == stems("Nobody landed on Venus with a rover.")
    assert set(stems("treaty")).isdisjoint(context)


def test_no_terms_find_nothing(lexical):
    assert lexical.search([], k=3).hits == ()
    assert lexical.search(["", " "], k=3).hits == ()


def test_equal_scores_are_ordered_by_id_across_the_cut(catalog, lexical):
    catalog.apply(corpora.change_of({f"t{n}": f"comet {n:03d}x" for n in range(80)}))
    whole = [hit.chunk_id for hit in lexical.search(["comet"], k=80).hits]
    assert whole == sorted(whole)
    for k in (1, 7, 50):
        assert [hit.chunk_id for hit in lexical.search(["comet"], k=k).hits] == whole[:k]


def test_what_is_removed_is_not_found(catalog, lexical):
    catalog.apply(CatalogChange(removed=["law.md"]))
    assert lexical.search(["treati"], k=5).hits == ()
    assert lexical.frequencies(["treati", "moon"]) == {"treati": 0, "moon": 2}


def test_it_reads_on_the_snapshot_of_the_catalog(catalog, lexical, tmp_path):
    with Catalog.open(tmp_path) as reader, reader.snapshot():
        before = Lexical(reader.reading).search(["treati"], k=5)
        catalog.apply(CatalogChange(removed=["law.md"]))
        assert Lexical(reader.reading).search(["treati"], k=5) == before
        assert lexical.search(["treati"], k=5).hits == ()


hostile = st.sampled_from(['"', "*", "NEAR(", "AND", "OR", "NOT", "body:", "^", "-", "(", "'", ";--", "\\", "{", "+"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(hostile, st.text(max_size=8)), max_size=6))
def test_terms_are_data(terms):
    terms = [term for term in terms if term.isprintable()]
    shared = _shared()
    ranking = shared.search([*terms, "moon"], k=10)
    assert set(shared.search(["moon"], k=10).scores()) <= set(ranking.scores())


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_every_term_of_a_text_finds_it(text):
    if any("\ud800" <= character <= "\udfff" or character == "\0" for character in text):
        return
    with tempfile.TemporaryDirectory() as folder, Catalog.open(Path(folder), write=True) as catalog:
        catalog.set_source(corpora.SOURCE)
        catalog.apply(corpora.change_of({"a": text}))
        lexical = Lexical(catalog.reading)
        for places in catalog.place(catalog.vectors().ids).values():
            for term in content_terms(places[0].chunk.text):
                assert places[0].chunk.id in lexical.search([term.stem], k=50).scores(), term
                assert lexical.frequencies([term.stem])[term.stem] >= 1


_kept = []


def _shared():
    """One catalog for all examples of a property."""
    if not _kept:
        catalog = Catalog.open(Path(tempfile.mkdtemp()), write=True)
        catalog.set_source(corpora.SOURCE)
        catalog.apply(corpora.change_of(TEXTS))
        _kept.append(Lexical(catalog.reading))
    return _kept[0]
