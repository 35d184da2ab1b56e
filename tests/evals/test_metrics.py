"""The registry of metrics: each worked out by hand on a small run, and abstention against scikit-learn."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_fscore_support

from evals.metrics import EVERY, LATENCIES, METRICS, Stage, Unit
from evals.scoring import score_all, score_metric

METRIC = {metric.name: metric for metric in EVERY}


@pytest.fixture(scope="module")
def small(facts):
    """Four answerable (right, wrong, abstained from, right), two unanswerable (one abstained from), one follow-up."""
    return [
        facts.judgement(
            1, quotes=2, quotes_read=1, retrieval=facts.retrieval(1, 7), signal=0.9, tokens_read=100,
            answer=facts.answer(citations=2, citations_valid=2, citations_on_gold=1, sentences=2, sentences_cited=2),
        ),
        facts.judgement(
            2, quotes=1, quotes_read=1, retrieval=facts.retrieval(2), signal=0.8, tokens_read=100,
            answer=facts.answer(right=False, exact_match=1.0, words=20, citations_valid=0, characters_on_gold=100),
        ),
        facts.judgement(3, quotes=1, retrieval=facts.retrieval(None), signal=0.2, tokens_read=100, split="test"),
        facts.judgement(
            4, quotes=1, quotes_read=1, retrieval=facts.retrieval(1), signal=0.7, tokens_read=100,
            answer=facts.answer(words=30, citations_on_gold=0, quotes_cited=0, sentences=3, sentences_cited=1),
        ),
        facts.judgement(5, answerable=False, signal=0.1, tokens_read=100, tags=("outside",)),
        facts.judgement(
            6, answerable=False, signal=0.6, tokens_read=100, tags=("outside",),
            answer=facts.answer(right=False, exact_match=None, token_f1=None, words=40, characters_cited=0),
        ),
        facts.judgement(7, not_scored="a follow-up", tags=("follow-up",)),
    ]  # fmt: skip


EXPECTED = {
    "recall@5 of quotes": (3 / 5, 5),
    "recall@10 of quotes": (4 / 5, 5),
    "recall@5 per question": ((1 / 2 + 1 + 0 + 1) / 4, 4),
    "recall@10 per question": ((1 + 1 + 0 + 1) / 4, 4),
    "all evidence@5": (2 / 4, 4),
    "evidence read": (3 / 5, 5),
    "precision@5": (3 / 20, 4),
    "MRR@10": (2.5 / 4, 4),
    "nDCG@10": (((1 + 1 / 3) / (1 + 1 / math.log2(3)) + 1 / math.log2(3) + 0 + 1) / 4, 4),
    "answered right": (2 / 4, 4),
    "right of those answered": (2 / 3, 3),
    "evidence chosen": (2 / 3, 3),
    "exact match": (1 / 3, 3),
    "token F1": (1 / 2, 3),
    "exact match, abstentions counted": (2 / 6, 6),
    "token F1, abstentions counted": (2.5 / 6, 6),
    "answer on gold evidence": (200 / 300, 3),
    "words per answer": (100 / 4, 4),
    "sentences per answer": (7 / 4, 4),
    "citations valid": (4 / 5, 5),
    "sentences cited": (5 / 7, 7),
    "citation precision": (2 / 4, 4),
    "citation recall": (2 / 4, 4),
    "wrongly abstained": (1 / 4, 4),
    "abstention recall": (1 / 2, 2),
    "abstention precision": (1 / 2, 2),
    "abstention F1": (1 / 2, 6),
    "AUROC of answerable": (7 / 8, 6),
    "risk-coverage area": ((0 + 1 / 2 + 1 / 3 + 2 / 4) / 4, 4),
    "tokens read": (100.0, 6),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_metric_of_a_small_run_worked_out_by_hand(facts, small, name):
    score = score_metric(METRIC[name], facts.scored(small))
    assert (score.value, score.n) == (pytest.approx(EXPECTED[name][0]), EXPECTED[name][1])


def test_words_shared_with_the_quotes_are_counted_over_all_questions(facts):
    near = facts.retrieval(1, evidence_tokens=10, passage_tokens=40, shared_tokens=10)
    far = facts.retrieval(None, evidence_tokens=30, passage_tokens=60, shared_tokens=0)
    whole_document = facts.retrieval(1)
    judgements = [facts.judgement(number, retrieval=found) for number, found in enumerate([near, far, whole_document])]
    scores = {score.name: (score.value, score.n) for score in score_all(facts.scored(judgements))}
    assert scores["token recall@5"] == (10 / 40, 2)
    assert scores["token precision@5"] == (10 / 100, 2)
    assert scores["token IoU@5"] == (pytest.approx(10 / 130), 2)


def test_the_evidence_score_tells_what_has_an_answer_whatever_the_confidence(facts):
    known = facts.judgement(1, answer=facts.answer(), signal=0.9, confidence=0.1)
    unknown = facts.judgement(2, answerable=False, signal=0.2, confidence=0.3)
    scores = {score.name: score.value for score in score_all(facts.scored([known, unknown]))}
    assert scores["AUROC of answerable"] == 1


def test_confidence_takes_the_place_of_the_raw_signal_and_can_be_calibrated(facts):
    answers = [facts.answer(), facts.answer(right=False)]
    judgements = [
        facts.judgement(number, answer=answer, signal=0.5, confidence=confidence)
        for number, (answer, confidence) in enumerate(zip(answers, [0.9, 0.4], strict=True))
    ]
    scores = {score.name: score.value for score in score_all(facts.scored(judgements))}
    assert scores["calibration error"] == pytest.approx((0.1 + 0.4) / 2)
    assert scores["risk-coverage area"] == pytest.approx((0 + 1 / 2) / 2)


def test_what_is_said_of_the_corpus_counts_as_right_or_wrong_but_not_by_its_words(facts):
    said = facts.judgement(catalog_reply=True, quotes=1, answer=facts.answer(citations=0, sentences_cited=0))
    scores = {score.name: score.value for score in score_all(facts.scored([said]))}
    assert scores["answered right"] == 1
    names = ("evidence read", "words per answer", "sentences cited", "tokens read", "AUROC of answerable")
    assert {scores[name] for name in names} == {None}


def test_latencies_are_quantiles_of_what_was_asked(facts):
    asked = [
        one
        for number in range(1, 101)
        for one in facts.scored([facts.judgement(number)], milliseconds=float(number))
    ]  # fmt: skip
    follow_up = facts.scored([facts.judgement(not_scored="a follow-up")], milliseconds=1e6)
    values = {score.name: (score.value, score.n) for score in score_all(asked + follow_up, metrics=LATENCIES)}
    assert values["latency p50"] == (50.0, 100)
    assert values["latency p95"] == (95.0, 100)
    assert values["retrieval p95"] == (47.5, 100)
    assert values["generation p50"] == (0.0, 100)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30))
def test_abstention_scores_equal_scikit_learns(facts, pairs):
    judgements = [
        facts.judgement(number, answerable=answerable, answer=facts.answer() if answered else None)
        for number, (answerable, answered) in enumerate(pairs)
    ]
    scored = facts.scored(judgements)
    values = {name: score_metric(METRIC[f"abstention {name}"], scored).value for name in ("precision", "recall", "F1")}
    unanswerable, abstained = [not answerable for answerable, _ in pairs], [not answered for _, answered in pairs]
    expected = precision_recall_fscore_support(
        unanswerable, abstained, average="binary", zero_division=float("nan")
    )[:3]  # fmt: skip
    known = {name: value for name, value in zip(values, expected, strict=True) if values[name] is not None}
    assert {name: values[name] for name in known} == pytest.approx(known, abs=1e-9)
    assert (values["precision"] is None, values["recall"] is None) == (not any(abstained), not any(unanswerable))


def test_names_are_unique_and_every_stage_has_a_metric():
    assert len(METRIC) == len(EVERY)
    assert {metric.stage for metric in METRICS} == set(Stage)


def test_only_lengths_have_no_better_direction_and_wall_times_are_apart():
    neutral = {metric.unit for metric in EVERY if metric.higher_is_better is None}
    assert neutral == {Unit.WORDS, Unit.SENTENCES}
    assert {metric.unit for metric in LATENCIES} == {Unit.MILLISECONDS}
    assert Unit.MILLISECONDS not in {metric.unit for metric in METRICS}


def test_a_ranking_without_an_answer_counts_as_retrieval_alone(facts):
    found = facts.judgement(1, retrieval=facts.retrieval(1), retrieval_only=True)
    scores = {score.name for score in score_all(facts.scored([found], milliseconds=5.0)) if score.value is not None}
    assert {"nDCG@10", "recall@5 per question"} < scores
    assert not scores & {"answered right", "wrongly abstained", "abstention F1", "tokens read"}
    timed = score_all(facts.scored([found], milliseconds=5.0), metrics=LATENCIES)
    assert {score.name: score.value for score in timed}["generation p50"] is None
