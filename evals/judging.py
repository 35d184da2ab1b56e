"""One answer against its gold question, as facts that the metrics count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.errors import DocumentNotFound
from assistant.types import Answer, Citation, Passage, Span
from evals.gold import Documents, Evidence, GoldQuestion
from evals.matching import answer_is_right

RECALL_DEPTH = 5
# A passage is relevant when it holds at least this share of a quote's characters (DESIGN.md, section 5).
RELEVANT_SHARE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What came of one question. None where a fact does not apply."""

    question_id: str
    split: str
    kind: str
    answerable: bool
    scored: bool
    """False for a follow-up: it was not asked, since conversations are not scored yet."""
    abstained: bool = False
    right: bool | None = None
    """Of an answerable question: whether the answer holds the accepted one; an abstention does not."""
    quotes: int = 0
    """Pieces of gold evidence."""
    quotes_found: int = 0
    """Of these, in the first five passages; each counts once."""
    on_evidence: float | None = None
    """Share of the cited characters that lie on gold evidence; of answered questions with evidence."""
    citations: int = 0
    citations_valid: int = 0
    """Citations whose span, read again from the catalog, holds the quote."""
    words: int | None = None
    """Of an answer, split at white space."""
    sentences: int | None = None


def judge(question: GoldQuestion, answer: Answer, *, documents: Documents) -> Judgement:
    """Judge one answer.

    Args:
        question: With no history.
        answer: What the assistant said to it.
        documents: Where the cited spans are read again.

    Returns:
        The facts that the metrics count.
    """
    abstained = answer.abstention is not None
    answered_on_evidence = not abstained and question.evidence and answer.citations
    return Judgement(
        question_id=question.id,
        split=question.split,
        kind=question.kind,
        answerable=question.answerable,
        scored=True,
        abstained=abstained,
        right=_is_right(question, answer) if question.answerable else None,
        quotes=len(question.evidence) if question.answerable else 0,
        quotes_found=count_found(question.evidence, answer.passages) if question.answerable else 0,
        on_evidence=share_on_evidence(answer.citations, question.evidence) if answered_on_evidence else None,
        citations=len(answer.citations),
        citations_valid=sum(citation_is_valid(citation, documents=documents) for citation in answer.citations),
        words=None if abstained else len(answer.text.split()),
        sentences=None if abstained else len(answer.sentences),
    )


def not_scored(question: GoldQuestion) -> Judgement:
    """Count a question that was not asked."""
    return Judgement(
        question_id=question.id,
        split=question.split,
        kind=question.kind,
        answerable=question.answerable,
        scored=False,
    )


def _is_right(question: GoldQuestion, answer: Answer) -> bool:
    return answer.abstention is None and answer_is_right(
        answer.text, answers=question.answers, answer_parts=question.answer_parts
    )


def count_found(evidence: Sequence[Evidence], passages: Sequence[Passage], *, depth: int = RECALL_DEPTH) -> int:
    """Count the pieces of evidence that the first passages hold.

    Args:
        evidence: Of one question.
        passages: Best first.
        depth: How many of the passages count.

    Returns:
        How many pieces have a relevant passage: one that holds half of an occurrence of the quote in the same
        content, or one of the document where the whole document is judged.
    """
    return sum(any(_is_relevant(passage, item) for passage in passages[:depth]) for item in evidence)


def _is_relevant(passage: Passage, item: Evidence) -> bool:
    chunk = passage.chunk
    if chunk.digest != item.digest:
        return False
    held = Span(start=chunk.start, end=chunk.end)
    return item.quote is None or any(
        held.overlap(span) >= RELEVANT_SHARE * (span.end - span.start) for span in item.spans
    )


def share_on_evidence(citations: Sequence[Citation], evidence: Sequence[Evidence]) -> float:
    """Measure how much of what an answer cites is gold evidence.

    Args:
        citations: At least one, none empty.
        evidence: Of the question.

    Returns:
        The share of the cited characters, each counted once, that lie on a quote or in a document judged whole.
    """
    cited = _characters((citation.digest, citation.start, citation.end) for citation in citations)
    gold = _characters((item.digest, span.start, span.end) for item in evidence for span in item.spans)
    whole = {item.digest for item in evidence if item.quote is None}
    hits = sum(place in gold or place[0] in whole for place in cited)
    return hits / len(cited)


def _characters(spans: Iterable[tuple[str, int, int]]) -> set[tuple[str, int]]:
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
