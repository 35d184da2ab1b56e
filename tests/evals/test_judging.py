"""One answer against its gold question."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evals.judging import citation_is_valid, count_found, judge, share_on_evidence

ADA = "Ada wrote the first program."


def test_a_right_answer_on_its_evidence(maker):
    question = maker.question(evidence=[maker.evidence("a.md", "Ada wrote")])
    answer = maker.answer("Who?", maker.citation("a.md", ADA), passages=[maker.passage("a.md", 0, 40)])
    judgement = judge(question, answer, documents=maker.documents)
    assert (judgement.abstained, judgement.right) == (False, True)
    assert (judgement.quotes, judgement.quotes_found) == (1, 1)
    assert judgement.on_evidence == pytest.approx(9 / 28)
    assert (judgement.citations, judgement.citations_valid) == (1, 1)
    assert (judgement.words, judgement.sentences) == (5, 1)


def test_an_abstention_from_an_answerable_question_is_not_right(maker):
    question = maker.question(evidence=[maker.evidence("a.md", "Ada wrote")])
    judgement = judge(question, maker.abstention("Who?"), documents=maker.documents)
    assert (judgement.abstained, judgement.right, judgement.words, judgement.on_evidence) == (True, False, None, None)
    assert (judgement.quotes, judgement.quotes_found) == (1, 0)


def test_an_unanswerable_question_has_no_right_answer_and_no_quotes(maker):
    question = maker.unanswerable(evidence=[maker.evidence("a.md", "Ada wrote")])
    judgement = judge(question, maker.answer("Why?", maker.citation("a.md", ADA)), documents=maker.documents)
    assert (judgement.right, judgement.abstained, judgement.quotes) == (None, False, 0)


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [(0, 5, 1), (0, 4, 0), (4, 40, 1), (5, 40, 0), (20, 40, 0)],
)
def test_a_passage_is_relevant_from_half_of_a_quote_on(maker, start, end, found):
    evidence = [maker.evidence("a.md", "Ada wrote")]  # nine characters: five are half
    assert count_found(evidence, [maker.passage("a.md", start, end)]) == found


def test_a_quote_counts_once_and_only_within_the_first_five(maker):
    evidence = [maker.evidence("a.md", "Ada wrote"), maker.evidence("b.md")]
    whole = maker.passage("a.md", 0, 20)
    other = maker.passage("a.md", 30, 40)
    assert count_found(evidence, [whole, whole, maker.passage("b.md", 0, 3)]) == 2
    assert count_found(evidence, [other] * 5 + [whole]) == 0
    assert count_found(evidence, [other] * 4 + [whole]) == 1


def test_the_same_place_of_another_document_is_not_relevant(maker):
    assert count_found([maker.evidence("a.md", "Ada wrote")], [maker.passage("b.md", 0, 9)]) == 0


def test_cited_characters_count_once_however_often_they_are_cited(maker):
    evidence = [maker.evidence("a.md", "Ada")]
    citations = [maker.citation("a.md", "Ada wrote"), maker.citation("a.md", "Ada")]
    assert share_on_evidence(citations, evidence) == pytest.approx(3 / 9)
    assert share_on_evidence([maker.citation("b.md", "Babbage")], evidence) == 0.0
    assert share_on_evidence([maker.citation("b.md", "Babbage")], [maker.evidence("b.md")]) == 1.0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 39), st.integers(1, 40), st.integers(0, 39), st.integers(1, 40))
def test_the_share_on_evidence_of_single_spans_is_their_overlap(maker, start, size, gold_start, gold_size):
    maker = maker.over({"a": "".join(chr(0x4E00 + offset) for offset in range(80))})
    text = maker.documents.document("a").text
    citation = maker.citation("a", text[start : start + size])
    evidence = maker.evidence("a", text[gold_start : gold_start + gold_size])
    overlap = max(0, min(start + size, gold_start + gold_size) - max(start, gold_start))
    assert share_on_evidence([citation], [evidence]) == pytest.approx(overlap / size)


def test_a_citation_is_valid_only_while_its_span_of_that_content_holds_the_quote(maker):
    citation = maker.citation("a.md", ADA)
    shifted = replace(citation, start=1, end=citation.end + 1)
    assert citation_is_valid(citation, documents=maker.documents)
    assert not citation_is_valid(shifted, documents=maker.documents)
    assert not citation_is_valid(replace(citation, digest="0" * 64), documents=maker.documents)
    assert not citation_is_valid(replace(citation, document_id="gone.md"), documents=maker.documents)
