"""From a question on the command line to a run that asks it."""

import io
import json
from types import SimpleNamespace

import pytest

from assistant.cli import own_entry_points, run
from assistant.settings import Settings
from ingest import sync

BRIDGE = "# The bridge at Kelm\n\nThe bridge at Kelm was opened on 3 May 1987. It is 412 metres long.\n"
OPENED = ("--question", "When was the bridge at Kelm opened?", "--answer", "3 May 1987")
PLACE = ("--document", "bridge.md", "--quote", "opened on 3 May 1987")


@pytest.fixture(scope="module")
def ingested(tmp_path_factory, models_dir):
    root = tmp_path_factory.mktemp("eval-new")
    corpus = root / "corpus"
    corpus.mkdir()
    (corpus / "bridge.md").write_text(BRIDGE, encoding="utf-8")
    sync([], settings=Settings(data_dir=root / "data", corpus=corpus, models_dir=models_dir))
    return root / "data"


@pytest.fixture
def call(ingested):
    def called(*arguments):
        return run([*map(str, arguments), "--data-dir", str(ingested)], entry_points=own_entry_points())

    return called


@pytest.fixture
def gold(tmp_path):
    return tmp_path / "gold.jsonl"


def rows(gold):
    return [json.loads(line) for line in gold.read_text().splitlines()]


def test_a_question_is_added_confirmed_and_asked(call, gold, capsys):
    assert call("eval", "new", gold, *OPENED, *PLACE, "--tag", "fact", "--split", "dev") == 0
    printed = capsys.readouterr()
    assert "when-was-bridge-at-kelm (fact, unconfirmed, dev)" in printed.out
    assert "answer    3 May 1987" in printed.out
    assert "“opened on 3 May 1987” in bridge.md" in printed.out
    assert call("eval", "run", gold) == 1
    assert "1 are left out, --unconfirmed asks them too" in capsys.readouterr().err
    assert call("eval", "run", gold, "--unconfirmed") == 0
    assert call("eval", "confirm", gold) == 0
    assert "0 confirmed, 1 still unconfirmed." in capsys.readouterr().err
    assert call("eval", "confirm", gold, "when-was-bridge-at-kelm") == 0
    assert "when-was-bridge-at-kelm" in capsys.readouterr().out
    assert rows(gold)[0]["tags"] == ["fact"]
    assert call("eval", "run", gold) == 0


def test_a_run_says_how_many_it_left_out(call, gold, tmp_path, capsys):
    call("eval", "new", gold, *OPENED, *PLACE)
    call("eval", "confirm", gold, "--all")
    call("eval", "new", gold, "--question", "Who won the chess final?", "--unanswerable")
    capsys.readouterr()
    assert call("eval", "run", gold, "--out", tmp_path / "run") == 0
    said = capsys.readouterr().err
    assert "1 questions that no person has confirmed were left out" in said
    assert f"assistant eval report {tmp_path / 'run'}" in said
    assert json.loads((tmp_path / "run" / "manifest.json").read_text())["unconfirmed"] == 1


def test_the_answer_of_ask_becomes_a_question(call, gold, tmp_path, monkeypatch, capsys):
    assert call("ask", "When was the bridge at Kelm opened?", "--json") == 0
    answer = capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(answer.encode()), isatty=lambda: False))
    assert call("eval", "new", gold, "--from", "-", "--answer", "3 May 1987") == 0
    (row,) = rows(gold)
    assert (row["question"], row["answers"]) == ("When was the bridge at Kelm opened?", ["3 May 1987"])
    cited = [(one["document"], one["quote"]) for one in json.loads(answer)["citations"]]
    assert [(one["document"], one["quote"]) for one in row["evidence"]] == cited


def test_an_abstention_becomes_an_unanswerable_question(call, gold, tmp_path, capsys):
    assert call("ask", "Who won the chess final in Oslo?", "--json") == 0
    (tmp_path / "answer.json").write_text(capsys.readouterr().out)
    assert call("eval", "new", gold, "--from", tmp_path / "answer.json") == 0
    assert [(row["answerable"], row["answers"], row["evidence"]) for row in rows(gold)] == [(False, [], [])]


def test_faults_and_doubles_are_named_errors_and_write_nothing(call, gold, tmp_path, capsys):
    assert call("eval", "new", gold, *OPENED, "--document", "bridge.md", "--quote", "not in there") == 1
    assert "line 1, evidence.0.quote: does not occur" in capsys.readouterr().err
    assert not gold.exists()
    assert call("eval", "new", gold, *OPENED, *PLACE) == 0
    assert call("eval", "new", gold, *OPENED, *PLACE) == 1
    assert "error[QuestionExists]" in capsys.readouterr().err
    assert call("eval", "confirm", gold, "nobody") == 1
    assert "error[QuestionNotFound]" in capsys.readouterr().err
    (tmp_path / "bad.json").write_text("{}")
    assert call("eval", "new", gold, "--from", tmp_path / "bad.json") == 1
    assert "error[AnswerFileInvalid]" in capsys.readouterr().err
    assert len(rows(gold)) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        OPENED[:2],
        OPENED[2:],
        (*OPENED, "--unanswerable"),
        (*OPENED, *PLACE, "--document", "b", "--document", "c"),
        (*OPENED, "--quote", "alone"),
        ("--from", "/no/such/file"),
    ],
)
def test_what_does_not_go_together_is_a_usage_error(call, gold, arguments):
    assert call("eval", "new", gold, *arguments) == 2
    assert not gold.exists()


def test_one_document_may_have_several_quotes_or_none(call, gold):
    assert call("eval", "new", gold, *OPENED, *PLACE, "--quote", "412 metres long") == 0
    assert call("eval", "new", gold, "--question", "What?", "--answer", "x", "--document", "bridge.md") == 0
    assert [len(row["evidence"]) for row in rows(gold)] == [2, 1]
    assert rows(gold)[1]["evidence"] == [{"document": "bridge.md"}]


def test_check_counts_and_names_faults(call, gold, capsys):
    call("eval", "new", gold, *OPENED, *PLACE)
    capsys.readouterr()
    assert call("eval", "check", gold, "--json") == 0
    assert json.loads(capsys.readouterr().out)["groups"][0]["unconfirmed"] == 1
    gold.write_text(gold.read_text() + "{}\n")
    assert call("eval", "check", gold) == 1
    assert "line 2, question" in capsys.readouterr().err


def test_report_writes_both_files_and_says_where(call, gold, tmp_path, capsys):
    call("eval", "new", gold, *OPENED, *PLACE)
    call("eval", "run", gold, "--unconfirmed", "--out", tmp_path / "run")
    capsys.readouterr()
    arguments = ["eval", "report", str(tmp_path / "run"), "--baseline", str(tmp_path / "run")]
    assert run(arguments, entry_points=own_entry_points()) == 0
    html, markdown = capsys.readouterr().out.split()
    assert (html, markdown) == (str(tmp_path / "run" / "report.html"), str(tmp_path / "run" / "report.md"))
    assert "every figure below is inside the noise" in (tmp_path / "run" / "report.html").read_text()
    assert run([*arguments, "--out", str(tmp_path / "page.html")], entry_points=own_entry_points()) == 0
    assert (tmp_path / "page.html").read_bytes() == (tmp_path / "run" / "report.html").read_bytes()
    assert run(["eval", "report", str(tmp_path)], entry_points=own_entry_points()) == 1
