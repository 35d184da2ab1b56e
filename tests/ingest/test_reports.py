"""What a sync tells besides what it indexed, and what it keeps of what a person said."""

import json

import pytest
from documents import pdf_of

from assistant.catalog import Catalog, CatalogChange, PathEntry
from assistant.cli import run
from assistant.errors import DocumentNotFound
from assistant.types import DocumentState
from ingest import Notice, add_uploads, sync
from ingest.rebuilding import rebuild
from ingest.summary import summarise
from ingest.verdicts import Code

NOTE = "# Note {0}\n\nThe probe number {0} was launched in {0}. It reached the Moon.\n"


def links_of(report):
    return {found.document_id: found.reason for found in report.problems if found.code is Code.LINK_SKIPPED}


def test_links_that_are_not_followed_are_listed_with_a_reason(settings, tmp_path):
    (tmp_path / "outside.md").write_text(NOTE.format(9))
    (settings.corpus / "note.md").write_text(NOTE.format(0))
    (settings.corpus / "out.md").symlink_to(tmp_path / "outside.md")
    (settings.corpus / "loop").symlink_to(settings.corpus)
    (settings.corpus / "lost.md").symlink_to(tmp_path / "nowhere.md")
    (settings.corpus / "same.md").symlink_to(settings.corpus / "note.md")
    for _ in range(2):
        report = sync([], settings=settings)
        reasons = {name: reason.rpartition("(")[2] for name, reason in links_of(report).items()}
        assert reasons == {
            "loop": "it leads to a folder)",
            "lost.md": "it leads nowhere)",
            "out.md": "it leads out of the folder)",
        }
        assert any(line.startswith("  out.md: link_skipped. A symbolic link is ") for line in summarise(report))
        assert [found["code"] for found in report.to_json()["problems"]] == ["link_skipped"] * 3
    with Catalog.open(settings.data_dir) as catalog:
        assert [record.document_id for record in catalog.documents()] == ["note.md", "same.md"]


@pytest.fixture
def scanned(settings):
    """A PDF whose second page holds no text, under two names."""
    data = pdf_of(["These are the words of a page."], [])
    (settings.corpus / "scan.pdf").write_bytes(data)
    (settings.corpus / "twin.pdf").write_bytes(data)
    return settings


def test_a_readers_notice_reaches_the_report_and_the_catalog(scanned):
    report = sync([], settings=scanned)
    notice = "Page without text: 2."
    assert report.notices == (
        Notice(document_id="scan.pdf", text=notice),
        Notice(document_id="twin.pdf", text=notice),
    )
    assert f"Note: scan.pdf: {notice}" in list(summarise(report))
    assert report.pages_without_text == report.to_json()["pages_without_text"] == 1
    assert report.to_json()["duplicates"] == [{"document": "twin.pdf", "same_as": "scan.pdf"}]
    assert 0 < report.model_share < 1
    (effort,) = [line for line in summarise(report) if "embedded, 1 page without text, in " in line]
    assert effort.endswith(f"{report.model_share:.0%} of the time in the embedding model.")
    assert report.to_json()["notices"][0] == {"document": "scan.pdf", "notice": notice}
    with Catalog.open(scanned.data_dir) as catalog:
        assert catalog.document("twin.pdf").notices == (notice,)
    assert sync([], settings=scanned).notices == ()


def test_a_readers_notice_is_shown_with_its_document(scanned, capsys):
    sync([], settings=scanned)
    show = ["documents", "show", "scan.pdf", "--data-dir", str(scanned.data_dir)]
    assert run(show, entry_points=()) == 0
    assert ["notice", "Page", "without", "text:", "2."] in [
        line.split() for line in capsys.readouterr().out.splitlines()
    ]
    assert run([*show, "--json"], entry_points=()) == 0
    assert json.loads(capsys.readouterr().out)["notices"] == ["Page without text: 2."]


def tag(settings, document_id, *tags):
    """Give a document tags for its path, as a person does."""
    with Catalog.open(settings.data_dir, write=True) as catalog:
        file = catalog.file(document_id)
        entry = PathEntry(
            document_id=document_id, source=file.source, digest=file.digest, size=file.size, mtime_ns=file.mtime_ns,
            tags=tags,
        )  # fmt: skip
        catalog.apply(CatalogChange(paths=(entry,)))


def tags_of(settings, document_id):
    with Catalog.open(settings.data_dir) as catalog:
        return catalog.document(document_id).tags


def test_tags_follow_a_move_and_outlive_an_edit_and_a_fault(settings):
    path = settings.corpus / "note.md"
    path.write_text(NOTE.format(1))
    sync([], settings=settings)
    tag(settings, "note.md", "mine")
    path.rename(settings.corpus / "moved.md")
    assert sync([], settings=settings).moved == ("moved.md",)
    assert tags_of(settings, "moved.md") == ("mine",)
    (settings.corpus / "moved.md").write_text(NOTE.format(2))
    sync([], settings=settings)
    assert tags_of(settings, "moved.md") == ("mine",)
    (settings.corpus / "moved.md").write_text("")
    sync([], settings=settings)
    with pytest.raises(DocumentNotFound):
        tags_of(settings, "moved.md")
    (settings.corpus / "moved.md").write_text(NOTE.format(3))
    sync([], settings=settings)
    assert tags_of(settings, "moved.md") == ("mine",)


def test_a_former_name_leads_to_where_a_document_is_until_it_is_removed(settings):
    for former, present in ((None, "first.md"), ("first.md", "second.md"), ("second.md", "third.md")):
        path = settings.corpus / present
        path.write_text(NOTE.format(1)) if former is None else (settings.corpus / former).rename(path)
        sync([], settings=settings)
    rebuild(settings)
    with Catalog.open(settings.data_dir) as catalog:
        assert [catalog.present_name(name) for name in ("first.md", "second.md")] == ["third.md", "third.md"]
        assert catalog.present_name("third.md") is None
    path.unlink()
    sync([], settings=settings, prune=True)
    with Catalog.open(settings.data_dir) as catalog:
        assert catalog.present_name("first.md") is None


def test_a_retry_reaches_uploads_that_could_not_be_read(settings, tmp_path):
    pages = pdf_of(["These are the words of a page."] * 40)
    (tmp_path / "slow.pdf").write_bytes(pages)
    hasty = settings.model_copy(update={"parse_timeout_seconds": 0.001})
    report = add_uploads([("slow.pdf", tmp_path / "slow.pdf")], settings=hasty)
    assert [found.code for found in report.problems] == [Code.TIMEOUT]
    assert sync([], settings=settings).added == ()
    assert sync([settings.corpus], settings=settings, retry=True).added == (), "only what was named"
    assert sync([], settings=settings, retry=True, dry_run=True).added == ("uploads/slow.pdf",)
    assert sync([], settings=settings, retry=True).added == ("uploads/slow.pdf",)
    with Catalog.open(settings.data_dir) as catalog:
        assert [record.state for record in catalog.documents()] == [DocumentState.INDEXED]
