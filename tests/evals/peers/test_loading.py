"""Samples are drawn by seed, and the relevant documents are always among them."""

from dataclasses import replace

import pytest

from evals.peers.loading import draw_sample, load_set, write_files


def test_questions_without_a_relevant_document_are_left_out(benchmark_folder):
    loaded = load_set(benchmark_folder)
    assert {question.id: dict(question.grades) for question in loaded.questions} == {
        "q1": {"d1": 2},
        "q2": {"d2": 1},
        "q4": {"d3": 1},
    }
    assert [document.id for document in loaded.documents] == ["d1", "d2", "d3", "d4"]


@pytest.mark.parametrize("seed", range(5))
def test_a_sample_holds_the_relevant_documents_of_its_questions(benchmark_folder, seed):
    drawn = draw_sample(load_set(benchmark_folder), documents=3, questions=2, seed=seed)
    assert len(drawn.questions) == 2
    assert len(drawn.documents) == 3
    assert {name for one in drawn.questions for name in one.grades} <= {document.id for document in drawn.documents}


def test_the_same_seed_draws_the_same(benchmark_folder):
    whole = load_set(benchmark_folder)
    assert draw_sample(whole, documents=2, questions=1, seed=7) == draw_sample(whole, documents=2, questions=1, seed=7)


def test_relevant_documents_are_kept_even_if_they_are_too_many(benchmark_folder):
    drawn = draw_sample(load_set(benchmark_folder), documents=1, questions=None, seed=0)
    assert [document.id for document in drawn.documents] == ["d1", "d2", "d3"]


def test_without_limits_everything_is_drawn(benchmark_folder):
    whole = load_set(benchmark_folder)
    assert draw_sample(whole, documents=None, questions=None, seed=0) == whole


def test_an_impossible_sample_is_refused(benchmark_folder):
    whole = load_set(benchmark_folder)
    with pytest.raises(ValueError, match="at least one document"):
        draw_sample(whole, documents=0, questions=1, seed=0)
    with pytest.raises(ValueError, match="no question whose relevant documents are known"):
        draw_sample(replace(whole, questions=()), documents=1, questions=1, seed=0)


def test_files_begin_with_the_title(benchmark_folder, tmp_path):
    names = write_files(load_set(benchmark_folder), tmp_path / "files")
    texts = {name: (tmp_path / "files" / file).read_text(encoding="utf-8") for file, name in names.items()}
    assert texts["d3"] == "Rye bread\n\nThe dough of rye bread rests for sixteen hours.\n"
    assert texts["d4"] == "Honey is harvested in late July.\n"
