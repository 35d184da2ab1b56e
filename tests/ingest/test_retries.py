"""Problems are read again by name, whatever source they are of, and nothing else is looked at."""

import pytest
from documents import pdf_of

from assistant.catalog import Catalog
from assistant.errors import EmptyCorpus
from assistant.types import DocumentState
from ingest import add_uploads, retry_problems, sync
from ingest.uploads import upload_path
from ingest.verdicts import Code

NOTE = "The probe number {0} was launched in {0}.\n"


def states_of(settings):
    with Catalog.open(settings.data_dir) as catalog:
        return {record.document_id: record.state for record in catalog.documents()}


def test_problems_of_every_source_are_read_again_and_nothing_else(settings, tmp_path):
    other = tmp_path / "reports"
    other.mkdir()
    single = tmp_path / "single.md"
    mended = [settings.corpus / "deep" / "a.md", other / "b.md", single]
    mended[0].parent.mkdir()
    for path in (*mended, settings.corpus / "still.md"):
        path.write_text("")
    (tmp_path / "slow.pdf").write_bytes(pdf_of(["These are the words of a page."] * 40))
    hasty = settings.model_copy(update={"parse_timeout_seconds": 0.001})
    sync([settings.corpus, other, single], settings=settings)
    add_uploads([("slow.pdf", tmp_path / "slow.pdf")], settings=hasty)
    assert set(states_of(settings).values()) == {DocumentState.PROBLEM}
    for number, path in enumerate(mended):
        path.write_text(NOTE.format(number))
    (settings.corpus / "new.md").write_text(NOTE.format(9))
    report = retry_problems([*states_of(settings), "new.md", "nowhere.md"], settings=settings)
    assert report.added == ("deep/a.md", "reports/b.md", "single.md", "uploads/slow.pdf")
    assert [(problem.document_id, problem.code) for problem in report.problems] == [("still.md", Code.EMPTY)]
    assert "new.md" not in states_of(settings)


def test_a_problem_whose_file_is_gone_stays_until_the_folder_is_read(settings, tmp_path):
    (settings.corpus / "a.md").write_text("")
    (settings.corpus / "b.md").write_text(NOTE.format(1))
    sync([], settings=settings)
    (settings.corpus / "a.md").unlink()
    report = retry_problems(["a.md", "b.md"], settings=settings)
    assert report.nothing_done and not report.problems
    assert states_of(settings) == {"a.md": DocumentState.PROBLEM, "b.md": DocumentState.INDEXED}


def test_an_upload_whose_kept_file_is_gone_is_left_out(settings, tmp_path):
    (tmp_path / "bad.pdf").write_bytes(b"%PDF-1.4 nothing")
    add_uploads([("bad.pdf", tmp_path / "bad.pdf")], settings=settings)
    with Catalog.open(settings.data_dir) as catalog:
        (record,) = catalog.files("uploads")
    upload_path(settings.data_dir, record.digest).unlink()
    assert retry_problems(["uploads/bad.pdf"], settings=settings).nothing_done


def test_nothing_is_created_where_nothing_was_ingested(settings):
    with pytest.raises(EmptyCorpus):
        retry_problems(["a.md"], settings=settings)
    assert not settings.data_dir.exists()
