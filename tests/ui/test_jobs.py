"""Facts about documents that are ingested behind the page."""

from __future__ import annotations

import threading
import time

from assistant.errors import DataDirLocked, StaleIndex
from ingest.reports import Move, Progress, Stage, SyncReport
from ingest.verdicts import Code, verdict
from ui.jobs import IngestJobs
from ui.outcomes import Fate, describe
from ui.running import JobKind, JobState
from ui.testing import make_programs, make_record


def wait_for(condition, seconds=10):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.01)


def start_jobs(add_uploads, **options):
    return IngestJobs(make_programs(add_uploads=add_uploads), **({"list_documents": list} | options))


def run_one(add_uploads, files, **options):
    jobs = start_jobs(add_uploads, **options)
    jobs.add(files)
    wait_for(lambda: jobs.jobs()[0].finished)
    jobs.close()
    return jobs.jobs()[0]


def test_a_job_names_each_file_with_its_verdict(tmp_path):
    def add(files, *, progress, cancel):
        return SyncReport(
            added=("uploads/fine.md", "uploads/twin.md"),
            changed=("uploads/newer.md",),
            unchanged=("uploads/again.md",),
            problems=(verdict("uploads/broken.pdf", Code.DAMAGED),),
        )

    def listed():
        return [make_record("uploads/twin.md", digest="t"), make_record("rules.md", digest="t")]

    names = ("broken.pdf", "twin.md", "newer.md", "again.md", "fine.md", "never.md")
    job = run_one(add, [(name, tmp_path / name) for name in names], list_documents=listed)
    assert [(one.name, one.fate) for one in job.outcomes] == [
        ("broken.pdf", Fate.PROBLEM),
        ("twin.md", Fate.DUPLICATE),
        ("newer.md", Fate.REPLACED),
        ("again.md", Fate.UNCHANGED),
        ("fine.md", Fate.ADDED),
        ("never.md", Fate.NOT_READ),
    ]
    assert job.outcomes[0].code == "damaged"
    assert "damaged or cut off" in job.outcomes[0].detail
    assert "The same file as rules.md" in job.outcomes[1].detail


def test_progress_can_be_seen_while_a_job_runs_and_by_who_comes_later(tmp_path):
    reached, go_on = threading.Event(), threading.Event()

    def add(files, *, progress, cancel):
        progress(Progress(stage=Stage.INDEX, done=1, total=2, document="uploads/a.md"))
        reached.set()
        go_on.wait(10)
        return SyncReport(added=("uploads/a.md", "uploads/b.md"))

    jobs = start_jobs(add)
    jobs.add([("a.md", tmp_path / "a"), ("b.md", tmp_path / "b")])
    assert reached.wait(10)
    seen = jobs.jobs()[0]
    assert (seen.state, seen.progress.done, seen.progress.total) == (JobState.RUNNING, 1, 2)
    go_on.set()
    wait_for(lambda: jobs.jobs()[0].finished)
    assert jobs.jobs()[0].state is JobState.DONE
    jobs.close()


def test_one_job_runs_at_a_time_and_the_next_waits(tmp_path):
    go_on, running = threading.Event(), []

    def add(files, *, progress, cancel):
        running.append(files[0][0])
        go_on.wait(10)
        return SyncReport()

    jobs = start_jobs(add)
    jobs.add([("a.md", tmp_path / "a")])
    jobs.add([("b.md", tmp_path / "b")])
    wait_for(lambda: running)
    assert [job.state for job in jobs.jobs()] == [JobState.WAITING, JobState.RUNNING]
    go_on.set()
    wait_for(lambda: all(job.finished for job in jobs.jobs()))
    assert running == ["a.md", "b.md"]
    jobs.close()


def test_a_job_waits_while_another_process_writes(tmp_path):
    held = [True, True]

    def add(files, *, progress, cancel):
        if held:
            held.pop()
            raise DataDirLocked(tmp_path, holder="process 7")
        return SyncReport(added=("uploads/a.md",))

    job = run_one(add, [("a.md", tmp_path / "a")])
    assert job.state is JobState.DONE
    assert job.note is None


def test_a_job_gives_up_when_the_other_process_goes_on_for_too_long(tmp_path):
    def add(files, *, progress, cancel):
        raise DataDirLocked(tmp_path, holder="process 7")

    job = run_one(add, [("a.md", tmp_path / "a")], patience_seconds=0)
    assert job.state is JobState.FAILED
    assert "process 7" in job.note


def test_a_named_error_ends_a_job_with_its_message(tmp_path):
    def add(files, *, progress, cancel):
        raise StaleIndex(built_with="a", wanted="b")

    assert "built with a" in run_one(add, [("a.md", tmp_path / "a")]).note


def test_a_bug_ends_its_job_and_not_the_next(tmp_path):
    bugs = [ZeroDivisionError("boom")]

    def add(files, *, progress, cancel):
        if bugs:
            raise bugs.pop()
        return SyncReport(added=("uploads/b.md",))

    jobs = start_jobs(add)
    jobs.add([("a.md", tmp_path / "a")])
    jobs.add([("b.md", tmp_path / "b")])
    wait_for(lambda: all(job.finished for job in jobs.jobs()))
    second, first = jobs.jobs()
    assert "bug in the assistant (ZeroDivisionError)" in first.note
    assert second.state is JobState.DONE
    jobs.close()


def test_closing_asks_the_running_job_to_stop(tmp_path):
    started = threading.Event()

    def add(files, *, progress, cancel):
        started.set()
        assert cancel.wait(10)
        return SyncReport(interrupted=True)

    jobs = start_jobs(add)
    jobs.add([("a.md", tmp_path / "a")])
    assert started.wait(10)
    jobs.close()
    assert [one.fate for one in jobs.jobs()[0].outcomes] == [Fate.NOT_READ]


def test_a_jobs_folder_is_removed_when_it_has_ended(tmp_path):
    folder = tmp_path / "drop"
    folder.mkdir()
    (folder / "0").write_text("x")
    jobs = start_jobs(lambda files, *, progress, cancel: SyncReport())
    jobs.add([("a.md", folder / "0")], folder=folder)
    wait_for(lambda: jobs.jobs()[0].finished and not folder.exists())
    jobs.close()


def test_a_file_kept_under_a_number_is_told_with_it():
    (outcome,) = describe(SyncReport(added=("uploads/a (2).md",)), ["a.md"], [])
    assert (outcome.fate, outcome.detail) == (Fate.ADDED, "Kept as uploads/a (2).md.")


def test_two_files_of_one_name_get_a_verdict_each():
    report = SyncReport(added=("uploads/a (2).md",), problems=(verdict("uploads/a.md", Code.DAMAGED),))
    assert [one.fate for one in describe(report, ["a.md", "a.md"], [])] == [Fate.PROBLEM, Fate.ADDED]


def finished(jobs):
    wait_for(lambda: jobs.jobs()[0].finished)
    jobs.close()
    return jobs.jobs()[0]


def test_a_retry_tells_what_became_readable_and_what_did_not():
    def retry(document_ids, *, progress, cancel):
        assert document_ids == ("a.pdf", "b.pdf", "gone.pdf")
        return SyncReport(added=("a.pdf",), problems=(verdict("b.pdf", Code.DAMAGED),))

    jobs = IngestJobs(make_programs(retry_problems=retry), list_documents=list)
    jobs.retry(["a.pdf", "b.pdf", "gone.pdf"])
    job = finished(jobs)
    assert job.kind is JobKind.RETRY
    assert [(one.name, one.fate) for one in job.outcomes] == [
        ("a.pdf", Fate.ADDED), ("b.pdf", Fate.PROBLEM), ("gone.pdf", Fate.NOT_READ),
    ]  # fmt: skip


def test_a_removal_says_whether_the_file_stays():
    removed = []
    jobs = IngestJobs(make_programs(remove_document=removed.append), list_documents=list)
    jobs.remove("notes/a.md")
    jobs.remove("uploads/b.md")
    wait_for(lambda: all(job.finished for job in jobs.jobs()))
    jobs.close()
    upload, in_folder = (job.outcomes[0] for job in jobs.jobs())
    assert removed == ["notes/a.md", "uploads/b.md"]
    assert "still in your folder" in in_folder.detail
    assert (upload.fate, upload.detail) == (Fate.REMOVED, None)


def test_reading_the_folder_again_tells_what_is_new_and_no_problem_twice():
    def sync(*, progress, cancel):
        problems = (verdict("old.pdf", Code.DAMAGED), verdict("new.pdf", Code.EMPTY))
        return SyncReport(
            added=("a.md",), removed=("b.md",), moves=(Move(document_id="d.md", former="c.md"),), problems=problems
        )

    known = [make_record("old.pdf", code="damaged")]
    jobs = IngestJobs(make_programs(sync_folder=sync), list_documents=lambda: known)
    jobs.sync()
    assert [(one.name, one.fate) for one in finished(jobs).outcomes] == [
        ("new.pdf", Fate.PROBLEM), ("a.md", Fate.ADDED), ("b.md", Fate.REMOVED), ("d.md", Fate.MOVED),
    ]  # fmt: skip
