"""Every published form is recognised and loaded; whatever is malformed is named with file, line and field."""

import json
from pathlib import Path

import pytest

from assistant.types import Span
from evals.benchmarks.loading import load_benchmark
from evals.benchmarks.types import Form, Sample
from evals.errors import BenchmarkError, BenchmarkInvalid, BenchmarkUnknown

SHARED = Path(__file__).resolve().parents[4] / "shared" / "benchmarks"

VELL = "The harbour of Vell was opened in 1931. Ada Brandt designed the lighthouse."


def question(name, text, **changes):
    fields = {"answers": [], "gold_docs": [], "answerable": True, "type": "factoid", "meta": {}}
    return {"id": name, "question": text} | fields | changes


def by_id(benchmark):
    return {one.id: one for one in benchmark.questions}


def test_a_folder_is_loaded_with_grades_and_spans(folder):
    benchmark = load_benchmark(folder)
    assert (benchmark.name, benchmark.form, benchmark.sample) == ("house", Form.FOLDER, None)
    assert [document.id for document in benchmark.documents] == ["vell", "bees", "bread"]
    questions = by_id(benchmark)
    assert questions["q1"].answers == ("Ada Brandt", "Brandt")
    assert questions["q2"].grades == {"bees": 2}
    assert not questions["q3"].answerable
    (span,) = questions["q4"].spans["vell"]
    assert VELL[span.start : span.end] == "Ada Brandt"


def test_a_beir_folder_is_judged_by_its_test_split(beir):
    benchmark = load_benchmark(beir)
    assert benchmark.form is Form.BEIR
    assert benchmark.notices == ("Judged by qrels/test.tsv.",)
    assert {one.id: one.grades for one in benchmark.questions} == {"1": {"d1": 2}}
    (beir / "qrels" / "test.tsv").unlink()
    assert {one.id: one.grades for one in load_benchmark(beir).questions} == {"2": {"d2": 1}}


def test_a_squad_file_has_a_document_a_paragraph(squad):
    benchmark = load_benchmark(squad)
    assert [(one.id, one.title) for one in benchmark.documents] == [
        ("Old_Vell/1", "Old Vell"),
        ("Old_Vell/2", "Old Vell"),
    ]
    questions = by_id(benchmark)
    assert questions["a"].answers == ("Ada Brandt",) and questions["a"].grades == {"Old_Vell/1": 1}
    assert not questions["b"].answerable and questions["b"].grades == {}


def test_a_rag_dataset_without_files_takes_its_contexts_as_documents(rag):
    for path in (rag, rag / "rag_dataset.json"):
        benchmark = load_benchmark(path)
        assert benchmark.name == "PaulDataset"
        assert [document.text for document in benchmark.documents][1] == "Nobody knows about bees."
        assert [list(one.grades) for one in benchmark.questions] == [["context-1"], ["context-2"]]
        assert [one.answers for one in benchmark.questions] == [("Ada Brandt did.",), ()]


def test_a_rag_dataset_finds_its_contexts_in_the_source_files(rag):
    (rag / "source_files").mkdir()
    (rag / "source_files" / "vell.txt").write_text(VELL)
    benchmark = load_benchmark(rag)
    (document,) = benchmark.documents
    (span,) = benchmark.questions[0].spans["vell.txt"]
    assert document.text[span.start : span.end] == "Ada Brandt designed the lighthouse."
    assert benchmark.questions[1].grades == {}
    assert benchmark.notices == ("1 reference contexts stand in no source file.",)


def test_a_sample_is_seeded_named_and_leaves_the_documents(folder):
    whole, drawn = load_benchmark(folder), load_benchmark(folder, sample=2, seed=7)
    assert drawn.sample == Sample(questions=2, of=4, seed=7)
    assert drawn.questions == load_benchmark(folder, sample=2, seed=7).questions
    assert [one for one in whole.questions if one in drawn.questions] == list(drawn.questions)
    assert drawn.documents_digest == whole.documents_digest and drawn.digest != whole.digest
    assert load_benchmark(folder, sample=99).sample is None
    with pytest.raises(ValueError, match="at least 1 question, not 0"):
        load_benchmark(folder, sample=0)


def test_the_digest_follows_documents_and_questions(folder):
    before = load_benchmark(folder)
    rows = (folder / "docs.jsonl").read_text().replace("1931", "1932")
    (folder / "docs.jsonl").write_text(rows)
    after = load_benchmark(folder)
    assert before.documents_digest != after.documents_digest and before.digest != after.digest


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("nothing", None, "there is nothing"),
        ("folder/docs.jsonl", "", "it has docs.jsonl, but not questions.jsonl"),
        ("folder/corpus.jsonl", "", "it has corpus.jsonl, but not queries.jsonl, qrels"),
        ("folder/readme.txt", "", "holds none of their files"),
        ("file.json", "[1, 2]", 'neither "data"'),
        ("file.json", "{", "not JSON"),
        ("file.json", b"\xff\xfe", "not JSON"),
        ("file.json", "[" * 100_000, "not JSON"),
    ],
)
def test_what_is_no_benchmark_is_told_what_is_missing(tmp_path, name, content, told):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    target = tmp_path / name.split("/")[0]
    with pytest.raises(BenchmarkUnknown) as raised:
        load_benchmark(target)
    assert told in str(raised.value) and str(target) in str(raised.value)


@pytest.mark.parametrize(
    ("file", "line", "told"),
    [
        ("docs.jsonl", "{", "docs.jsonl, line 4: not JSON"),
        ("docs.jsonl", "[]", "docs.jsonl, line 4: Input should be"),
        ("docs.jsonl", '{"id": "x", "id": "y", "text": ""}', "line 4: not JSON: id is written twice"),
        ("docs.jsonl", '{"id": "vell", "text": "Again."}', "line 4: the id 'vell' is used twice"),
        ("docs.jsonl", '{"id": 7, "text": "Seven."}', "docs.jsonl, line 4, id: Input should be a valid string"),
        ("docs.jsonl", '{"id": "x"}', "docs.jsonl, line 4, text: Field required"),
        ("docs.jsonl", b"\xff\xfe\n", "docs.jsonl, line 4: not JSON"),
        ("questions.jsonl", question("q1", "Again?"), "questions.jsonl, line 5: the id 'q1' is used twice"),
        ("questions.jsonl", question("q9", "  "), "questions.jsonl, line 5, question"),
        ("questions.jsonl", question("q9", "Who?", gold_docs=["moon"]), "names the document 'moon'"),
        ("questions.jsonl", question("q9", "Who?", gold_docs={"vell": "1"}), "line 5, gold_docs"),
        ("questions.jsonl", question("q9", "Who?", answers=[""]), "line 5, answers.0"),
        ("questions.jsonl", question("q9", "Who?", answers=["x"], answerable=False), "can't have accepted answers"),
        ("questions.jsonl", question("q9", "Who?", meta={"spans": [[0, 5]]}), "meta.spans: spans need exactly one"),
        (
            "questions.jsonl",
            question("q9", "Who?", gold_docs=["vell"], meta={"spans": [[0, 5000]]}),
            "the span [0, 5000) is not in 'vell'",
        ),
        (
            "questions.jsonl",
            question("q9", "Who?", gold_docs=["vell"], meta={"spans": [[-3, 5]]}),
            "meta.spans: [-3, 5) is no span",
        ),
        ("questions.jsonl", question("q9", "Who?", meta={"spans": [[1]]}), "line 5, meta.spans.0"),
    ],
)
def test_every_fault_of_a_folder_names_file_line_and_field(folder, file, line, told):
    data = line if isinstance(line, bytes) else (line if isinstance(line, str) else json.dumps(line)).encode()
    with (folder / file).open("ab") as open_file:
        open_file.write(data)
    with pytest.raises(BenchmarkInvalid) as raised:
        load_benchmark(folder)
    assert any(told in fault for fault in raised.value.faults), raised.value.faults


def test_all_faults_are_told_at_once_and_endless_ones_are_cut_short(folder):
    (folder / "questions.jsonl").write_text("{\n" * 5)
    with pytest.raises(BenchmarkInvalid) as raised:
        load_benchmark(folder)
    assert len(raised.value.faults) == 6  # five lines, and no question
    (folder / "questions.jsonl").write_text("{\n" * 5000)
    with pytest.raises(BenchmarkInvalid, match="and 980 more"):
        load_benchmark(folder)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("1 d1 1", "qrels/test.tsv, line 4: needs query id, document id and score with tabs between, has 1 cells"),
        ("1\td1\tvery", "qrels/test.tsv, line 4: the score 'very' is no whole number"),
        ("7\td1\t1", "qrels/test.tsv: judges the query '7', which is not there"),
        ("1\tmoon\t1", "queries.jsonl, line 1: names the document 'moon'"),
    ],
)
def test_every_fault_of_qrels_is_named(beir, line, told):
    with (beir / "qrels" / "test.tsv").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(BenchmarkInvalid) as raised:
        load_benchmark(beir)
    assert any(told in fault for fault in raised.value.faults), raised.value.faults


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.update(data=[{"paragraphs": "none"}]),
        lambda data: data["data"][0]["paragraphs"][0]["qas"][0].pop("id"),
        lambda data: data["data"][0]["paragraphs"][0]["qas"][1].update(id="a"),
        lambda data: data["data"][0]["paragraphs"][0].update(context=None),
        lambda data: data.update(data=[]),
    ],
)
def test_a_malformed_squad_file_is_refused_by_name(squad, change):
    data = json.loads(squad.read_text())
    change(data)
    squad.write_text(json.dumps(data))
    with pytest.raises(BenchmarkInvalid, match=r"faults in .*dev\.json"):
        load_benchmark(squad)


def test_a_malformed_rag_dataset_is_refused_by_name(rag):
    (rag / "rag_dataset.json").write_text('{"examples": [{"query": ""}]}')
    with pytest.raises(BenchmarkInvalid, match=r"examples\.0\.query"):
        load_benchmark(rag)
    (rag / "rag_dataset.json").write_text('{"examples": []}')
    with pytest.raises(BenchmarkError, match="questions: there is none"):
        load_benchmark(rag)


def test_a_source_file_that_can_not_be_read_is_named(rag):
    (rag / "source_files").mkdir()
    (rag / "source_files" / "x.pdf").write_bytes(b"%PDF-1.4 broken")
    with pytest.raises(BenchmarkInvalid, match=r"source_files/x\.pdf: can't be read"):
        load_benchmark(rag)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the public benchmarks are not beside this checkout")
def test_the_shared_sets_are_loaded_whole():
    for path in sorted(one for one in SHARED.iterdir() if (one / "docs.jsonl").is_file()):
        benchmark = load_benchmark(path)
        assert benchmark.documents and benchmark.questions
    chunking = load_benchmark(SHARED / "chroma_chunking")
    spans = [span for one in chunking.questions for held in one.spans.values() for span in held]
    assert len(spans) == 790 and all(isinstance(span, Span) for span in spans)
