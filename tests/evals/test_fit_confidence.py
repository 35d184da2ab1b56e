"""What the packaged calibration is fitted on, and what it is judged by, have no question in common."""

import json

import numpy as np
import pytest

from evals.calibrating import Examples
from evals.fit_confidence import MOST_QUESTIONS, draw_evenly, natural_rows, squad_rows
from evals.reader.questions import is_development, is_held_back


@pytest.fixture
def benchmark(tmp_path):
    """Sixty articles with three questions each."""
    titles = [f"Article {number}" for number in range(60)]
    documents = [{"id": f"d{number}", "title": title, "text": ""} for number, title in enumerate(titles)]
    questions = [
        {
            "id": f"d{number}-{part}",
            "answerable": True,
            "gold_docs": [f"d{number}"],
            "meta": {"source_doc": f"d{number}"},
        }
        for number in range(60)
        for part in range(3)
    ]
    for name, rows in (("docs", documents), ("questions", questions)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def test_articles_are_for_the_fit_or_for_the_report_and_the_reader_saw_none(benchmark):
    fitted, reported = (list(squad_rows(benchmark, test=test)) for test in (False, True))
    titles = [{f"Article {row['meta']['source_doc'][1:]}" for row in rows} for rows in (fitted, reported)]
    assert all(is_development(title) and is_held_back(title) for title in titles[0])
    assert not any(is_development(title) for title in titles[1])
    assert fitted and reported


def test_every_second_natural_question_loses_its_documents_in_both_halves(benchmark):
    fitted, reported = (list(natural_rows(benchmark, test=test)) for test in (False, True))
    assert not {row["id"] for row in fitted} & {row["id"] for row in reported}
    for rows in (fitted, reported):
        assert [row["answerable"] for row in rows] == [number % 2 == 0 for number in range(len(rows))]


@pytest.mark.parametrize("size", [3, MOST_QUESTIONS, 2 * MOST_QUESTIONS, 1330, 2000])
def test_a_draw_is_small_and_keeps_both_kinds_of_a_row(size):
    drawn = draw_evenly([{"number": number} for number in range(size)])
    assert min(size, MOST_QUESTIONS // 3) <= len(drawn) <= MOST_QUESTIONS
    odd = sum(row["number"] % 2 for row in drawn)
    assert abs(2 * odd - len(drawn)) <= 1


def test_collections_of_any_size_weigh_the_same():
    small, large = (Examples(signals=np.zeros((size, 2)), right=np.ones(size)) for size in (5, 20))
    together = Examples.of_collections([small, large])
    assert together.shares[:5].sum() == pytest.approx(together.shares[5:].sum())
    assert together.shares.mean() == pytest.approx(1)
    assert together.some(np.arange(25) < 5).shares == pytest.approx(np.full(5, 2.5))
