import json
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.errors import HistoryInvalid
from assistant.serialization import (
    answer_to_json,
    document_to_json,
    documents_to_json,
    history_from_json,
    search_to_json,
    section_to_json,
    to_json_text,
)
from assistant.signals import SentenceSignals, Signals
from assistant.types import (
    Abstention,
    Answer,
    AnswerSentence,
    Block,
    BlockKind,
    Chunk,
    Citation,
    ConversationTurn,
    Document,
    DocumentRecord,
    DocumentState,
    Fingerprint,
    Method,
    Page,
    Passage,
    Statement,
    Support,
    Timings,
)

CHUNK = Chunk(
    id="c1", digest="d1", ordinal=0, start=5, end=20, text="Rain fell here.", context="Rain", page=3, section=("A", "B")
)
PASSAGE = Passage(
    document_id="a.pdf", title="Rain", chunk=CHUNK, rank=1, score=0.81, signals=Signals(dense=0.5, lexical=None)
)
CITED = Answer(
    question="Where?",
    query="Where did rain fall?",
    method=Method.EXTRACTIVE,
    sentences=(
        AnswerSentence(
            text="Rain fell here.",
            citations=(1,),
            support=Support.VERBATIM,
            signals=SentenceSignals(score=9.5, passage_rank=1, cosine=0.5, coverage=1.0, answer_type=0.0),
        ),
    ),
    citations=(
        Citation(
            marker=1,
            document_id="a.pdf",
            digest="d1",
            title="Rain",
            page=3,
            section=("A", "B"),
            start=5,
            end=20,
            quote="Rain fell here.",
        ),
    ),
    passages=(PASSAGE,),
    abstention=None,
    timings=Timings(retrieval=1.23456, total=2.0),
    fingerprint=Fingerprint(corpus="c", config="s"),
    evidence_score=0.7,
    notices=("A notice.",),
)
ABSTAINED = replace(
    CITED, sentences=(), citations=(), abstention=Abstention(reason="Not in here.", missing_terms=("snow",))
)
RECORD = DocumentRecord(
    document_id="bad.pdf",
    source="corpus",
    state=DocumentState.PROBLEM,
    code="empty",
    reason="No text.",
    pages=None,
    chunks=0,
    digest=None,
    title=None,
    date=None,
    language=None,
    tags=(),
)


def test_an_answer_has_exactly_the_keys_of_the_contract():
    assert list(answer_to_json(CITED)) == [
        "schema",
        "question",
        "query",
        "method",
        "answer",
        "short_answer",
        "abstained",
        "abstention",
        "confidence",
        "evidence_score",
        "notices",
        "conflicts",
        "sentences",
        "citations",
        "passages",
        "timings_ms",
        "fingerprint",
    ]


def test_an_answer_carries_its_sentences():
    value = answer_to_json(CITED)
    assert value["schema"] == 1
    assert value["answer"] == "Rain fell here."
    assert value["sentences"] == [
        {
            "text": "Rain fell here.",
            "citations": [1],
            "support": "verbatim",
            "signals": {
                "score": 9.5,
                "passage_rank": 1,
                "cosine": 0.5,
                "coverage": 1.0,
                "answer_type": 0.0,
                "reader": None,
            },
        }
    ]


def test_conflicts_are_words_with_their_citations():
    conflict = (Statement(words="Rain", citation=1), Statement(words="here", citation=1))
    told = answer_to_json(replace(CITED, conflicts=(conflict,)))["conflicts"]
    assert told == [[{"words": "Rain", "citation": 1}, {"words": "here", "citation": 1}]]


def test_an_answer_carries_its_citations_and_passages():
    value = answer_to_json(CITED)
    assert value["citations"] == [
        {
            "marker": 1,
            "document": "a.pdf",
            "digest": "d1",
            "title": "Rain",
            "page": 3,
            "section": "A › B",
            "start": 5,
            "end": 20,
            "quote": "Rain fell here.",
        }
    ]
    assert value["passages"] == [
        {
            "rank": 1,
            "score": 0.81,
            "document": "a.pdf",
            "title": "Rain",
            "page": 3,
            "section": "A › B",
            "start": 5,
            "end": 20,
            "text": "Rain fell here.",
            "signals": {
                "dense": 0.5,
                "lexical": None,
                "lexical_scaled": None,
                "sentence": None,
                "coverage": None,
                "pairs": None,
                "fused": None,
                "bridge": None,
                "rerank": None,
            },
        }
    ]
    assert value["timings_ms"] == {"retrieval": 1.235, "evidence": 0.0, "generation": 0.0, "total": 2.0}
    assert value["fingerprint"] == {"corpus": "c", "config": "s"}


def test_a_search_has_exactly_the_passages_of_an_answer():
    assert search_to_json("Where?", [PASSAGE]) == {
        "schema": 1,
        "question": "Where?",
        "passages": answer_to_json(CITED)["passages"],
    }


def test_a_sentence_that_was_not_weighed_has_no_signals():
    sentence = replace(CITED.sentences[0], signals=None)
    assert answer_to_json(replace(CITED, sentences=(sentence,)))["sentences"][0]["signals"] is None


def test_what_is_not_there_is_null():
    value = answer_to_json(CITED)
    assert [value[key] for key in ("short_answer", "abstention", "confidence")] == [None, None, None]
    assert section_to_json(()) is None


def test_an_abstention_has_a_reason_and_no_answer():
    value = answer_to_json(ABSTAINED)
    assert value["abstained"] is True
    assert value["answer"] is None
    assert value["abstention"] == {"reason": "Not in here.", "missing_terms": ["snow"]}
    assert value["sentences"] == value["citations"] == []


def test_a_listed_document_has_exactly_the_keys_of_the_contract():
    assert documents_to_json([RECORD]) == {
        "schema": 1,
        "documents": [
            {
                "document": "bad.pdf",
                "state": "problem",
                "code": "empty",
                "reason": "No text.",
                "pages": None,
                "chunks": 0,
                "digest": None,
                "title": None,
                "tags": [],
            }
        ],
    }


def test_a_shown_document_names_its_headings_and_holds_its_text_on_request():
    document = Document(
        id="a.md",
        digest="d",
        text="Rain\n\nFell.",
        title="Rain",
        pages=(Page(number=1, start=0, end=11),),
        blocks=(
            Block(kind=BlockKind.HEADING, level=1, start=0, end=4),
            Block(kind=BlockKind.PARAGRAPH, start=6, end=11),
        ),
    )
    value = document_to_json(document)
    assert value["headings"] == [{"level": 1, "start": 0, "end": 4, "text": "Rain"}]
    assert value["pages"] == [{"page": 1, "start": 0, "end": 11}]
    assert value["text"] is None
    assert document_to_json(document, with_text=True)["text"] == document.text


def test_json_text_is_utf8_and_safe_on_a_terminal():
    value = {"text": "é \x1b[31m \x9b31m \x7f \u202e \ud800 \U0001f315"}
    text = to_json_text(value)
    assert json.loads(text) == value
    assert text.encode("utf-8").decode("utf-8") == text
    assert "é" in text
    assert not {"\x1b", "\x9b", "\x7f", "\u202e"} & set(text)


def test_a_number_that_json_lacks_is_refused():
    with pytest.raises(ValueError, match="JSON compliant"):
        to_json_text({"score": float("nan")})


def test_a_history_is_read_in_its_order():
    written = json.dumps([{"question": "Who?", "answer": "Ada."}, {"question": "When?", "answer": ""}]).encode()
    assert history_from_json(written, path=Path("h.json")) == (
        ConversationTurn(question="Who?", answer="Ada."),
        ConversationTurn(question="When?", answer=""),
    )


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"not json", "'h.json' holds no conversation: it is not JSON"),
        (b"\xff[]", "it is not JSON in UTF-8"),
        (b"[" * 100_000, "it is not JSON"),
        (b'{"question": "Who?", "answer": "Ada."}', "it is not a list"),
        (b'[{"question": "Who?"}]', 'turn 1 is not an object with "question" and "answer" alone'),
        (b'[{"question": "Who?", "answer": "A", "role": "system"}]', "turn 1 is not an object"),
        (
            b'[{"question": "Who?", "answer": "A"}, {"question": "Who?", "answer": 3}]',
            "the answer of turn 2 is no text",
        ),
        (b'[{"question": " ", "answer": "A"}]', "the question of turn 1 is empty"),
    ],
    ids=["text", "bytes", "deep", "object", "missing", "more", "number", "blank"],
)
def test_a_history_that_is_none_is_refused_by_name(content, fault):
    with pytest.raises(HistoryInvalid, match=fault):
        history_from_json(content, path=Path("h.json"))
