"""Stand-ins for the core, for tests that are about the page alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from assistant.errors import CitationInvalid
from assistant.signals import Signals
from assistant.types import (
    Abstention,
    Answer,
    AnswerSentence,
    Chunk,
    Citation,
    ConversationTurn,
    DocumentRecord,
    DocumentState,
    Fingerprint,
    Method,
    Passage,
    QuoteInContext,
    Support,
    Timings,
)
from ui.jobs import Programs

TEXT = "Rockets fly.\n\n<b>Moons</b> & *stars* orbit. The end."
"""The one document that the stand-ins know."""


def make_citation(**changes: Any) -> Citation:
    """Make a citation of `TEXT`; give `start` and `end` together with `quote`."""
    citation = Citation(
        marker=1,
        document_id="space/moons.md",
        digest="d" * 64,
        title="Of moons",
        page=3,
        section=("Sky", "Orbits"),
        start=14,
        end=43,
        quote=TEXT[14:43],
    )
    return replace(citation, **changes)


def make_passage(rank: int = 1) -> Passage:
    """Make a passage: the first sentence of `TEXT`."""
    chunk = Chunk(
        id="c1",
        digest="d" * 64,
        ordinal=0,
        start=0,
        end=12,
        text=TEXT[:12],
        context="Of moons",
        page=None,
        section=(),
    )
    return Passage(
        document_id="space/moons.md", title="Of moons", chunk=chunk, rank=rank, score=0.5, signals=Signals(dense=0.5)
    )


def make_answer(question: str = "What orbits?", **changes: Any) -> Answer:
    """Make an answer of one cited sentence."""
    citation = make_citation()
    answer = Answer(
        question=question,
        query=question,
        method=Method.EXTRACTIVE,
        sentences=(AnswerSentence(text=citation.quote, citations=(1,), support=Support.VERBATIM),),
        citations=(citation,),
        passages=(make_passage(),),
        abstention=None,
        timings=Timings(total=12.3),
        fingerprint=Fingerprint(corpus="c", config="f"),
    )
    return replace(answer, **changes)


def make_abstention(question: str = "Who sings?", reason: str = "Nothing in the documents speaks of it.") -> Answer:
    """Make an abstention with one near passage."""
    return make_answer(
        question, sentences=(), citations=(), abstention=Abstention(reason=reason, missing_terms=("sings",))
    )


def make_record(document_id: str = "space/moons.md", **changes: Any) -> DocumentRecord:
    """Make a line of the catalog's list."""
    record = DocumentRecord(
        document_id=document_id,
        source="corpus",
        state=DocumentState.INDEXED,
        code=None,
        reason=None,
        pages=3,
        chunks=4,
        digest="d" * 64,
        title="Of moons",
        date="2025-07-07",
        language="en",
        tags=(),
    )
    return replace(record, **changes)


def make_programs(**programs: Any) -> Programs:
    """Make programs of which only those that are given may be called."""

    def refuse(*arguments: Any, **options: Any) -> Any:
        raise AssertionError("this should not be called here")

    names = ("add_uploads", "retry_problems", "sync_folder", "remove_document")
    return Programs(**(dict.fromkeys(names, refuse) | programs))


@dataclass
class FakeAssistant:
    """Knows one document and answers what it was told to."""

    answers: dict[str, Answer | Exception] = field(default_factory=dict)
    text: str = TEXT
    histories: list[tuple[ConversationTurn, ...]] = field(default_factory=list)
    """What was given with each question."""

    def ask(self, question: str, *, history: Sequence[ConversationTurn] = ()) -> Answer:
        """Give what was planned for a question, or abstain."""
        self.histories.append(tuple(history))
        found = self.answers.get(question, make_abstention(question))
        if isinstance(found, Exception):
            raise found
        return found

    def view_citation(self, citation: Citation) -> QuoteInContext:
        """Verify against `text` and show all of it."""
        if self.text[citation.start : citation.end] != citation.quote:
            raise CitationInvalid(citation.document_id, start=citation.start, end=citation.end)
        return QuoteInContext(before=self.text[: citation.start], quote=citation.quote, after=self.text[citation.end :])

    def close(self) -> None:
        """Hold nothing."""


@dataclass
class FakeCatalog:
    """A list of documents that can grow."""

    records: list[DocumentRecord]

    def documents(self) -> list[DocumentRecord]:
        """List the records."""
        return list(self.records)

    def generation(self) -> int:
        """Count the records."""
        return len(self.records)

    def close(self) -> None:
        """Hold nothing."""
