"""One answer against its gold question."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.types import Span
from evals.judging import citation_is_valid, find_items, judge, judge_ranking, not_scored

ADA = "Ada wrote the first program."


def ranks(items):
    return [item.rank for item in items]


def judge_simply(maker, question, answer, ranking=()):
    return judge(question, answer, ranking=ranking, documents=maker.documents)


def test_a_right_answer_on_its_evidence(maker):
    question = maker.question(evidence=[maker.evidence("a.md", "Ada wrote")])
    answer = maker.answer("Who?", maker.citation("a.md", ADA), passages=(maker.passage("a.md", 0, 40),))
    judgement = judge_simply(maker, question, answer)
    assert (judgement.abstained, judgement.answer.right) == (False, True)
    assert (judgement.quotes, judgement.quotes_read, judgement.answer.quotes_cited) == (1, 1, 1)
    assert (judgement.answer.characters_on_gold, judgement.answer.characters_cited) == (9, 28)
    assert (judgement.answer.citations, judgement.answer.citations_valid) == (1, 1)
    assert (judgement.answer.words, judgement.answer.sentences, judgement.answer.sentences_cited) == (5, 1, 1)


def test_an_abstention_has_no_answer_facts_but_retrieval_is_judged(maker):
    question = maker.question(evidence=[maker.evidence("a.md", "Ada wrote")])
    judgement = judge_simply(maker, question, maker.abstention("Who?"), [maker.passage("a.md", 0, 40)])
    assert (judgement.abstained, judgement.answer) == (True, None)
    assert (judgement.quotes, judgement.quotes_read) == (1, 0)
    assert ranks(judgement.retrieval.items) == [1]


def test_an_unanswerable_question_has_no_right_answer_no_quotes_and_no_ranking(maker):
    question = maker.unanswerable(evidence=[maker.evidence("a.md", "Ada wrote")])
    judgement = judge_simply(maker, question, maker.answer("Why?", maker.citation("a.md", ADA)))
    assert (judgement.answer.right, judgement.quotes, judgement.retrieval) == (False, 0, None)
    assert (judgement.answer.exact_match, judgement.answer.token_f1) == (None, None)
    assert (judgement.answer.characters_cited, judgement.answer.citations_on_gold) == (0, 0)


def test_without_accepted_answers_rightness_is_not_known(maker):
    judgement = judge_simply(maker, maker.question(answers=()), maker.answer("Who?", maker.citation("a.md", ADA)))
    assert judgement.answer.right is None


def test_parts_decide_rightness_and_have_no_squad_scores(maker):
    question = maker.question(answers=("Ada",), answer_parts=(("Ada",), ("Babbage",)))
    answer = judge_simply(maker, question, maker.answer("Who?", maker.citation("a.md", ADA))).answer
    assert (answer.right, answer.exact_match, answer.token_f1) == (False, None, None)


def test_squad_scores_are_of_the_short_answer_where_there_is_one(maker):
    long = maker.answer("Who?", maker.citation("a.md", ADA))
    assert judge_simply(maker, maker.question(), long).answer.exact_match == 0.0
    assert judge_simply(maker, maker.question(), replace(long, short_answer="Ada")).answer.exact_match == 1.0


def test_a_reply_about_the_corpus_is_marked(maker):
    judgement = judge_simply(maker, maker.question(), maker.catalog_reply("Who?", "Ada is one of 2 documents."))
    assert (judgement.catalog_reply, judgement.answer.right) == (True, True)
    assert (judgement.answer.sentences, judgement.answer.sentences_cited) == (1, 0)


def test_a_question_that_was_not_asked_says_why(maker):
    judgement = not_scored(maker.question(), why="a follow-up")
    assert (judgement.not_scored, judgement.abstained, judgement.answer) == ("a follow-up", False, None)


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [(0, 5, 1), (0, 4, None), (4, 40, 1), (5, 40, None), (20, 40, None)],
)
def test_a_passage_is_relevant_from_half_of_a_quote_on(maker, start, end, found):
    evidence = [maker.evidence("a.md", "Ada wrote")]  # nine characters: five are half
    assert ranks(find_items(evidence, [maker.passage("a.md", start, end)])) == [found]


def test_a_quote_counts_at_the_first_passage_that_holds_it(maker):
    whole, other = maker.passage("a.md", 0, 20), maker.passage("a.md", 30, 40)
    assert ranks(find_items([maker.evidence("a.md", "Ada wrote")], [other, other, whole, whole])) == [3]


def test_the_same_place_of_another_document_is_not_relevant(maker):
    assert ranks(find_items([maker.evidence("a.md", "Ada wrote")], [maker.passage("b.md", 0, 9)])) == [None]


def test_evidence_is_found_in_an_equal_document_of_another_name(maker):
    maker = maker.over({"a.md": ADA, "copy.md": ADA})
    assert ranks(find_items([maker.evidence("a.md", "Ada wrote")], [maker.passage("copy.md", 0, 20)])) == [1]


def test_a_quote_and_a_whole_document_are_judged_over_the_same_passages(maker):
    evidence = [maker.evidence("a.md", "Ada wrote"), maker.evidence("b.md")]
    ranking = [maker.passage("a.md", 30, 40), maker.passage("b.md", 0, 3), maker.passage("a.md", 0, 20)]
    found = judge_ranking(evidence, ranking, documents=maker.documents)
    assert (ranks(found.items), found.relevant_ranks, found.ranked) == ([3, 2], (2, 3), 3)


def test_where_only_whole_documents_are_judged_documents_are_ranked(maker):
    ranking = [maker.passage("a.md", 0, 9), maker.passage("a.md", 9, 20), maker.passage("b.md", 0, 3)]
    found = judge_ranking([maker.evidence("b.md", grade=2)], ranking, documents=maker.documents)
    assert (ranks(found.items), found.relevant_ranks, found.ranked) == ([2], (2,), 2)
    assert (found.items[0].grade, found.evidence_tokens, found.passage_tokens) == (2, 0, 0)


def test_words_are_compared_by_place_within_the_first_five_passages(maker):
    evidence = [maker.evidence("a.md", "Ada wrote the")]
    near, far = maker.passage("a.md", 4, 20), maker.passage("b.md", 0, 7)
    found = judge_ranking(evidence, [near, near, far], documents=maker.documents)
    assert (found.evidence_tokens, found.passage_tokens, found.shared_tokens) == (3, 4, 2)
    assert judge_ranking(evidence, [far] * 5 + [near], documents=maker.documents).shared_tokens == 0


def test_of_a_quote_that_occurs_twice_the_occurrence_that_was_read_counts(maker):
    maker = maker.over({"a.md": "Ada wrote it. Babbage built it. Ada wrote it."})
    evidence = replace(maker.evidence("a.md", "Ada wrote it."), spans=(Span(start=0, end=13), Span(start=32, end=45)))
    for start, end in ((0, 13), (32, 45)):
        found = judge_ranking([evidence], [maker.passage("a.md", start, end)], documents=maker.documents)
        assert (found.evidence_tokens, found.shared_tokens) == (3, 3)
    found = judge_ranking([evidence], [maker.passage("a.md", 14, 31)], documents=maker.documents)
    assert (found.evidence_tokens, found.shared_tokens) == (3, 0)


def test_cited_characters_count_once_however_often_they_are_cited(maker):
    question = maker.question(evidence=[maker.evidence("a.md", "Ada")])
    citations = [maker.citation("a.md", "Ada wrote"), maker.citation("a.md", "Ada", marker=2)]
    answer = judge_simply(maker, question, maker.answer("Who?", *citations)).answer
    assert (answer.characters_on_gold, answer.characters_cited) == (3, 9)
    assert (answer.citations_on_gold, answer.citations) == (1, 2)


def test_any_citation_of_a_whole_document_is_on_gold(maker):
    question = maker.question(evidence=[maker.evidence("b.md")])
    answer = judge_simply(maker, question, maker.answer("Who?", maker.citation("b.md", "Babbage"))).answer
    assert (answer.characters_on_gold, answer.citations_on_gold, answer.quotes_cited) == (7, 1, 1)


def test_a_citation_elsewhere_is_not_on_gold(maker):
    question = maker.question(evidence=[maker.evidence("a.md", "Ada")])
    answer = judge_simply(maker, question, maker.answer("Who?", maker.citation("b.md", "Babbage"))).answer
    assert (answer.characters_on_gold, answer.citations_on_gold, answer.quotes_cited) == (0, 0, 0)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(0, 39), st.integers(1, 40), st.integers(0, 39), st.integers(1, 40))
def test_characters_on_gold_of_single_spans_are_their_overlap(maker, start, size, gold_start, gold_size):
    maker = maker.over({"a": "".join(chr(0x4E00 + offset) for offset in range(80))})
    text = maker.documents.document("a").text
    evidence = maker.evidence("a", text[gold_start : gold_start + gold_size])
    citation = maker.citation("a", text[start : start + size])
    answer = judge_simply(maker, maker.question(evidence=[evidence]), maker.answer("Who?", citation)).answer
    overlap = Span(start=start, end=start + size).overlap(evidence.spans[0])
    assert (answer.characters_on_gold, answer.characters_cited) == (overlap, size)
    assert answer.citations_on_gold == (2 * overlap >= size)
    assert answer.quotes_cited == (2 * overlap >= gold_size)


def test_a_citation_is_valid_only_while_its_span_of_that_content_holds_the_quote(maker):
    citation = maker.citation("a.md", ADA)
    shifted = replace(citation, start=1, end=citation.end + 1)
    assert citation_is_valid(citation, documents=maker.documents)
    assert not citation_is_valid(shifted, documents=maker.documents)
    assert not citation_is_valid(replace(citation, digest="0" * 64), documents=maker.documents)
    assert not citation_is_valid(replace(citation, document_id="gone.md"), documents=maker.documents)
