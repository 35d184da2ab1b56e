"""Small benchmarks of every form, made by hand, about the same three documents."""

import json

import pytest

VELL = "The harbour of Vell was opened in 1931. Ada Brandt designed the lighthouse."
BEES = "A colony of bees holds about 40,000 workers in summer."
BREAD = "The dough of rye bread rests for sixteen hours."


def jsonl(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def question(name, text, **changes):
    fields = {"answers": [], "gold_docs": [], "answerable": True, "type": "factoid", "meta": {}}
    return {"id": name, "question": text} | fields | changes


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "house"
    path.mkdir()
    texts = {"vell": ("Vell", VELL), "bees": ("Bees", BEES), "bread": ("", BREAD)}
    jsonl(path / "docs.jsonl", [{"id": name, "title": t, "text": text} for name, (t, text) in texts.items()])
    start = VELL.index("Ada Brandt")
    rows = [
        question("q1", "Who designed the lighthouse of Vell?", answers=["Ada Brandt", "Brandt"], gold_docs=["vell"]),
        question("q2", "How many bees are in a colony?", answers=["40,000"], gold_docs={"bees": 2, "bread": 0}),
        question("q3", "Who painted the moon green?", answerable=False, type="unanswerable"),
        question(
            "q4",
            "Which person made the light of Vell?",
            answers=["Ada Brandt"],
            gold_docs=["vell"],
            type="span",
            meta={"spans": [[start, start + 10]], "pool": ["vell", "bees"]},
        ),
    ]
    jsonl(path / "questions.jsonl", rows)
    return path


@pytest.fixture
def beir(tmp_path):
    path = tmp_path / "nano"
    (path / "qrels").mkdir(parents=True)
    jsonl(path / "corpus.jsonl", [{"_id": "d1", "title": "Vell", "text": VELL}, {"_id": "d2", "text": BEES}])
    jsonl(path / "queries.jsonl", [{"_id": "1", "text": "lighthouse"}, {"_id": "2", "text": "bees"}])
    (path / "qrels" / "train.tsv").write_text("query-id\tcorpus-id\tscore\n2\td2\t1\n")
    (path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n1\td1\t2\n1\td2\t0\n")
    return path


@pytest.fixture
def squad(tmp_path):
    asked = [
        {"id": "a", "question": "Who designed it?", "answers": [{"text": "Ada Brandt", "answer_start": 40}] * 2},
        {"id": "b", "question": "Who sank it?", "answers": [], "is_impossible": True, "plausible_answers": []},
    ]
    article = {"title": "Old_Vell", "paragraphs": [{"context": VELL, "qas": asked}, {"context": BEES, "qas": []}]}
    path = tmp_path / "dev.json"
    path.write_text(json.dumps({"version": "v2.0", "data": [article]}))
    return path


@pytest.fixture
def rag(tmp_path):
    path = tmp_path / "PaulDataset"
    path.mkdir()
    examples = [
        {
            "query": "Who designed the lighthouse?",
            "query_by": {"model_name": "x", "type": "ai"},
            "reference_contexts": ["Ada Brandt   designed the lighthouse."],
            "reference_answer": "Ada Brandt did.",
            "reference_answer_by": None,
        },
        {"query": "And bees?", "reference_contexts": ["Nobody knows about bees."], "reference_answer": ""},
    ]
    (path / "rag_dataset.json").write_text(json.dumps({"examples": examples}))
    return path
