"""`assistant ask`, `search` and `doctor` in their own processes, over a corpus that the real command ingested."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("assistant")
HEAVY = ("torch", "transformers", "sentence_transformers", "gradio", "chromadb", "llama_index")


@pytest.fixture(scope="module")
def house(tmp_path_factory, models_dir):
    """A folder with three documents that were ingested from it."""
    folder = tmp_path_factory.mktemp("house")
    corpus = folder / "corpus"
    corpus.mkdir()
    (corpus / "lighthouse.md").write_text(
        "---\ntags: [coast]\n---\n# Lighthouse of Varn\n\n## History\n\nThe lighthouse of Varn was built in 1871 by the"
        " engineer Ada Holm. \x1b[31mIts lamp\x1b[0m burned whale oil until 1904.\n\n## Visits\n\nThe tower is open on"
        " Sundays from April to October.\n",
        encoding="utf-8",
    )
    (corpus / "bridge.txt").write_text(
        "The bridge of Tarn\n\nThe bridge of Tarn spans 412 metres. It was closed to lorries in 1998.\n",
        encoding="utf-8",
    )
    (corpus / "empty.txt").write_bytes(b"")
    environment = os.environ | {"ASSISTANT_MODELS_DIR": str(models_dir)}
    done = subprocess.run(
        [COMMAND, "ingest"], cwd=folder, env=environment, capture_output=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return folder


QUESTION = "When was the lighthouse of Varn built?"


@pytest.mark.parametrize(
    "arguments", [["--json", QUESTION], [QUESTION, "--json"], [QUESTION, "--top-k", "2", "--json"]]
)
def test_an_answer_as_json_quotes_the_documents_exactly(assistant, house, arguments):
    answer = json.loads(assistant("ask", *arguments, cwd=house).stdout)
    assert answer["schema"] == 1
    assert answer["question"] == QUESTION
    assert answer["abstained"] is False
    assert "1871" in answer["answer"]
    for citation in answer["citations"]:
        text = assistant("documents", "show", "--text", citation["document"], cwd=house).stdout.decode()
        assert text[citation["start"] : citation["end"]] == citation["quote"]


def test_the_same_question_gets_the_same_answer_in_another_process(assistant, house):
    first, second = (json.loads(assistant("ask", QUESTION, "--json", cwd=house).stdout) for _ in range(2))
    assert {**first, "timings_ms": None} == {**second, "timings_ms": None}


def test_an_answer_for_people_names_its_source_and_marks_the_quote(assistant, house):
    done = assistant("ask", QUESTION, cwd=house)
    shown = done.stdout.decode()
    assert "[1]" in shown
    assert "lighthouse.md · " in shown
    assert "«The lighthouse of Varn was built in 1871 by the engineer Ada Holm.»" in shown
    assert "\x1b" not in shown


def test_an_explanation_has_what_ranked_the_passages_and_what_chose_the_sentences(assistant, house):
    shown = assistant("ask", QUESTION, "--explain", cwd=house).stdout.decode()
    assert "rank  score  meaning  sentence  words  pairs  held" in shown
    assert "Why these sentences" in shown


def test_an_explanation_is_part_of_every_answer_as_json(assistant, house):
    plain, explained = (
        json.loads(assistant("ask", QUESTION, "--json", *more, cwd=house).stdout) for more in ([], ["--explain"])
    )
    assert {**plain, "timings_ms": None} == {**explained, "timings_ms": None}
    assert plain["sentences"][0]["signals"]["cosine"] > 0.5
    assert plain["passages"][0]["signals"]["fused"] > 0


# Passages without an answer


def test_a_search_finds_the_passages_of_the_answer(assistant, house):
    found = json.loads(assistant("search", QUESTION, "--json", cwd=house).stdout)
    answer = json.loads(assistant("ask", QUESTION, "--json", cwd=house).stdout)
    assert found == {"schema": 1, "question": QUESTION, "passages": answer["passages"]}


def test_a_searched_passage_is_the_stored_text_at_its_place(assistant, house):
    passages = json.loads(assistant("search", QUESTION, "--top-k", "2", "--json", cwd=house).stdout)["passages"]
    assert [passage["rank"] for passage in passages] == [1, 2]
    for passage in passages:
        text = assistant("documents", "show", "--text", passage["document"], cwd=house).stdout.decode()
        assert text[passage["start"] : passage["end"]] == passage["text"]


def test_a_search_for_people_has_rank_place_score_and_text(assistant, house):
    shown = assistant("search", QUESTION, cwd=house).stdout.decode()
    assert shown.startswith("1. Lighthouse of Varn — lighthouse.md · History · score 1.000\nThe lighthouse of Varn was")
    assert "\x1b" not in shown


def test_a_question_without_an_answer_is_done_and_says_so(assistant, house):
    done = assistant("ask", "Who won the chess tournament in Lisbon?", "--json", cwd=house)
    answer = json.loads(done.stdout)
    assert answer["abstained"] is True
    assert answer["answer"] is None
    assert answer["abstention"]["reason"]
    assert answer["sentences"] == answer["citations"] == []
    assert "No answer." in assistant("ask", "Who won the chess tournament in Lisbon?", cwd=house).stdout.decode()


def test_a_greeting_is_answered_from_the_catalog(assistant, house):
    answer = json.loads(assistant("ask", "hello", "--json", cwd=house).stdout)
    assert answer["method"] == "catalog"
    assert answer["citations"] == []


@pytest.mark.parametrize(
    ("choice", "document"), [(["--document", "bridge.txt"], "bridge.txt"), (["--tag", "coast"], "lighthouse.md")]
)
@pytest.mark.parametrize("command", ["ask", "search"])
def test_a_filter_keeps_other_documents_out(assistant, house, command, choice, document):
    found = json.loads(assistant(command, QUESTION, "--json", *choice, cwd=house).stdout)
    assert {passage["document"] for passage in found["passages"]} == {document}


@pytest.mark.parametrize(
    ("choice", "limits"),
    [
        (["--tag", "sea"], "tag 'sea'"),
        (["--folder", "nowhere"], "folder 'nowhere'"),
        (["--tag", "coast", "--folder", "nowhere"], "tag 'coast' and folder 'nowhere'"),
    ],
)
@pytest.mark.parametrize("command", ["ask", "search"])
def test_a_filter_that_no_document_passes_is_a_named_error(assistant, house, command, choice, limits):
    done = assistant(command, QUESTION, *choice, "--json", cwd=house, code=1)
    message = done.stderr.decode()
    assert message.startswith(
        f"error[FilterMatchesNothing]: No document matches {limits}. Tags that there are: 'coast'."
    )


@pytest.mark.parametrize("command", ["ask", "search"])
def test_a_document_that_is_not_there_is_a_named_error(assistant, house, command):
    done = assistant(command, QUESTION, "--document", "bridge.md", "--json", cwd=house, code=1)
    assert done.stderr.decode().startswith(
        "error[DocumentNotFound]: No document 'bridge.md'. Did you mean 'bridge.txt'"
    )
    assert done.stdout == b""


@pytest.mark.parametrize("command", ["ask", "search"])
def test_asking_imports_nothing_heavy(imported_by, house, command):
    imported = imported_by(command, QUESTION, "--json", cwd=house)
    assert imported.isdisjoint(HEAVY)
    assert "rich" not in imported


def test_the_broken_file_is_listed_with_its_code(assistant, house):
    listed = json.loads(assistant("documents", "list", "--problems", "--json", cwd=house).stdout)
    assert [(found["document"], bool(found["code"]), bool(found["reason"])) for found in listed["documents"]] == [
        ("empty.txt", True, True)
    ]


def test_the_doctor_finds_no_fault_in_a_healthy_store(assistant, house):
    report = json.loads(assistant("doctor", "--check", "--json", cwd=house).stdout)
    assert report["reader"].startswith("reader@")
    assert "starter.jsonl" in report["calibration"]
    assert report["faults"] == []
    assert (report["store"]["documents"], report["store"]["problems"]) == (2, 1)
    assert report["model"]


def test_a_check_leaves_the_index_as_it_is(assistant, house):
    def look():
        index = house / ".assistant" / "index"
        return {path: path.stat().st_mtime_ns for path in index.rglob("*") if path.is_file()}

    before = look()
    for _ in range(2):
        assistant("doctor", "--check", cwd=house)
    assert look() == before


@pytest.mark.slow
def test_the_doctor_finds_an_altered_text_and_mends_a_lost_index(assistant, house, tmp_path):
    shutil.copytree(house / ".assistant", tmp_path / ".assistant")
    shutil.rmtree(tmp_path / ".assistant" / "index")
    lost = json.loads(assistant("doctor", "--check", "--json", cwd=tmp_path, code=1).stdout)
    assert [fault.partition(":")[0] for fault in lost["faults"]] == ["vector index"]
    mended = json.loads(assistant("doctor", "--repair", "--check", "--json", cwd=tmp_path).stdout)
    assert (mended["repaired"], mended["faults"]) == ("rebuilt", [])
    with closing(sqlite3.connect(tmp_path / ".assistant" / "catalog.sqlite3")) as connection, connection:
        connection.execute("UPDATE contents SET text = replace(text, '1871', '1872')")
    altered = json.loads(assistant("doctor", "--check", "--json", cwd=tmp_path, code=1).stdout)
    assert any("the text was altered" in fault for fault in altered["faults"])


def test_a_follow_up_is_read_from_the_turns_in_a_file(assistant, house, tmp_path):
    turns = tmp_path / "turns.json"
    turns.write_text(json.dumps([{"question": QUESTION, "answer": "The lighthouse of Varn was built in 1871."}]))
    answer = json.loads(assistant("ask", "By whom?", "--history", turns, "--json", cwd=house).stdout)
    assert (answer["query"], "Ada Holm" in answer["answer"]) == ("By whom was the lighthouse of Varn built?", True)
    turns.write_text("{}")
    refused = assistant("ask", "By whom?", "--history", turns, cwd=house, code=1)
    assert refused.stderr.startswith(b"error[HistoryInvalid]: ")
