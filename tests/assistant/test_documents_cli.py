"""`assistant documents` as outside programs see it, over a store that was written by hand."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from assistant.catalog import (
    Catalog,
    CatalogChange,
    IndexedContent,
    PathEntry,
    ProblemEntry,
    SourceKind,
    SourceRecord,
)
from assistant.types import Block, BlockKind, Chunk, Document, Page, Sentence

COMMAND = Path(sys.executable).with_name("assistant")
TEXT = "Rain\n\nIt fell 🌧 on \x1b[31mred\x1b[0m ground. \u202eEnd.\n"
DIGEST = hashlib.sha256(TEXT.encode()).hexdigest()


@pytest.fixture
def folder(tmp_path):
    """A folder with a store of one document and one problem, as an ingest of `corpus` would leave it."""
    (tmp_path / "corpus" / "notes").mkdir(parents=True)
    (tmp_path / "corpus" / "notes" / "rain.pdf").write_bytes(TEXT.encode())
    document = Document(
        id="notes/rain.pdf",
        digest=DIGEST,
        text=TEXT,
        title="On rain",
        authors=("A. Writer",),
        date="2024-05",
        language="en",
        tags=("weather",),
        pages=(Page(number=1, start=0, end=6), Page(number=2, start=6, end=len(TEXT))),
        blocks=(
            Block(kind=BlockKind.HEADING, level=1, start=0, end=4),
            Block(kind=BlockKind.PARAGRAPH, start=6, end=len(TEXT) - 1),
        ),
    )
    chunk = Chunk(
        id="c1",
        digest=DIGEST,
        ordinal=0,
        start=0,
        end=len(TEXT),
        text=TEXT,
        context="On rain",
        page=1,
        section=("Rain",),
    )
    content = IndexedContent(
        document=document,
        chunks=(chunk,),
        vectors=np.array([[1, 0]], dtype=np.float32),
        sentences=(Sentence(start=6, end=len(TEXT) - 1, kind=BlockKind.PARAGRAPH),),
        sentence_vectors=None,
    )
    entry = PathEntry(
        document_id=document.id, source="corpus", digest=DIGEST, size=len(TEXT), mtime_ns=0, tags=("mine",)
    )
    problem = ProblemEntry(
        document_id="bad.pdf", source="corpus", digest=None, code="empty", reason="No text.", size=0, mtime_ns=0
    )
    with Catalog.open(tmp_path / "data", write=True) as catalog:
        catalog.set_source(
            SourceRecord(name="corpus", kind=SourceKind.FOLDER, root=str((tmp_path / "corpus").resolve()))
        )
        catalog.apply(CatalogChange(contents=(content,), paths=(entry,), problems=(problem,)))
    return tmp_path


def test_the_list_as_json_has_the_documents_and_the_problems(assistant, folder):
    listed = json.loads(assistant("documents", "list", "--json", "--data-dir", "data", cwd=folder).stdout)
    problem, document = listed["documents"]
    assert listed["schema"] == 1
    assert problem == {
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
    assert document == {
        "document": "notes/rain.pdf",
        "state": "indexed",
        "code": None,
        "reason": None,
        "pages": 2,
        "chunks": 1,
        "digest": DIGEST,
        "title": "On rain",
        "tags": document["tags"],
    }
    assert set(document["tags"]) == {"weather", "mine"}


def test_the_list_can_be_narrowed_to_problems(assistant, folder):
    listed = json.loads(assistant("documents", "list", "--problems", "--json", "--data-dir", "data", cwd=folder).stdout)
    assert [document["document"] for document in listed["documents"]] == ["bad.pdf"]


def test_the_list_for_people_has_a_line_per_document(assistant, folder):
    lines = assistant("documents", "list", "--data-dir", "data", cwd=folder).stdout.decode().splitlines()
    assert lines[1].split()[0] == "bad.pdf"
    assert lines[1].endswith("empty: No text.")
    assert lines[2].split() == ["notes/rain.pdf", "On", "rain", "2", "1", "indexed"]


@pytest.mark.parametrize("arguments", [["notes/rain.pdf", "--text"], ["--text", "notes/rain.pdf"]])
def test_the_text_is_written_byte_for_byte(assistant, folder, arguments):
    done = assistant("documents", "show", *arguments, "--data-dir", "data", cwd=folder)
    assert done.stdout == TEXT.encode()
    assert done.stderr == b""


def test_a_document_is_shown_with_its_metadata_and_headings(assistant, folder):
    shown = assistant("documents", "show", "notes/rain.pdf", "--data-dir", "data", cwd=folder).stdout.decode()
    rows = [line.split() for line in shown.splitlines()]
    assert rows[0] == ["On", "rain"]
    assert ["authors", "A.", "Writer"] in rows
    assert ["pages", "2"] in rows
    assert ["Rain", "(page", "1)"] in rows


def test_a_document_as_json_holds_its_text_on_request(assistant, folder):
    without = json.loads(
        assistant("documents", "show", "notes/rain.pdf", "--json", "--data-dir", "data", cwd=folder).stdout
    )
    done = assistant("documents", "show", "notes/rain.pdf", "--json", "--text", "--data-dir", "data", cwd=folder)
    assert without["text"] is None
    assert json.loads(done.stdout)["text"] == TEXT
    assert b"\x1b" not in done.stdout
    assert without["headings"] == [{"level": 1, "start": 0, "end": 4, "text": "Rain"}]


@pytest.mark.parametrize("command", ["show", "remove"])
def test_an_unknown_document_is_a_named_error_with_the_nearest(assistant, folder, command):
    done = assistant("documents", command, "rain.pdf", "--data-dir", "data", cwd=folder, code=1)
    assert done.stdout == b""
    assert done.stderr.decode().startswith("error[DocumentNotFound]: No document 'rain.pdf'. Did you mean")
    assert "notes/rain.pdf" in done.stderr.decode()


def test_tags_are_given_and_taken_away_and_those_of_the_document_itself_stay(assistant, folder):
    def tagged(*changes, document="notes/rain.pdf"):
        done = assistant("documents", "tag", document, *changes, "--json", "--data-dir", "data", cwd=folder)
        return json.loads(done.stdout)["tags"]

    assert tagged() == ["mine", "weather"]
    assert tagged("--add", "north", "--add", " new year ", "--remove", "mine") == ["new year", "north", "weather"]
    assert tagged("--add", "kept", document="bad.pdf") == ["kept"]
    done = assistant("documents", "tag", "notes/rain.pdf", "--data-dir", "data", cwd=folder)
    assert done.stdout.decode() == "notes/rain.pdf: new year, north, weather\n"


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (["--remove", "weather"], "'weather' was not given to 'notes/rain.pdf'. Given to it: 'mine'."),
        (["--add", " "], "'' is no tag"),
        (["--add", "a\x1bb"], "is no tag"),
    ],
)
def test_a_tag_that_cannot_be_given_or_taken_away_is_a_named_error(assistant, folder, changes, fault):
    done = assistant("documents", "tag", "notes/rain.pdf", *changes, "--data-dir", "data", cwd=folder, code=1)
    assert done.stderr.decode().startswith("error[TagError]: ")
    assert fault in done.stderr.decode()


def test_a_script_that_removes_is_taken_at_its_word(assistant, folder):
    done = assistant("documents", "remove", "notes/rain.pdf", "--data-dir", "data", cwd=folder)
    assert done.stdout.decode() == "Removed notes/rain.pdf.\n"
    assert listed(assistant, folder) == ["bad.pdf"]


@pytest.mark.parametrize(("reply", "left"), [(b"n\n", ["bad.pdf", "notes/rain.pdf"]), (b"y\n", ["bad.pdf"])])
def test_on_a_terminal_removing_asks_first(assistant, folder, reply, left):
    ours, theirs = os.openpty()
    os.write(ours, reply)
    command = [COMMAND, "documents", "remove", "notes/rain.pdf", "--data-dir", "data"]
    done = subprocess.run(command, cwd=folder, stdin=theirs, capture_output=True, timeout=60, check=False)
    os.close(ours), os.close(theirs)
    assert done.returncode == 0
    assert b"Remove notes/rain.pdf?" in done.stderr
    assert listed(assistant, folder) == left


def listed(assistant, folder):
    done = assistant("documents", "list", "--json", "--data-dir", "data", cwd=folder)
    return [document["document"] for document in json.loads(done.stdout)["documents"]]


def test_a_removed_document_is_gone_and_its_file_is_named(assistant, folder):
    done = assistant("documents", "remove", "notes/rain.pdf", "--yes", "--json", "--data-dir", "data", cwd=folder)
    file = folder.resolve() / "corpus" / "notes" / "rain.pdf"
    assert json.loads(done.stdout) == {"schema": 1, "removed": ["notes/rain.pdf"], "file": str(file)}
    assert "the next `assistant ingest` adds it again" in done.stderr.decode()
    assert file.exists()
    assistant("documents", "show", "notes/rain.pdf", "--data-dir", "data", cwd=folder, code=1)


def test_a_removed_problem_is_gone(assistant, folder):
    done = assistant("documents", "remove", "bad.pdf", "--yes", "--data-dir", "data", cwd=folder)
    assert done.stdout.decode() == "Removed bad.pdf.\n"
    assert done.stderr == b""


@pytest.mark.parametrize("command", [["list"], ["show", "notes/rain.pdf"], ["show", "notes/rain.pdf", "--text"]])
def test_reading_imports_nothing_heavy(imported_by, folder, command):
    imported = imported_by("documents", *command, "--data-dir", "data", cwd=folder)
    assert imported.isdisjoint(
        {"torch", "transformers", "sentence_transformers", "gradio", "chromadb", "openvino", "llama_index"}
    )
