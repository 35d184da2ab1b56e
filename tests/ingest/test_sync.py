"""A sync makes the catalog agree with the files, and touches nothing else."""

import os
import shutil
import threading
from dataclasses import dataclass

import numpy as np
import pytest
from documents import pdf_of

from assistant.catalog import Catalog
from assistant.errors import CorpusNotFound, DataDirLocked, PruneRefused, StaleIndex
from assistant.lock import WriterLock
from assistant.types import Filters, Span
from ingest import Duplicate, Move, Stage, sync
from ingest.verdicts import Code

NOTE = (
    "# Note {0}\n\nThe probe number {0} was launched in {0}. It reached the Moon.\n\n## More\n\nThe end of note {0}.\n"
)


@pytest.fixture
def corpus(settings):
    for number in range(4):
        (settings.corpus / f"note{number}.md").write_text(NOTE.format(number))
    return settings.corpus


@dataclass(frozen=True)
class State:
    """Everything that a question can see."""

    documents: tuple
    chunks: tuple
    sentences: tuple

    @classmethod
    def of(cls, settings):
        with Catalog.open(settings.data_dir) as catalog:
            records = catalog.documents()
            table = catalog.vectors()
            placed = catalog.place(table.ids, filters=Filters())
            sentences = tuple(
                (record.digest, found.text)
                for record in records
                if record.digest and record.state == "indexed"
                for found in catalog.sentences(
                    record.digest, within=Span(start=0, end=len(catalog.text(record.document_id)))
                )
            )
            assert catalog.check() == []
        chunks = tuple(sorted((p.document_id, p.title, repr(p.chunk)) for places in placed.values() for p in places))
        return cls(documents=tuple(map(repr, records)), chunks=chunks, sentences=sentences)


def vectors_of(settings):
    with Catalog.open(settings.data_dir) as catalog:
        table = catalog.vectors()
        return dict(zip(table.ids, table.matrix, strict=True))


def test_a_second_run_does_nothing_and_opens_no_file(settings, corpus, monkeypatch):
    first = sync([], settings=settings)
    assert first.added == ("note0.md", "note1.md", "note2.md", "note3.md")
    assert first.chunks == first.embedded_chunks == 8 and not first.problems
    with Catalog.open(settings.data_dir) as catalog:
        generation = catalog.generation()
    (corpus / "note0.md").chmod(0)
    stages = []
    second = sync([], settings=settings, progress=lambda progress: stages.append(progress.stage))
    assert second.nothing_done and second.unchanged == first.added
    assert Stage.MODEL not in stages
    with Catalog.open(settings.data_dir) as catalog:
        assert catalog.generation() == generation


def test_an_edit_embeds_only_the_chunks_it_changed(settings, corpus):
    sync([], settings=settings)
    before = vectors_of(settings)
    (corpus / "note1.md").write_text(NOTE.format(1).replace("It reached the Moon.", "It missed the Moon."))
    report = sync([], settings=settings)
    assert report.changed == ("note1.md",) and report.chunks == 2 and report.embedded_chunks == 1
    after = vectors_of(settings)
    assert len(after) == len(before) == 8 and len(before.keys() & after.keys()) == 7


def test_a_touched_file_is_unchanged(settings, corpus):
    sync([], settings=settings)
    os.utime(corpus / "note1.md", (1, 1))
    assert sync([], settings=settings).nothing_done
    assert sync([], settings=settings).nothing_done


def test_a_move_embeds_nothing(settings, corpus):
    sync([], settings=settings)
    (corpus / "deep").mkdir()
    (corpus / "note1.md").rename(corpus / "deep" / "moved.md")
    report = sync([], settings=settings)
    assert report.moves == (Move(document_id="deep/moved.md", former="note1.md"),)
    assert (report.added, report.removed, report.embedded_chunks) == ((), (), 0)


@pytest.mark.parametrize(("before", "after"), [("Caf\u00e9.md", "Cafe\u0301.md"), ("note.md", "NOTE.md")])
@pytest.mark.parametrize("edited", [False, True])
def test_a_rename_in_case_or_unicode_form_alone_is_a_move_even_with_an_edit(settings, corpus, before, after, edited):
    (corpus / before).write_text(NOTE.format(9))
    sync([], settings=settings)
    with Catalog.open(settings.data_dir, write=True) as catalog:
        catalog.set_tags(before, ["mine"])
    (corpus / before).rename(corpus / after)
    if edited:
        (corpus / after).write_text(NOTE.format(9).replace("It reached the Moon.", "It missed the Moon."))
    planned, report = sync([], settings=settings, dry_run=True), sync([], settings=settings)
    assert planned.moves == report.moves == (Move(document_id=after, former=before),)
    assert (report.added, report.removed, report.embedded_chunks) == ((), (), int(edited))
    with Catalog.open(settings.data_dir) as catalog:
        assert catalog.present_name(before) == after
        assert [record.tags for record in catalog.documents() if record.document_id == after] == [("mine",)]
        assert before not in {record.document_id for record in catalog.documents()}
        assert catalog.text(after).count("missed") == int(edited)


def test_moving_every_file_is_no_loss(settings, corpus):
    sync([], settings=settings)
    (corpus / "all").mkdir()
    for path in corpus.glob("*.md"):
        path.rename(corpus / "all" / path.name)
    assert len(sync([], settings=settings).moves) == 4


def test_equal_files_share_one_content_and_outlive_each_other(settings, corpus):
    shutil.copy(corpus / "note0.md", corpus / "copy.md")
    report = sync([], settings=settings)
    assert len(report.added) == 5 and report.chunks == 8
    assert report.duplicates == (Duplicate(document_id="note0.md", same_as="copy.md"),)
    (corpus / "note0.md").unlink()
    report = sync([], settings=settings)
    assert report.removed == ("note0.md",)
    with Catalog.open(settings.data_dir) as catalog:
        assert "number 0" in catalog.text("copy.md")
    shutil.copy(corpus / "copy.md", corpus / "again.md")
    report = sync([], settings=settings)
    assert report.embedded_chunks == 0
    assert report.duplicates == (Duplicate(document_id="again.md", same_as="copy.md"),)


def test_a_vanished_file_is_removed_and_too_many_are_refused(settings, corpus):
    sync([], settings=settings)
    (corpus / "note0.md").unlink()
    assert sync([], settings=settings).removed == ("note0.md",)
    (corpus / "note1.md").unlink()
    (corpus / "note2.md").unlink()
    before = State.of(settings)
    with pytest.raises(PruneRefused) as caught:
        sync([], settings=settings)
    assert (caught.value.removed, caught.value.known) == (2, 3)
    assert State.of(settings) == before
    assert sync([], settings=settings, prune=True).removed == ("note1.md", "note2.md")


def test_a_missing_folder_is_refused_and_pruned_on_demand(settings, corpus):
    sync([], settings=settings)
    shutil.rmtree(corpus)
    with pytest.raises(PruneRefused):
        sync([], settings=settings)
    assert len(sync([], settings=settings, prune=True).removed) == 4


def test_a_folder_that_was_never_there_is_named(settings, tmp_path):
    with pytest.raises(CorpusNotFound, match="nowhere"):
        sync([tmp_path / "nowhere"], settings=settings)


def test_problems_are_listed_once_more_and_retried_on_demand(settings, corpus):
    (corpus / "empty.txt").write_text("")
    (corpus / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    (corpus / "scan.pdf").write_bytes(pdf_of([]))
    (corpus / "odd.bin").write_bytes(b"\x00\x01")
    first = sync([], settings=settings)
    codes = {problem.document_id: problem.code for problem in first.problems}
    assert codes == {
        "empty.txt": Code.EMPTY,
        "broken.pdf": Code.DAMAGED,
        "scan.pdf": Code.NO_TEXT,
        "odd.bin": Code.UNSUPPORTED_TYPE,
    }
    assert len(first.added) == 4 and all(problem.action for problem in first.problems)
    second = sync([], settings=settings)
    assert second.nothing_done and {p.document_id: p.code for p in second.problems} == codes
    assert {p.document_id: p.code for p in sync([], settings=settings, retry=True).problems} == codes
    (corpus / "scan.pdf").write_bytes(pdf_of(["Now there are words."]))
    assert sync([], settings=settings).added == ("scan.pdf",)


def test_a_document_that_breaks_stops_answering(settings, corpus):
    sync([], settings=settings)
    (corpus / "note0.md").write_bytes(b"\x00\x01\x02\x03" * 50)
    report = sync([], settings=settings)
    assert [problem.code for problem in report.problems] == [Code.BINARY] and report.changed == ()
    assert len(vectors_of(settings)) == 6


def test_another_folder_is_a_source_of_its_own(settings, corpus, tmp_path):
    sync([], settings=settings)
    other = tmp_path / "reports"
    other.mkdir()
    (other / "a.md").write_text(NOTE.format(7))
    (tmp_path / "single.md").write_text(NOTE.format(8))
    assert sync([other, tmp_path / "single.md"], settings=settings).added == ("reports/a.md", "single.md")
    assert sync([], settings=settings).nothing_done
    (other / "b.md").write_text(NOTE.format(9))
    assert sync([other], settings=settings).added == ("reports/b.md",)


def test_sources_of_one_name_get_different_ids(settings, corpus, tmp_path):
    (corpus / "reports").mkdir()
    (corpus / "reports" / "a.md").write_text(NOTE.format(5))
    for place in ("x", "y"):
        (tmp_path / place / "reports").mkdir(parents=True)
        (tmp_path / place / "reports" / "a.md").write_text(NOTE.format(f"in {place}"))
    sync([], settings=settings)
    assert sync([tmp_path / "x" / "reports"], settings=settings).added == ("reports-2/a.md",)
    assert sync([tmp_path / "y" / "reports"], settings=settings).added == ("reports-3/a.md",)


def test_a_folder_inside_a_source_is_a_part_of_it(settings, corpus):
    (corpus / "deep").mkdir()
    (corpus / "deep" / "a.md").write_text(NOTE.format(5))
    assert sync([corpus / "deep"], settings=settings).added == ("deep/a.md",)
    (corpus / "note0.md").unlink()
    assert sync([corpus / "deep"], settings=settings).nothing_done
    assert len(sync([], settings=settings).added) == 3


def test_hidden_files_and_links_that_lead_out_are_left_out(settings, corpus, tmp_path):
    (tmp_path / "outside.md").write_text(NOTE.format(9))
    (corpus / "link.md").symlink_to(tmp_path / "outside.md")
    (corpus / "inner.md").symlink_to(corpus / "note0.md")
    (corpus / "loop").symlink_to(corpus)
    (corpus / ".hidden.md").write_text("Hidden.")
    (corpus / "~$note0.docx").write_text("Lock file.")
    report = sync([], settings=settings)
    assert report.added == ("inner.md", "note0.md", "note1.md", "note2.md", "note3.md")
    assert {found.document_id: found.code for found in report.problems} == dict.fromkeys(
        ("link.md", "loop"), Code.LINK_SKIPPED
    )


def test_what_is_no_file_is_a_problem(settings, corpus):
    os.mkfifo(corpus / "pipe.md")
    (settings.corpus / os.fsdecode(b"caf\xe9.md")).write_text(NOTE.format(9))
    codes = {problem.document_id: problem.code for problem in sync([], settings=settings).problems}
    assert codes == {"pipe.md": Code.NOT_A_FILE, "caf\\udce9.md": Code.BAD_NAME}


def test_names_are_data(settings):
    names = [
        "name\nline.txt",
        "<img src=x onerror=alert(1)>.txt",
        "Cafe\u0301.txt",
        "Caf\u00e9.txt",
        "😀.txt",
        "-rf.txt",
    ]
    for name in names:
        (settings.corpus / name).write_text(f"These are the words of the file {names.index(name)}.")
    assert sorted(sync([], settings=settings).added) == sorted(names)


def test_a_dry_run_tells_what_a_run_then_does(settings, corpus):
    planned = sync([], settings=settings, dry_run=True)
    assert len(planned.added) == 4 and not settings.data_dir.exists()
    sync([], settings=settings)
    (corpus / "note0.md").unlink()
    (corpus / "note1.md").write_text("# Other\n\nWords.")
    (corpus / "note2.md").rename(corpus / "moved.md")
    (corpus / "empty.md").write_text("")
    planned = sync([], settings=settings, dry_run=True)
    done = sync([], settings=settings)
    for kind in ("added", "changed", "moves", "removed", "unchanged", "problems"):
        assert getattr(planned, kind) == getattr(done, kind)
    assert planned.counts == done.counts == {
        "added": 0, "changed": 1, "moved": 1, "removed": 1, "unchanged": 1, "refused": 1,
    }  # fmt: skip


def test_a_sync_equals_a_rebuild(settings, corpus, tmp_path):
    sync([], settings=settings)
    (corpus / "note0.md").write_text(NOTE.format("zero") + "\nAnd more words. Even more.\n")
    (corpus / "note1.md").rename(corpus / "b.md")
    (corpus / "note2.md").unlink()
    shutil.copy(corpus / "note3.md", corpus / "a.md")
    (corpus / "bad.txt").write_text(" ")
    sync([], settings=settings)
    fresh = settings.model_copy(update={"data_dir": tmp_path / "fresh"})
    sync([], settings=fresh)
    assert State.of(fresh) == State.of(settings)
    rebuilt, synced = vectors_of(fresh), vectors_of(settings)
    assert rebuilt.keys() == synced.keys()
    assert min(float(np.dot(rebuilt[chunk], synced[chunk])) for chunk in rebuilt) >= 0.999


def test_a_cancelled_run_is_told_and_gone_on_with(settings, corpus):
    cancel = threading.Event()

    def stop(progress):
        if progress.stage is Stage.INDEX:
            cancel.set()

    report = sync([], settings=settings, progress=stop, cancel=cancel)
    assert report.interrupted and len(report.added) < 4
    rest = sync([], settings=settings)
    assert len(rest.added) + len(report.added) == 4 and not rest.interrupted


def test_a_second_writer_is_refused(settings, corpus):
    with WriterLock(settings.data_dir), pytest.raises(DataDirLocked):
        sync([], settings=settings)


def test_other_chunking_is_refused_with_what_mends_it(settings, corpus):
    sync([], settings=settings)
    with pytest.raises(StaleIndex, match="chunk"):
        sync([], settings=settings.model_copy(update={"chunk_tokens": 64}))


def test_progress_ends_at_its_total(settings, corpus):
    seen = []
    sync([], settings=settings, progress=seen.append)
    assert seen[0].stage is Stage.SCAN and (seen[-1].done, seen[-1].total) == (4, 4)
    counts = [progress.done for progress in seen if progress.stage is Stage.INDEX]
    assert counts == sorted(counts)
    assert seen[-1].remaining_seconds == 0
