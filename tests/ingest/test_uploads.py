"""Uploads are kept by digest, named as they were, and never removed by a sync."""

import pytest
from documents import pdf_of

from assistant.catalog import Catalog
from ingest import add_uploads, sync
from ingest.uploads import LONGEST_NAME, clean_name, upload_path
from ingest.verdicts import Code


@pytest.fixture
def dropped(tmp_path):
    folder = tmp_path / "dropped"
    folder.mkdir()

    def drop(name, data):
        path = folder / str(len(list(folder.iterdir())))
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return name, path

    return drop


def test_good_broken_and_equal_files_are_told_apart(settings, dropped):
    pdf = pdf_of(["These are the words of a page."])
    files = [dropped("a.pdf", pdf), dropped("b.pdf", b"%PDF-1.4"), dropped("same.pdf", pdf), dropped("x.exe", b"MZ")]
    report = add_uploads(files, settings=settings)
    assert report.added == ("uploads/a.pdf", "uploads/same.pdf") and report.chunks == 1
    codes = {problem.document_id: problem.code for problem in report.problems}
    assert codes == {"uploads/b.pdf": Code.DAMAGED, "uploads/x.exe": Code.UNSUPPORTED_TYPE}
    with Catalog.open(settings.data_dir) as catalog:
        (digest,) = {record.digest for record in catalog.documents() if record.state == "indexed"}
    assert upload_path(settings.data_dir, digest).read_bytes() == pdf


def test_a_sync_leaves_uploads_alone(settings, dropped):
    add_uploads([dropped("a.md", "# A\n\nWords of a.")], settings=settings)
    (settings.corpus / "b.md").write_text("# B\n\nWords of b.")
    sync([], settings=settings)
    (settings.corpus / "b.md").unlink()
    sync([], settings=settings, prune=True)
    with Catalog.open(settings.data_dir) as catalog:
        assert [record.document_id for record in catalog.documents()] == ["uploads/a.md"]


def test_an_upload_of_a_known_name_replaces_it_and_of_the_same_bytes_changes_nothing(settings, dropped):
    add_uploads([dropped("a.md", "# A\n\nOld words.")], settings=settings)
    assert add_uploads([dropped("a.md", "# A\n\nOld words.")], settings=settings).unchanged == ("uploads/a.md",)
    assert add_uploads([dropped("a.md", "# A\n\nNew words.")], settings=settings).changed == ("uploads/a.md",)
    with Catalog.open(settings.data_dir) as catalog:
        assert "New words" in catalog.text("uploads/a.md")
    assert len(list((settings.data_dir / "uploads").iterdir())) == 1


def test_two_files_of_one_name_given_together_are_both_kept(settings, dropped):
    report = add_uploads([dropped("a.md", "First words."), dropped("a.md", "Second words.")], settings=settings)
    assert report.added == ("uploads/a (2).md", "uploads/a.md")


def test_the_size_limit_holds_before_parsing(settings, dropped):
    small = settings.model_copy(update={"max_file_mib": 1})
    report = add_uploads([dropped("a.txt", b"a" * 1_048_577), dropped("e.txt", b"")], settings=small)
    assert [problem.code for problem in report.problems] == [Code.TOO_LARGE, Code.EMPTY]


def test_the_quota_of_all_uploads_holds_before_they_are_kept(settings, dropped):
    small = settings.model_copy(update={"max_uploads_mib": 1})
    binary = b"\x00" * 700_000
    assert add_uploads([dropped("a.txt", binary)], settings=small).problems[0].code is Code.BINARY
    report = add_uploads([dropped("b.txt", binary), dropped("c.txt", binary + b"c")], settings=small)
    assert {problem.document_id: problem.code for problem in report.problems} == {
        "uploads/b.txt": Code.BINARY,
        "uploads/c.txt": Code.OVER_QUOTA,
    }
    assert len(list((settings.data_dir / "uploads").iterdir())) == 1


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\me\\plan.docx", "plan.docx"),
        ("a\x00b\n.md", "ab.md"),
        ("\u202etxt.exe.txt", "txt.exe.txt"),
        ("...", "unnamed"),
        ("", "unnamed"),
    ],
)
def test_names_are_cleaned(name, cleaned):
    assert clean_name(name) == cleaned


def test_long_names_keep_their_extension():
    assert clean_name("x" * 400 + ".pdf").endswith("x.pdf") and len(clean_name("x" * 400 + ".pdf")) == LONGEST_NAME
