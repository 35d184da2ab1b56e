"""A benchmark is indexed once, ranked as trec_eval would, and answered as far as it has gold for that."""

import ir_measures
import pytest
from ir_measures import RR, Qrel, R, ScoredDoc, nDCG

from assistant.settings import Settings
from assistant.types import Span
from assistant.wiring import open_assistant
from evals.benchmarks.loading import load_benchmark
from evals.benchmarks.session import DEPTH, run_benchmark
from evals.benchmarks.store import moved_span, prepare
from evals.comparison import Verdict, compare_runs
from evals.facts import Outcome
from evals.folder import load_run
from evals.scoring import score_all
from ingest.normalise import verbatim


def quiet(*_):
    pass


@pytest.fixture
def ready(models_dir, tmp_path):
    def make(path, **changes):
        settings = Settings(models_dir=models_dir, **changes)
        return prepare(load_benchmark(path), settings=settings, work=tmp_path / "work", progress=quiet)

    return make


def score(finished, name):
    return next(one.value for one in finished.groups[0].scores if one.name == name)


def test_documents_are_indexed_once_and_again_when_they_or_the_chunks_change(folder, ready):
    first = ready(folder)
    assert len(first.report.added) == 3
    assert ready(folder).report.nothing_done
    assert ready(folder, dense_weight=0.1).settings.data_dir == first.settings.data_dir
    assert len(ready(folder, chunk_tokens=64).report.added) == 3
    (folder / "docs.jsonl").write_text((folder / "docs.jsonl").read_text().replace("1931", "1932"))
    changed = ready(folder)
    assert len(changed.report.added) == 3 and changed.settings.data_dir != first.settings.data_dir


def test_answers_and_abstentions_are_measured_where_the_set_has_gold(folder, ready):
    finished = run_benchmark(ready(folder), retrieval_only=False, out=None, progress=quiet)
    outcomes = {record.id: record.judgement.outcome for record in finished.run.records}
    assert outcomes["q1"] is Outcome.RIGHT and outcomes["q3"] is Outcome.RIGHTLY_ABSTAINED
    assert score(finished, "abstention recall") == 1.0
    assert score(finished, "exact match, abstentions counted") is not None
    (span,) = (one for one in finished.run.records if one.id == "q4")
    assert span.judgement.retrieval.items[0].rank == 1
    assert finished.manifest["gold"]["benchmark"] == "house"


def test_retrieval_alone_asks_nothing(folder, ready):
    finished = run_benchmark(ready(folder), retrieval_only=True, out=None, progress=quiet)
    assert {record.answer for record in finished.run.records} == {None}
    assert score(finished, "nDCG@10") == 1.0
    assert [score(finished, name) for name in ("answered right", "wrongly abstained", "abstention F1")] == [None] * 3
    assert [one.judgement.not_scored is None for one in finished.run.records] == [True, True, False, True]


def test_a_set_without_answers_is_never_asked(beir, ready):
    finished = run_benchmark(ready(beir), retrieval_only=False, out=None, progress=quiet, timed=True)
    (record,) = finished.run.records
    assert record.answer is None and record.judgement.retrieval.items[0].grade == 2
    assert {one.name for one in finished.latencies if one.value is not None} >= {"latency p50", "retrieval p95"}
    assert all(one.value is None for one in finished.latencies if one.name.startswith("evidence"))


@pytest.mark.parametrize("form", ["squad", "rag"])
def test_every_form_runs(form, request, ready):
    finished = run_benchmark(ready(request.getfixturevalue(form)), retrieval_only=False, out=None, progress=quiet)
    assert score(finished, "nDCG@10") > 0.5


def test_a_run_is_written_resumed_and_compared(folder, ready, tmp_path):
    plain = run_benchmark(ready(folder), retrieval_only=False, out=tmp_path / "a", progress=quiet)
    run_benchmark(ready(folder, abstain_below=1.0), retrieval_only=False, out=tmp_path / "b", progress=quiet)
    comparison = compare_runs(load_run(tmp_path / "a"), load_run(tmp_path / "b"))
    assert {one.metric.name: one.verdict for one in comparison.differences}["nDCG@10"] is Verdict.NOISE
    assert [one.judgement for one in load_run(tmp_path / "a").records] == [one.judgement for one in plain.run.records]


def test_document_rankings_score_as_trec_eval_scores_them(folder, ready):
    prepared = ready(folder)
    finished = run_benchmark(prepared, retrieval_only=True, out=None, progress=quiet)
    known = {document.id for document in prepared.benchmark.documents}
    qrels, run = [], []
    with open_assistant(prepared.settings) as assistant:
        for question in prepared.benchmark.questions:
            if not question.grades or question.spans:
                continue
            qrels += [Qrel(question.id, name, grade) for name, grade in question.grades.items()]
            best = dict.fromkeys(one.document_id for one in assistant.search(question.question, top_k=DEPTH))
            run += [ScoredDoc(question.id, name, -rank) for rank, name in enumerate(best) if name in known]
    expected = ir_measures.calc_aggregate([nDCG @ 10, R @ 5, RR @ 10], qrels, run)
    judged = [one for one in finished.run.scored if one.judgement.question_id in {"q1", "q2"}]
    ours = {one.name: one.value for one in score_all(judged)}
    assert ours["nDCG@10"] == pytest.approx(expected[nDCG @ 10], abs=1e-9)
    assert ours["recall@5 per question"] == pytest.approx(expected[R @ 5], abs=1e-9)
    assert ours["MRR@10"] == pytest.approx(expected[RR @ 10], abs=1e-9)


def test_spans_move_with_the_normalisation():
    raw = "A\tword,\r\nthen\u200b the gold words."
    clean = verbatim(raw)
    start = raw.index("gold")
    moved = moved_span(Span(start=start, end=start + 10), raw, clean)
    assert clean[moved.start : moved.end] == "gold words"
    assert moved_span(Span(start=1, end=2), clean, clean) == Span(start=1, end=2)
