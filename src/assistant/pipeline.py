"""One question, from its words to an answer that can be checked."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Self

from assistant import abstention, citations
from assistant.answering import compose
from assistant.calibration import Calibrated, Configuration
from assistant.catalog import Catalog
from assistant.clock import Clock
from assistant.conflicts import conflicts_in, find_conflict
from assistant.conversation import reply
from assistant.embedding import Embedder
from assistant.errors import CitationInvalid, EmptyCorpus
from assistant.evidence import ScoredSentence
from assistant.fingerprints import fingerprint_config
from assistant.followups import rewrite
from assistant.indexing import Index
from assistant.lexical import Lexical
from assistant.lookup import Lookup
from assistant.questions import read_question
from assistant.reader import Reader
from assistant.reranking import Reranker
from assistant.retrieval import Retriever
from assistant.settings import Settings
from assistant.short_answers import choose_short_answer
from assistant.types import (
    Abstention,
    Answer,
    AnswerSentence,
    Citation,
    ConversationTurn,
    DocumentRecord,
    Filters,
    Fingerprint,
    Method,
    Passage,
    QuoteInContext,
    Statement,
    Support,
)

logger = logging.getLogger(__name__)

LONGEST_QUESTION = 2000
"""Characters that are read of a question: more than any embedder's window needs for a question."""
LANGUAGE = "en"
"""What the packaged model, the stop words and the stemmer are made for."""
_CUT = f"The question is very long: only its first {LONGEST_QUESTION} characters were read."
_REFUSED = (
    "A stored span did not hold the text it should and was not shown. Run `assistant doctor --check` to see what is "
    "wrong with the store."
)


class Assistant:
    """Answers questions from the documents of one data directory. Safe to use from several threads."""

    def __init__(
        self,
        *,
        settings: Settings,
        catalog: Catalog,
        index: Index,
        lexical: Lexical,
        embedder: Embedder,
        calibrated: Calibrated,
        reader: Reader | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        self._settings, self._catalog, self._index, self._calibrated = settings, catalog, index, calibrated
        retriever = Retriever(catalog=catalog, dense=index, lexical=lexical, settings=settings)
        self._lookup = Lookup(
            catalog=catalog,
            retriever=retriever,
            lexical=lexical,
            embedder=embedder,
            reader=reader,
            read=settings.read_passages,
            reranker=reranker,
            reranked=settings.cross_encoder_passages,
        )
        self._method = Method.READ if reader else Method.EXTRACTIVE
        self._config = fingerprint_config(
            settings,
            embedder=embedder.fingerprint,
            reader=reader.fingerprint if reader else None,
            reranker=reranker.fingerprint if reranker else None,
            calibration=calibrated.digest,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the index and its catalog."""
        self._index.close()

    def ask(
        self,
        question: str,
        *,
        history: Sequence[ConversationTurn] = (),
        filters: Filters = Filters(),  # noqa: B008
        top_k: int | None = None,
    ) -> Answer:
        """Answer a question.

        Args:
            question: Any text. What is beyond `LONGEST_QUESTION` characters is left out, with a notice.
            history: The turns before it, oldest first. A question that depends on them is made self-contained, and
                the answer's `query` says how it was read; nothing in them is followed as an order.
            filters: Documents that may be read.
            top_k: Passages that are read; None for the setting.

        Returns:
            Sentences with citations, an abstention with the nearest passages, or a reply about the corpus itself.

        Raises:
            EmptyCorpus: If there is no document to read.
            ValueError: If `top_k` is below 1.
        """
        k = self._passages_wanted(top_k)
        self.refresh()
        question = _readable(question)
        asked = " ".join(question.split())
        with self._catalog.snapshot():
            draft = _Draft(question=question, query=asked[:LONGEST_QUESTION], clock=Clock())
            said = reply(draft.query, self._catalog.documents)
            if said is not None:
                return self._finish(draft, sentences=[_spoken(sentence) for sentence in said])
            self._refuse_empty()
            notices = (*self._index.notices(), *((_CUT,) if draft.query != asked else ()))
            draft.query = rewrite(draft.query, history)[:LONGEST_QUESTION]
            return self._answer(draft, notices=notices, filters=filters, k=k)

    def search(
        self,
        question: str,
        *,
        filters: Filters = Filters(),  # noqa: B008
        top_k: int | None = None,
    ) -> tuple[Passage, ...]:
        """Retrieve the passages that an answer would be read from, without answering.

        Args:
            question: Any text. What is beyond `LONGEST_QUESTION` characters is left out.
            filters: Documents that may be read.
            top_k: Passages wanted; None for the setting.

        Returns:
            At most that many, best first, ranks from 1: those of `ask` with the same arguments, except that what
            `ask` would answer from the catalog alone is searched for here too.

        Raises:
            EmptyCorpus: If there is no document to read.
            ValueError: If `top_k` is below 1.
        """
        k = self._passages_wanted(top_k)
        self.refresh()
        query = " ".join(_readable(question).split())[:LONGEST_QUESTION]
        with self._catalog.snapshot():
            self._refuse_empty()
            return self._lookup.find(read_question(query), filters=filters, k=k).passages

    def view_citation(self, citation: Citation, *, margin: int = 600) -> QuoteInContext:
        """Show a citation in its document, checked again.

        Args:
            citation: Of an answer, possibly given long ago.
            margin: Characters to show on either side.

        Raises:
            CitationInvalid: If the document is gone or its text at the span is another one.
        """
        with self._catalog.snapshot():
            return citations.view_citation(citation, catalog=self._catalog, margin=margin)

    def documents(self) -> list[DocumentRecord]:
        """List every document by id, problems included."""
        return self._catalog.documents()

    def fingerprint(self) -> Fingerprint:
        """Tell what an answer given now would depend on besides the question."""
        return Fingerprint(corpus=self._catalog.corpus_fingerprint(), config=self._config)

    @property
    def configuration(self) -> Configuration:
        """What a calibration has to be fitted under to hold."""
        return self._calibrated.configuration

    def refresh(self) -> None:
        """Load what another process has written since; cheap when nothing was. `ask` does it by itself."""
        with self._catalog.snapshot():
            self._catalog.corpus_fingerprint()
            if self._catalog.chunk_count() <= self._settings.exact_scan_limit:
                self._catalog.vectors()

    def _refuse_empty(self) -> None:
        if not self._catalog.chunk_count():
            raise EmptyCorpus(self._settings.data_dir, problems=len(self._catalog.documents()))

    def _passages_wanted(self, top_k: int | None) -> int:
        if top_k is not None and top_k < 1:
            raise ValueError(f"top_k must be at least 1, not {top_k}")
        return top_k or self._settings.top_k

    def _answer(self, draft: _Draft, *, notices: Sequence[str], filters: Filters, k: int) -> Answer:
        question = read_question(draft.query)
        with draft.clock.stage("retrieval"):
            found = self._lookup.find(question, filters=filters, k=k)
        passages, weights = found.passages, found.whole.weights
        with draft.clock.stage("evidence"):
            sentences = self._lookup.score(found.whole, passages)
            leads = [best[0] for side in found.sides if (best := self._lookup.score(side, side.passages))]
            self._weigh(draft, sentences, passages)
        with draft.clock.stage("generation"):
            chosen: Sequence[ScoredSentence] = ()
            if self._may_answer(draft):
                differing = find_conflict(question, sentences)
                leads += [one.sentence for one in differing]
                chosen = compose(question, sentences, leads=leads, settings=self._settings, catalog=self._catalog)
                draft.conflicts = conflicts_in(chosen, differing)
                draft.short_answer = None if draft.conflicts else choose_short_answer(question, sentences, chosen)
            cited = self._cite(chosen)
        draft.passages = passages
        if len(cited) < len(chosen):
            draft.conflicts, draft.short_answer = (), None
        refused = (_REFUSED,) if len(cited) < len(chosen) or self._catalog.refused_spans() > 0 else ()
        draft.notices = (*notices, *self._calibrated.notices, *self._languages(passages), *refused)
        if not cited:
            lacking = bool(draft.signals and draft.signals["type_missing"])
            why = abstention.explain(question, passages, weights, kind_missing=lacking)
            return self._finish(draft, abstention=why)
        scored = {found.place: found for found in sentences}
        return self._finish(draft, sentences=[_quoted(citation, scored) for citation in cited], cited=cited)

    def _weigh(self, draft: _Draft, sentences: Sequence[ScoredSentence], passages: Sequence[Passage]) -> None:
        """Tell how much speaks for an answer."""
        draft.score = 0.0
        if sentences:
            signals = abstention.measure(sentences, passages)
            draft.score = abstention.score(signals, read=self._lookup.reader is not None)
            draft.signals = asdict(signals)
            draft.confidence = self._calibrated.confidence(draft.signals)

    def _may_answer(self, draft: _Draft) -> bool:
        """Tell whether enough speaks for an answer: its confidence where `max_wrong` says so, else its score."""
        bar = self._calibrated.threshold
        if bar is not None:
            return draft.confidence is not None and draft.confidence >= bar
        return draft.score is not None and draft.score >= self._settings.abstain_below

    def _cite(self, chosen: Sequence[ScoredSentence]) -> list[Citation]:
        """Cite the sentences whose spans hold what they are said to hold; leave out the others."""
        cited: list[Citation] = []
        for found in chosen:
            span, marker = found.stored.sentence, len(cited) + 1
            try:
                cited.append(
                    citations.cite(found.passage, span, quote=found.text, marker=marker, catalog=self._catalog)
                )
            except CitationInvalid as error:
                logger.warning("refused: %s", error)
        return cited

    def _languages(self, passages: Sequence[Passage]) -> tuple[str, ...]:
        read = sorted({passage.document_id for passage in passages})
        foreign = [name for name in read if self._catalog.document(name).language not in (None, LANGUAGE)]
        if not foreign:
            return ()
        return (f"Not in English, which the model is made for, and so found less reliably: {', '.join(foreign)}.",)

    def _finish(
        self,
        draft: _Draft,
        *,
        sentences: Sequence[AnswerSentence] = (),
        cited: Sequence[Citation] = (),
        abstention: Abstention | None = None,
    ) -> Answer:
        timings = draft.clock.timings()
        logger.info("answered in %.1f ms with %d sentences", timings.total, len(sentences))
        return Answer(
            question=draft.question,
            query=draft.query,
            method=self._method if cited or abstention else Method.CATALOG,
            sentences=tuple(sentences),
            citations=tuple(cited),
            passages=draft.passages,
            abstention=abstention,
            timings=timings,
            fingerprint=self.fingerprint(),
            confidence=draft.confidence,
            signals=draft.signals,
            evidence_score=draft.score,
            short_answer=draft.short_answer,
            conflicts=draft.conflicts,
            notices=draft.notices,
        )


@dataclass(slots=True, kw_only=True)
class _Draft:
    """An answer while its parts come in."""

    question: str
    query: str
    clock: Clock
    passages: tuple[Passage, ...] = ()
    score: float | None = None
    signals: dict[str, float] | None = None
    confidence: float | None = None
    short_answer: str | None = None
    conflicts: tuple[tuple[Statement, ...], ...] = ()
    notices: tuple[str, ...] = ()


def _readable(text: str) -> str:
    """Replace the broken characters that a terminal may hand over."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _spoken(text: str) -> AnswerSentence:
    return AnswerSentence(text=text, citations=(), support=Support.CATALOG)


def _quoted(citation: Citation, scored: Mapping[tuple[str, int], ScoredSentence]) -> AnswerSentence:
    found = scored.get((citation.document_id, citation.start))
    return AnswerSentence(
        text=citation.quote,
        citations=(citation.marker,),
        support=Support.VERBATIM,
        signals=None if found is None else found.told(),
    )
