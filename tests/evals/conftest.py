"""Small documents, questions and answers, made by hand."""

import hashlib
import json
from dataclasses import dataclass, field

import pytest

from assistant.errors import DocumentNotFound
from assistant.types import (
    Abstention,
    Answer,
    AnswerSentence,
    Chunk,
    Citation,
    Document,
    Fingerprint,
    Method,
    Passage,
    Signals,
    Span,
    Support,
    Timings,
)
from evals.gold import Evidence, GoldQuestion


def digest_of(text):
    return hashlib.sha256(text.encode()).hexdigest()


class HeldDocuments:
    """Documents by id, as the catalog gives them."""

    def __init__(self, texts):
        self._documents = {
            name: Document(id=name, digest=digest_of(text), text=text, title=name) for name, text in texts.items()
        }

    def document(self, document_id):
        if document_id not in self._documents:
            raise DocumentNotFound(document_id, nearest=sorted(self._documents)[:1])
        return self._documents[document_id]


@dataclass
class ScriptedAsker:
    """Answers from a table and remembers what it was asked."""

    answers: dict
    asked: list = field(default_factory=list)

    def ask(self, question):
        self.asked.append(question)
        return self.answers[question]


class Maker:
    """Builds gold questions and answers over held documents."""

    def __init__(self, texts):
        self.documents = HeldDocuments(texts)

    def over(self, texts):
        return Maker(texts)

    def asker(self, answers):
        return ScriptedAsker(answers)

    def evidence(self, name, quote=None):
        document = self.documents.document(name)
        start = document.text.index(quote) if quote else 0
        spans = (Span(start=start, end=start + len(quote)),) if quote else ()
        return Evidence(document_id=name, digest=document.digest, quote=quote, spans=spans)

    def question(self, text="Who?", *, answers=("Ada",), evidence=(), **changes):
        fields = {"id": "q1", "answerable": True, "answer_parts": (), "history": (), "tags": ("facts",), "split": "dev"}
        return GoldQuestion(question=text, answers=tuple(answers), evidence=tuple(evidence), **(fields | changes))

    def unanswerable(self, text="Why?", **changes):
        return self.question(text, answers=(), answerable=False, **changes)

    def passage(self, name, start, end, *, rank=1):
        document = self.documents.document(name)
        chunk = Chunk(
            id=f"{name}:{start}", digest=document.digest, ordinal=0, start=start, end=end,
            text=document.text[start:end], context="", page=None, section=(),
        )  # fmt: skip
        return Passage(document_id=name, title=name, chunk=chunk, rank=rank, score=1 / rank, signals=Signals(dense=0.5))

    def citation(self, name, quote, *, marker=1):
        document = self.documents.document(name)
        start = document.text.index(quote)
        return Citation(
            marker=marker, document_id=name, digest=document.digest, title=name, page=None, section=(),
            start=start, end=start + len(quote), quote=quote,
        )  # fmt: skip

    def answer(self, question="Who?", *citations, passages=()):
        sentences = tuple(
            AnswerSentence(text=citation.quote, citations=(citation.marker,), support=Support.VERBATIM)
            for citation in citations
        )
        return _answer(question, sentences=sentences, citations=citations, passages=passages, abstention=None)

    def abstention(self, question="Why?", *, passages=()):
        return _answer(question, sentences=(), citations=(), passages=passages, abstention=Abstention(reason="No."))


def _answer(question, **fields):
    return Answer(
        question=question, query=question, method=Method.EXTRACTIVE, timings=Timings(total=2.0),
        fingerprint=Fingerprint(corpus="c1", config="k1"), **fields,
    )  # fmt: skip


@pytest.fixture
def maker():
    return Maker({"a.md": "Ada wrote the first program. It ran years later.", "b.md": "Babbage built\nthe  machine."})


@pytest.fixture
def write_gold(tmp_path):
    """Write rows to a gold file; a row is a dictionary of changes to a good one, or a raw line."""
    good = {
        "id": "q1", "question": "Who wrote it?", "answers": ["Ada"], "answer_parts": None, "answerable": True,
        "evidence": [{"document": "a.md", "quote": "Ada wrote"}], "history": [], "tags": ["facts"], "split": "dev",
    }  # fmt: skip

    def write(*rows):
        lines = [
            row if isinstance(row, str) else json.dumps({**good, "id": f"q{number}"} | row)
            for number, row in enumerate(rows, start=1)
        ]
        path = tmp_path / "gold.jsonl"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write
