"""One answer against its gold question, as facts that the metrics count."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from assistant.errors import DocumentNotFound
from assistant.tokens import count_tokens
from assistant.types import Answer, Citation, Method, Passage, Span
from evals.facts import AnswerFacts, GoldItem, Judgement, RetrievalFacts
from evals.gold import Documents, Evidence, GoldQuestion
from evals.matching import answer_is_right
from evals.squad import exact_match, token_f1

TOKENS_DEPTH = 5
"""Passages of which the words are compared with those of the quotes."""
RELEVANT_SHARE = 0.5
"""A passage is relevant when it holds at least this share of a quote's characters (DESIGN.md, section 5)."""
_WORD = re.compile(r"\S+")

Places = set[tuple[str, int]]
"""Characters or words, as (digest, offset)."""


def judge(question: GoldQuestion, answer: Answer, *, ranking: Sequence[Passage], documents: Documents) -> Judgement:
    """Judge one answer.

    Args:
        question: Of the gold set.
        answer: What the assistant said to it.
        ranking: What retrieval alone ranks for it, best first.
        documents: Where the cited spans are read again.

    Returns:
        The facts that the metrics count.
    """
    evidence = question.evidence if question.answerable else ()
    abstained = answer.abstention is not None
    return Judgement(
        question_id=question.id,
        split=question.split,
        tags=question.tags,
        answerable=question.answerable,
        abstained=abstained,
        catalog_reply=answer.method is Method.CATALOG,
        quotes=len(evidence),
        quotes_read=sum(item.rank is not None for item in find_items(evidence, answer.passages)),
        retrieval=judge_ranking(evidence, ranking, documents=documents) if evidence else None,
        answer=None if abstained else _judge_answer(question, answer, evidence, documents=documents),
        tokens_read=sum(count_tokens(passage.chunk.text) for passage in answer.passages),
        signal=answer.evidence_score,
        confidence=answer.confidence,
    )


def not_scored(question: GoldQuestion, *, why: str) -> Judgement:
    """Count a question that was not asked."""
    return Judgement(
        question_id=question.id,
        split=question.split,
        tags=question.tags,
        answerable=question.answerable,
        not_scored=why,
    )


def judge_ranking(evidence: Sequence[Evidence], ranking: Sequence[Passage], *, documents: Documents) -> RetrievalFacts:
    """Judge a ranking against the evidence.

    Args:
        evidence: At least one piece. If all of it is whole documents, documents are ranked, by their best passage.
        ranking: Passages, best first.
        documents: Where the words of the quotes are read.

    Returns:
        Where each piece stands, which ranks are relevant, and how many words they share.
    """
    whole = all(item.quote is None for item in evidence)
    ranked = _distinct_documents(ranking) if whole else list(ranking)
    words = _words_of_passages(ranking[:TOKENS_DEPTH])
    wanted = _words_of_evidence(evidence, documents=documents, read=words)
    return RetrievalFacts(
        items=find_items(evidence, ranked),
        relevant_ranks=tuple(
            rank for rank, passage in enumerate(ranked, start=1) if any(_holds(passage, item) for item in evidence)
        ),
        ranked=len(ranked),
        evidence_tokens=len(wanted),
        passage_tokens=len(words) if wanted else 0,
        shared_tokens=len(words & wanted),
    )


def find_items(evidence: Sequence[Evidence], ranked: Sequence[Passage]) -> tuple[GoldItem, ...]:
    """Find the first rank that holds each piece of evidence."""
    ranks = [
        next((rank for rank, passage in enumerate(ranked, start=1) if _holds(passage, item)), None) for item in evidence
    ]
    return tuple(GoldItem(rank=rank, grade=item.grade) for rank, item in zip(ranks, evidence, strict=True))


def _holds(passage: Passage, item: Evidence) -> bool:
    chunk = passage.chunk
    if chunk.digest != item.digest:
        return False
    held = Span(start=chunk.start, end=chunk.end)
    return item.quote is None or any(
        held.overlap(span) >= RELEVANT_SHARE * (span.end - span.start) for span in item.spans
    )


def _distinct_documents(ranking: Sequence[Passage]) -> list[Passage]:
    best: dict[str, Passage] = {}
    for passage in ranking:
        best.setdefault(passage.chunk.digest, passage)
    return list(best.values())


def _words_of_passages(passages: Iterable[Passage]) -> Places:
    return {
        (passage.chunk.digest, passage.chunk.start + match.start())
        for passage in passages
        for match in _WORD.finditer(passage.chunk.text)
    }


def _words_of_evidence(evidence: Iterable[Evidence], *, documents: Documents, read: Places) -> Places:
    """Collect the words of each quote, of several occurrences of the one that shares most with what was read."""
    wanted: Places = set()
    for item in evidence:
        occurrences = [_words_of_span(item, span, documents=documents) for span in item.spans]
        wanted |= max(occurrences, key=lambda words: len(words & read), default=set())
    return wanted


def _words_of_span(item: Evidence, span: Span, *, documents: Documents) -> Places:
    text = documents.document(item.document_id).text[span.start : span.end]
    return {(item.digest, span.start + match.start()) for match in _WORD.finditer(text)}


def _judge_answer(
    question: GoldQuestion, answer: Answer, evidence: Sequence[Evidence], *, documents: Documents
) -> AnswerFacts:
    matched = question.answers if question.answers and not question.answer_parts else None
    said = answer.short_answer or answer.text
    cited = _characters((one.digest, one.start, one.end) for one in answer.citations)
    gold = _characters((item.digest, span.start, span.end) for item in evidence for span in item.spans)
    whole = {item.digest for item in evidence if item.quote is None}
    return AnswerFacts(
        right=_is_right(question, answer),
        exact_match=exact_match(said, answers=matched) if matched else None,
        token_f1=token_f1(said, answers=matched) if matched else None,
        words=len(answer.text.split()),
        sentences=len(answer.sentences),
        sentences_cited=sum(bool(sentence.citations) for sentence in answer.sentences),
        citations=len(answer.citations),
        citations_valid=sum(citation_is_valid(citation, documents=documents) for citation in answer.citations),
        citations_on_gold=sum(_is_on_gold(citation, gold, whole) for citation in answer.citations),
        quotes_cited=sum(_is_cited(item, cited) for item in evidence),
        characters_cited=len(cited) if evidence else 0,
        characters_on_gold=sum(place in gold or place[0] in whole for place in cited),
    )


def _is_right(question: GoldQuestion, answer: Answer) -> bool | None:
    if not question.answerable:
        return False
    if not (question.answers or question.answer_parts):
        return None
    return answer_is_right(answer.text, answers=question.answers, answer_parts=question.answer_parts)


def _is_on_gold(citation: Citation, gold: Places, whole: set[str]) -> bool:
    places = _characters([(citation.digest, citation.start, citation.end)])
    return citation.digest in whole or len(places & gold) >= RELEVANT_SHARE * len(places)


def _is_cited(item: Evidence, cited: Places) -> bool:
    if item.quote is None:
        return any(digest == item.digest for digest, _ in cited)
    spans = [_characters([(item.digest, span.start, span.end)]) for span in item.spans]
    return any(len(span & cited) >= RELEVANT_SHARE * len(span) for span in spans)


def _characters(spans: Iterable[tuple[str, int, int]]) -> Places:
    return {(digest, offset) for digest, start, end in spans for offset in range(start, end)}


def citation_is_valid(citation: Citation, *, documents: Documents) -> bool:
    """Tell whether the cited span still holds the quote in the document as stored.

    Args:
        citation: As the answer gave it.
        documents: Where the document is read again.

    Returns:
        True if the document's text at the span equals the quote and the content is the one cited.
    """
    try:
        document = documents.document(citation.document_id)
    except DocumentNotFound:
        return False
    same_content = document.digest == citation.digest
    return same_content and document.text[citation.start : citation.end] == citation.quote
