"""The command `assistant ingest` as a person and as a program use it."""

import json

import pytest

from assistant.cli import own_entry_points, run

NOTE = "# Note\n\nThese are the words of a note that can be read.\n"


@pytest.fixture
def ingest(settings, capsys):
    def call(*arguments):
        places = ["--corpus", str(settings.corpus), "--data-dir", str(settings.data_dir)]
        code = run(["ingest", *arguments, *places], entry_points=own_entry_points())
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_a_run_says_what_it_did_and_the_second_that_there_is_nothing_to_do(settings, ingest):
    (settings.corpus / "a.md").write_text(NOTE)
    (settings.corpus / "empty.txt").write_text("")
    code, out, err = ingest()
    assert code == 0
    assert out.startswith("Added: 1\n  a.md\n1 chunks, 1 of them embedded")
    assert "Not indexed: 1 document\n  empty.txt: empty. The file holds nothing but white space. Add text" in out
    assert err.count("Indexing: 1 of 1\n") == 1
    code, out, _ = ingest()
    assert code == 0 and out.startswith("Nothing to do: 1 document unchanged.\nNot indexed: 1 document\n")


def test_json_is_one_document(settings, ingest):
    (settings.corpus / "a.md").write_text(NOTE)
    (settings.corpus / "bad.pdf").write_text("%PDF-nothing")
    code, out, _ = ingest("--json")
    report = json.loads(out)
    assert code == 0 and report["schema"] == 1
    assert report["added"] == ["a.md"] and report["chunks"] == report["embedded_chunks"] == 1
    assert [problem["code"] for problem in report["problems"]] == ["damaged"]


def test_options_come_after_paths_too(settings, ingest, tmp_path):
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "b.md").write_text(NOTE)
    code, out, _ = ingest(str(folder), "--dry-run", "--json")
    assert code == 0 and json.loads(out)["added"] == ["more/b.md"]
    assert not settings.data_dir.exists()


def test_a_loss_is_refused_by_name_and_done_with_prune(settings, ingest):
    path = settings.corpus / "a.md"
    path.write_text(NOTE)
    ingest()
    path.unlink()
    code, out, err = ingest()
    assert code == 1 and out == "" and "error[PruneRefused]: 1 of the 1 documents of 'corpus' are not in" in err
    code, out, _ = ingest("--prune")
    assert code == 0 and out.startswith("Removed: 1\n  a.md\n")


def test_hostile_names_cannot_move_the_cursor(settings, ingest):
    (settings.corpus / "a\x1b[2J\n.md").write_text(NOTE)
    _, out, _ = ingest()
    assert "  a\\x1b[2J\\n.md\n" in out and "\x1b" not in out


def test_a_dry_run_ends_with_its_counts_and_writes_nothing(settings, ingest):
    (settings.corpus / "a.md").write_text(NOTE)
    (settings.corpus / "empty.txt").write_text("")
    code, out, _ = ingest("--dry-run")
    assert code == 0 and out.startswith("Would be added: 1\n  a.md\n")
    assert "In all: 1 added, 0 changed, 0 moved, 0 removed, 0 unchanged, 1 refused. Nothing was done.\n" in out
    assert not settings.data_dir.exists()


def test_a_run_without_a_change_and_a_dry_run_load_no_model(settings, ingest, imported_by):
    (settings.corpus / "a.md").write_text(NOTE)
    places = ("--corpus", str(settings.corpus), "--data-dir", str(settings.data_dir))
    ingest()
    (settings.corpus / "b.md").write_text(f"{NOTE} And more.")
    assert not {"openvino", "torch", "chromadb"} & imported_by("ingest", "--dry-run", *places, cwd=settings.corpus)
    (settings.corpus / "b.md").unlink()
    assert not {"openvino", "torch", "chromadb"} & imported_by("ingest", *places, cwd=settings.corpus)
