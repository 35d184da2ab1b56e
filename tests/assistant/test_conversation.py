import pytest

from assistant.conversation import reply
from assistant.types import DocumentRecord, DocumentState


def record(name, *, state=DocumentState.INDEXED, date=None, title="A title"):
    return DocumentRecord(
        document_id=name,
        source="corpus",
        state=state,
        code=None,
        reason=None,
        pages=None,
        chunks=1,
        digest=None,
        title=title,
        date=date,
        language="en",
        tags=(),
    )


RECORDS = [
    record("a/old.md", date="2020", title="Old"),
    record("a/new.md", date="2025-02-01", title="New"),
    record("bad.pdf", state=DocumentState.PROBLEM, title=None),
]


def answer_to(question, records=RECORDS):
    said = reply(question, lambda: records)
    return None if said is None else " ".join(said)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Hello!", "Hello"),
        ("good morning", "2 documents"),
        ("Thanks a lot", "welcome"),
        ("bye", "Goodbye"),
        ("Who are you?", "runs on this machine"),
        ("What can you do?", "quoted exactly"),
        ("help", "“Old”"),
        ("What documents are there?", "“New” (a/new.md, 2025-02-01)"),
        ("Which files do you have", "bad.pdf"),
        ("please list the documents", "They are"),
        ("How many documents are there?", "2 documents"),
        ("What dates do the documents cover?", "from 2020 to 2025-02-01"),
        ("What is the newest document?", "“New”"),
        ("What's in the corpus?", "a: 2"),
        ("", "Ask a question in words"),
        ("?!", "Ask a question in words"),
    ],
)
def test_talk_about_the_assistant_and_its_documents_gets_a_reply(question, words):
    assert words in answer_to(question)


@pytest.mark.parametrize(
    "question",
    [
        "What documents mention the lighthouse?",
        "How many articles does the treaty have?",
        "When were the documents of Vell signed?",
        "Who are you rooting for?",
        "What can you do about debris?",
        "Hello world programs in C",
        "What is the newest signatory?",
        "How does this work in orbit?",
        "How many sources of radon are known?",
        "Thanks to whom was it built?",
        "Help for sailors",
    ],
)
def test_a_question_about_the_subject_is_not_taken_for_talk(question):
    assert answer_to(question) is None


def test_no_documents_at_all_says_what_to_do():
    assert "assistant ingest" in answer_to("hi", records=[])
    assert answer_to("what is the newest document", records=[]) == "None of the documents says its date."


def test_a_long_list_is_cut():
    many = [record(f"{number:02}.md") for number in range(30)]
    assert "and 18 more" in answer_to("list documents", records=many)


def test_the_catalog_is_read_only_for_a_reply():
    def refuse():
        raise AssertionError("the catalog was read")

    assert reply("Who designed the lighthouse?", refuse) is None
