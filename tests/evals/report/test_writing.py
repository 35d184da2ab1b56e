"""From folders to files."""

import shutil

import pytest

from evals.errors import GateInvalid, RunInvalid, RunsNotComparable
from evals.report.writing import write_report


@pytest.fixture
def better(write_folder, five_ways, maker):
    """A run in which one more question is right, made with another setting."""
    questions, answers, rankings = five_ways
    fixed = maker.answer(
        "Lost?", maker.citation("a.md", "Ada wrote the first program."), passages=[maker.passage("a.md", 0, 48)]
    )
    return write_folder(questions, answers | {"Lost?": fixed}, rankings=rankings, name="better", settings={"top_k": 9})


def test_the_same_folders_give_the_same_bytes_wherever_they_lie(folder, better, tmp_path):
    shutil.copytree(better, tmp_path / "elsewhere")
    first = write_report(better, baseline=folder, out=tmp_path / "one.html")
    second = write_report(tmp_path / "elsewhere", baseline=folder, out=tmp_path / "deep" / "two.html")
    assert first.html.read_bytes() == second.html.read_bytes()
    assert first.markdown.read_bytes() == second.markdown.read_bytes()


def test_the_page_says_what_changed_and_what_the_gate_says(folder, better, tmp_path):
    out = tmp_path / "report.html"
    (folder / "gate.toml").write_text('[floor]\n"answered right" = 0.9\n')
    files = write_report(better, baseline=folder, out=out)
    for text in (files.html.read_text(), files.markdown.read_text().replace("\\", "")):
        assert "top_k" in text
        assert "1 question was mended, 0 broken." in text
        assert "The gate fails." in text
        assert "answered right: 40.0% is under its floor of 90.0%" in text
    (folder / "gate.toml").write_text('[floor]\n"answered right" = 0.1\n')
    write_report(better, baseline=folder, out=out)
    assert "The gate passes." in out.read_text()


def test_without_a_gate_file_nothing_is_said_of_a_gate(folder, better, tmp_path):
    files = write_report(better, baseline=folder, out=tmp_path / "report.html")
    assert "The gate" not in files.html.read_text()


def test_what_can_not_be_reported_is_refused_by_name(folder, write_folder, five_ways, tmp_path):
    out = tmp_path / "report.html"
    with pytest.raises(RunInvalid, match=r"manifest\.json is missing"):
        write_report(tmp_path / "nothing", baseline=None, out=out)
    questions, answers, _ = five_ways
    fewer = write_folder(questions[:3], answers, name="fewer")
    with pytest.raises(RunsNotComparable, match="different questions"):
        write_report(fewer, baseline=folder, out=out)
    assert not out.exists()
    write_report(fewer, baseline=folder, out=out, intersection=True)
    assert "were left out of the comparison" in out.read_text()
    (folder / "gate.toml").write_text("[floor]\nnonsense = 1\n")
    with pytest.raises(GateInvalid, match="nonsense"):
        write_report(folder, baseline=folder, out=out)
