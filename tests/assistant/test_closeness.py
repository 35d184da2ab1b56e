"""How close a chunk is, beyond its own vector and its BM25 score."""

import numpy as np
import pytest

from assistant.closeness import measure_closeness
from assistant.evidence import TermWeights

WEIGHTS = TermWeights(weights={"solar": 4.0, "sail": 3.0, "launch": 2.0}, absent=frozenset())
QUESTION = np.array([1.0, 0.0], dtype=np.float32)


class Held:
    def __init__(self, terms, vectors=None):
        self._terms, self._vectors = terms, vectors or {}

    def terms_of(self, chunk_ids):
        return {name: self._terms[name] for name in chunk_ids if name in self._terms}

    def sentence_vectors(self, chunk_ids):
        return {name: np.array(self._vectors[name], np.float32) for name in chunk_ids if name in self._vectors}


def measure(terms, vectors=None, stems=("solar", "sail", "launch")):
    held = Held({"c": terms}, vectors and {"c": vectors})
    found = measure_closeness(
        ["c"], vector=QUESTION, stems=stems, weights=WEIGHTS, sentences=held, terms=held
    )  # fmt: skip
    return found["c"]


def test_the_best_sentence_speaks_for_its_chunk():
    assert measure([[], []], [[0.2, 0.9], [0.8, 0.6]]).sentence == 0.8


def test_a_chunk_without_a_whole_sentence_has_no_similarity_of_one():
    assert measure([[], []]).sentence is None


def test_coverage_is_the_share_of_the_weight_that_is_held_wherever_it_stands():
    assert measure([["launch"], ["solar", "panel"]]).coverage == round(6 / 9, 6)


def test_words_that_stand_side_by_side_count_by_the_rarer_ones_lesser_weight():
    assert measure([[], ["solar", "sail"]]).pairs == 1.0  # 3 over the root of 9
    assert measure([[], ["sail", "solar"]]).pairs == 0.0
    assert measure([["solar"], ["sail"]]).pairs == 0.0  # the title's end and the text's start are not neighbours


def test_a_pair_counts_once_however_often_it_is_asked_and_found():
    stems = ("solar", "sail", "solar", "sail")
    assert measure([["solar", "sail"], ["solar", "sail"]], stems=stems).pairs == 1.0


@pytest.mark.parametrize("stems", [(), ("sail",), ("sail", "sail")])
def test_a_question_without_two_different_neighbours_has_no_pairs(stems):
    assert measure([[], ["sail", "sail"]], stems=stems).pairs == 0.0
