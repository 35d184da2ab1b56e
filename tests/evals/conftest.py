"""Small documents, questions and answers, made by hand."""

import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from assistant.errors import DocumentNotFound
from assistant.types import (
    Abstention,
    Answer,
    AnswerSentence,
    Chunk,
    Citation,
    ConversationTurn,
    Document,
    Fingerprint,
    Method,
    Passage,
    Signals,
    Span,
    Support,
    Timings,
)
from evals.facts import AnswerFacts, GoldItem, Judgement, RetrievalFacts, Scored, Timing
from evals.folder import StoredRun
from evals.gold import Evidence, GoldQuestion
from evals.records import Record
from evals.run import QuestionTimer, run_questions


def digest_of(text):
    return hashlib.sha256(text.encode()).hexdigest()


class HeldDocuments:
    """Documents by id, as the catalog gives them."""

    def __init__(self, texts):
        made = [Document(id=name, digest=digest_of(text), text=text, title=name) for name, text in texts.items()]
        self._documents = {document.id: document for document in made}

    def document(self, document_id):
        if document_id not in self._documents:
            raise DocumentNotFound(document_id, nearest=sorted(self._documents)[:1])
        return self._documents[document_id]

    def present_name(self, former):
        return None


@dataclass
class ScriptedAsker:
    """Answers from a table, ranks what the answer was read from, and remembers what it was asked."""

    answers: dict
    asked: list = field(default_factory=list)
    searched: list = field(default_factory=list)
    histories: list = field(default_factory=list)

    def ask(self, question, *, history):
        self.asked.append(question)
        self.histories.append(history)
        return self.answers[question]

    def search(self, question, *, top_k):
        self.searched.append(question)
        return self.answers[question].passages[:top_k]


class Maker:
    """Builds gold questions and answers over held documents."""

    def __init__(self, texts):
        self.documents = HeldDocuments(texts)

    def over(self, texts):
        return Maker(texts)

    def asker(self, answers):
        return ScriptedAsker(answers)

    def evidence(self, name, quote=None, *, grade=1):
        document = self.documents.document(name)
        start = document.text.index(quote) if quote else 0
        spans = (Span(start=start, end=start + len(quote)),) if quote else ()
        return Evidence(document_id=name, digest=document.digest, quote=quote, spans=spans, grade=grade)

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

    def answer(self, question="Who?", *citations, passages=(), **changes):
        sentences = tuple(
            AnswerSentence(text=citation.quote, citations=(citation.marker,), support=Support.VERBATIM)
            for citation in citations
        )
        answer = _answer(question, sentences=sentences, citations=citations, passages=passages, abstention=None)
        return replace(answer, **changes)

    def catalog_reply(self, question, text):
        said = AnswerSentence(text=text, citations=(), support=Support.CATALOG)
        answer = _answer(question, sentences=(said,), citations=(), passages=(), abstention=None)
        return replace(answer, method=Method.CATALOG)

    def abstention(self, question="Why?", *, passages=()):
        return _answer(question, sentences=(), citations=(), passages=passages, abstention=Abstention(reason="No."))


def _answer(question, **fields):
    return Answer(
        question=question, query=question, method=Method.EXTRACTIVE, timings=Timings(total=2.0),
        fingerprint=Fingerprint(corpus="c1", config="k1"), **fields,
    )  # fmt: skip


class FactMaker:
    """Builds the facts of a question."""

    def answer(self, **changes):
        fields = {
            "right": True, "exact_match": 0.0, "token_f1": 0.5, "words": 10, "sentences": 1, "sentences_cited": 1,
            "citations": 1, "citations_valid": 1, "citations_on_gold": 1, "quotes_cited": 1, "characters_cited": 100,
            "characters_on_gold": 50,
        }  # fmt: skip
        return AnswerFacts(**(fields | changes))

    def retrieval(self, *ranks, grades=None, **changes):
        """Each rank holds one piece of gold evidence; None where it was not found."""
        items = tuple(
            GoldItem(rank=rank, grade=grade) for rank, grade in zip(ranks, grades or [1] * len(ranks), strict=True)
        )
        relevant = tuple(sorted({rank for rank in ranks if rank is not None}))
        return RetrievalFacts(**({"items": items, "relevant_ranks": relevant, "ranked": 10} | changes))

    def judgement(self, number=1, **changes):
        """An answerable question of the split dev; without an answer it is an abstention."""
        fields = {"question_id": f"q{number}", "split": "dev", "tags": ("facts",), "answerable": True}
        changes.setdefault("abstained", changes.get("answer") is None and changes.get("not_scored") is None)
        return Judgement(**(fields | changes))

    def scored(self, judgements, *, milliseconds=None):
        timing = None if milliseconds is None else Timing(total=milliseconds, stages={"retrieval": milliseconds / 2})
        return [Scored(judgement=judgement, timing=timing) for judgement in judgements]

    def record(self, judgement, *, question="Who?", **gold):
        row = {"question": question, "answerable": judgement.answerable, "answers": ["Ada"], "answer_parts": None}
        row |= {"evidence": [], "history": [], "tags": list(judgement.tags)}
        return Record(gold=row | gold, judgement=judgement, answer=None, timing=None)

    def run(self, *judgements, documents="d1", folder=Path("run")):
        records = tuple(map(self.record, judgements))
        return StoredRun(folder=folder, manifest={"documents": documents}, records=records)


@pytest.fixture
def maker():
    return Maker({"a.md": "Ada wrote the first program. It ran years later.", "b.md": "Babbage built\nthe  machine."})


@pytest.fixture(scope="session")
def facts():
    return FactMaker()


ADA = "Ada wrote the first program."


@pytest.fixture
def questions(maker):
    """Right, a follow-up without accepted answers, rightly abstained, wrong, wrongly answered, wrongly abstained."""
    return [
        maker.question("Who?", id="q1", evidence=[maker.evidence("a.md", "Ada wrote")]),
        maker.question("And she?", id="q2", answers=(), history=(ConversationTurn(question="Who?", answer="Ada."),)),
        maker.unanswerable("Why?", id="q3", split="test"),
        maker.question("Where?", id="q4", answers=("London",), split="test"),
        maker.unanswerable("When not?", id="q5"),
        maker.question("Which?", id="q6", tags=("lists",)),
    ]


@pytest.fixture
def asker(maker):
    ada = maker.citation("a.md", ADA)
    passages = (maker.passage("a.md", 0, 40),)
    return maker.asker(
        {
            "Who?": maker.answer("Who?", ada, passages=passages),
            "And she?": maker.answer("And she?", ada),
            "Why?": maker.abstention("Why?", passages=passages),
            "Where?": maker.answer("Where?", ada),
            "When not?": maker.answer("When not?", ada),
            "Which?": maker.abstention("Which?"),
        }
    )


@pytest.fixture
def run(maker, questions, asker):
    """The questions, asked; each takes a second."""
    ticks = iter(range(100))
    return run_questions(
        questions,
        asker=asker,
        documents=maker.documents,
        progress=lambda *state: None,
        timer=QuestionTimer(clock=lambda: next(ticks)),
    )


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


BRIDGE = {
    "bridge.md": "# The bridge at Kelm\n\nThe bridge at Kelm was opened on 3 May 1987. It is 412 metres long.\n",
    "ferry.md": "# The ferry\n\nBefore the bridge, a ferry called Annegret crossed the river every hour.\n",
}


def bridge_question(number, text, quote, document="bridge.md", **changes):
    row = {
        "id": f"q{number}", "question": text, "answers": [], "answerable": True,
        "evidence": [{"document": document, "quote": quote}], "tags": ["fact"], "split": "dev",
    }  # fmt: skip
    return row | changes


BRIDGE_QUESTIONS = [
    bridge_question(1, "When was the bridge at Kelm opened?", "opened on 3 May 1987", answers=["3 May 1987"]),
    bridge_question(
        2, "What was the ferry called?", "called Annegret", "ferry.md", answers=["Annegret"], split="test",
    ),
    bridge_question(
        3, "Who won the chess final in Oslo?", "", answerable=False, evidence=[], tags=["outside"], split="test",
    ),
    bridge_question(
        4, "And how long is it?", "412 metres", answers=["412"], tags=["follow-up"],
        history=[{"question": "When was the bridge opened?", "answer": "On 3 May 1987."}],
    ),
]  # fmt: skip


@pytest.fixture(scope="session")
def bridge_settings(tmp_path_factory, models_dir):
    """Settings of a data directory into which two small documents were ingested with the real model."""
    from assistant.settings import Settings
    from ingest import sync

    root = tmp_path_factory.mktemp("bridge")
    corpus = root / "corpus"
    corpus.mkdir()
    for name, text in BRIDGE.items():
        (corpus / name).write_text(text, encoding="utf-8")
    settings = Settings(data_dir=root / "data", corpus=corpus, models_dir=models_dir)
    sync([], settings=settings)
    return settings


@pytest.fixture
def bridge_rows():
    return [dict(row) for row in BRIDGE_QUESTIONS]


@pytest.fixture
def bridge_gold(tmp_path, bridge_rows):
    """Two answerable questions, one that is not, and a follow-up."""
    path = tmp_path / "gold.jsonl"
    path.write_text("\n".join(map(json.dumps, bridge_rows)), encoding="utf-8")
    return path


@pytest.fixture
def assistant(bridge_settings):
    """Call the command line on the two documents; the exit code comes back."""
    from assistant.cli import own_entry_points, run

    def call(*words, data_dir=None):
        places = ["--data-dir", str(data_dir or bridge_settings.data_dir)] if words[1] == "run" else []
        return run([*map(str, words), *places], entry_points=own_entry_points())

    return call
