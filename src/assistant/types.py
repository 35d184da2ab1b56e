"""The domain's types: what is read, indexed, retrieved, cited and answered.

All spans are half-open ranges of Unicode code points into a document's normalised text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from assistant.signals import SentenceSignals, Signals


class BlockKind(StrEnum):
    """What a stretch of text is in its document's structure."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    ROW = "row"
    CODE = "code"


class Support(StrEnum):
    """How the program knows that a sentence of an answer holds."""

    VERBATIM = "verbatim"
    """The sentence is the exact text of the spans it cites."""
    CATALOG = "catalog"
    """The sentence speaks of the corpus itself and was written from the catalog."""


class Method(StrEnum):
    """How an answer was made."""

    EXTRACTIVE = "extractive"
    """Sentences chosen by their signals alone."""
    READ = "extractive+reader"
    """Sentences chosen by their signals and by what the reader makes of the passages."""
    CATALOG = "catalog"


class DocumentState(StrEnum):
    """Whether a document can be asked."""

    INDEXED = "indexed"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A half-open range of Unicode code points."""

    start: int
    end: int

    def __post_init__(self) -> None:
        """Refuse a range that runs backwards or starts before the text."""
        if not 0 <= self.start <= self.end:
            raise ValueError(f"not a span: [{self.start}, {self.end})")

    def overlap(self, other: Span) -> int:
        """Count the code points that both ranges hold."""
        return max(0, min(self.end, other.end) - max(self.start, other.start))


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Span):
    """One page of a paginated document."""

    number: int
    """From 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section(Span):
    """The text from one heading to the next."""

    path: tuple[str, ...]
    """Headings from the outermost to this one; empty before the first heading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block(Span):
    """A structural unit as a reader found it."""

    kind: BlockKind
    level: int = 0
    """Of a heading, from 1; 0 for what is not a heading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence(Span):
    """The smallest unit that an answer quotes: a prose sentence, a list item, a table row or a heading."""

    kind: BlockKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file as read: its normalised text and what is known of it."""

    id: str
    digest: str
    """SHA-256 of the file's bytes, in lower-case hex."""
    text: str
    title: str
    authors: tuple[str, ...] = ()
    date: str | None = None
    """ISO 8601: a year, a month or a day."""
    language: str | None = None
    """ISO 639-1, lower case."""
    tags: tuple[str, ...] = ()
    pages: tuple[Page, ...] = ()
    """In order and covering the text; empty where the format has no pages."""
    blocks: tuple[Block, ...] = ()
    """In order, not overlapping; what lies between them is white space or a list marker."""
    notices: tuple[str, ...] = ()
    """What a person should know about how it was read, such as a page without text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A stretch of a document that is indexed as one vector and one lexical row."""

    id: str
    """From the context, the text and its occurrence in the document; holds no offset."""
    digest: str
    """Of the content it was cut from."""
    ordinal: int
    """Position in its content, from 0."""
    start: int
    end: int
    text: str
    context: str
    """Title and section path, embedded before the text and never quoted."""
    page: int | None
    """Where the chunk starts, from 1."""
    section: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse a chunk whose text can't be its span."""
        if self.end - self.start != len(self.text):
            raise ValueError(f"chunk {self.id}: span [{self.start}, {self.end}) holds {len(self.text)} characters")

    @property
    def embedded_text(self) -> str:
        """What the embedder reads: the context on a line of its own, then the text."""
        return f"{self.context}\n{self.text}" if self.context else self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A chunk as retrieved for one query."""

    document_id: str
    title: str
    chunk: Chunk
    rank: int
    """From 1."""
    score: float
    """Fused, in 0..1, higher is better. Comparable only within one ranking."""
    signals: Signals


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """The exact characters of one document that a sentence rests on."""

    marker: int
    """From 1, as shown."""
    document_id: str
    digest: str
    title: str
    page: int | None
    section: tuple[str, ...]
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteInContext:
    """A quotation in its surroundings, all of it exact, as the document has them now."""

    before: str
    quote: str
    after: str
    truncated_before: bool = False
    """Whether the document goes on before `before`."""
    truncated_after: bool = False
    """Whether the document goes on after `after`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSentence:
    """One sentence of an answer with the markers of its citations."""

    text: str
    citations: tuple[int, ...]
    support: Support
    signals: SentenceSignals | None = None
    """None for one that was not weighed against the question: about the catalog, or come along with another as what
    it points back to, as an item of its list, or for one side of a comparison."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What one document says where documents disagree."""

    words: str
    """The exact part of the cited sentence that another document contradicts."""
    citation: int
    """Marker of the citation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Abstention:
    """Why there is no answer."""

    reason: str
    """One or two plain sentences for the person who asked."""
    missing_terms: tuple[str, ...] = ()
    """Words of the question that the corpus or the best evidence lacks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Wall time by stage, in milliseconds."""

    retrieval: float = 0.0
    evidence: float = 0.0
    generation: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What an answer depends on besides the question."""

    corpus: str
    """Changes when a visible document does."""
    config: str
    """Changes when a setting that can change an answer does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What comes back for a question: cites, abstains, or speaks of the corpus itself; exactly one of them."""

    question: str
    query: str
    """The question as searched, after a follow-up was made self-contained."""
    method: Method
    sentences: tuple[AnswerSentence, ...]
    citations: tuple[Citation, ...]
    passages: tuple[Passage, ...]
    abstention: Abstention | None
    timings: Timings
    fingerprint: Fingerprint
    confidence: float | None = None
    """The calibrated probability that the answer is right, of an abstention that the answer it kept back would have
    been; None without a calibration and where nothing was quoted."""
    signals: Mapping[str, float] | None = None
    """What evidence score and confidence were computed from, by name; None where there was no evidence."""
    evidence_score: float | None = None
    """The raw signal that the abstention rule compared with its bar; higher is better, not a probability."""
    short_answer: str | None = None
    """The words of a cited sentence that are what was asked for, exactly; None where that can't be told."""
    conflicts: tuple[tuple[Statement, ...], ...] = ()
    """Statements that disagree: two or more in each, the one with the best evidence first."""
    notices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Hold the promise: an answer cites or abstains; only what is said of the catalog needs no citation."""
        if (self.abstention is None) == (not self.sentences):
            raise ValueError("an answer has sentences or an abstention, never both, never neither")
        markers = {citation.marker for citation in self.citations}
        for sentence in self.sentences:
            if not set(sentence.citations) <= markers:
                raise ValueError(f"a marker of {sentence.citations} names no citation")
            if not sentence.citations and sentence.support is not Support.CATALOG:
                raise ValueError("a sentence that is not about the catalog needs a citation")

    @property
    def text(self) -> str:
        """The answer's sentences as one text, without markers; empty for an abstention."""
        return " ".join(sentence.text for sentence in self.sentences)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which documents a question may be answered from: those that all of these let through. Empty lets all through."""

    documents: tuple[str, ...] = ()
    """Document ids."""
    tags: tuple[str, ...] = ()
    """A document qualifies with any of them."""
    folders: tuple[str, ...] = ()
    """Beginnings of document ids up to a `/`, with or without it. A document below any of them qualifies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRecord:
    """A document as the catalog lists it."""

    document_id: str
    source: str
    state: DocumentState
    code: str | None
    """The verdict's code of a problem; None when indexed."""
    reason: str | None
    pages: int | None
    """None where the format has no pages."""
    chunks: int
    digest: str | None
    title: str | None
    date: str | None
    language: str | None
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationTurn:
    """An earlier question with its answer."""

    question: str
    answer: str = field(default="")
