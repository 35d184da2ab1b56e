"""The binary documents of the starter corpus are made from their sources."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FORMATS = {".md", ".txt", ".html", ".docx", ".pdf"}


def documents(corpus):
    return [path for path in corpus.rglob("*") if path.is_file() and not path.name.startswith(".")]


def test_the_corpus_exercises_every_format(starter_corpus):
    assert {path.suffix for path in documents(starter_corpus)} == FORMATS
    assert len(documents(starter_corpus)) >= 16


def test_the_corpus_holds_enough_words_to_ask_about():
    assert sum(len(path.read_text().split()) for path in (HERE / "reference").iterdir()) >= 12_000


def test_every_document_has_a_reference_text(starter_corpus):
    references = {path.stem for path in (HERE / "reference").iterdir()}
    assert {path.stem for path in documents(starter_corpus)} == references


@pytest.mark.parametrize("name", ["reports/comparing-three-frameworks.pdf", "idsea/idsea-charter-explainer.docx"])
def test_building_again_changes_no_byte(name, starter_corpus, tmp_path):
    root = tmp_path / "tests" / "corpus"
    root.mkdir(parents=True)
    (root / "build.py").write_bytes((HERE / "build.py").read_bytes())
    (root / "sources").symlink_to(HERE / "sources")
    for folder in ("idsea", "reports"):
        (tmp_path / "corpus" / folder).mkdir(parents=True)
    subprocess.run([sys.executable, str(root / "build.py")], check=True, capture_output=True, timeout=120)
    assert (tmp_path / "corpus" / name).read_bytes() == (starter_corpus / name).read_bytes()
