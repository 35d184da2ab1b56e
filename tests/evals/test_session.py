"""From a gold file and settings to a finished run, on a small ingested corpus."""

import pytest

from evals.errors import GoldSetInvalid
from evals.folder import JOURNAL, load_run
from evals.gold import Selection
from evals.session import run_gold

RESULTS = ("records.jsonl", "passages.jsonl", "scores.json")


@pytest.fixture
def ask(bridge_settings, bridge_gold):
    def call(**options):
        fixed = {"settings": bridge_settings, "selection": Selection(), "out": None, "progress": lambda *state: None}
        return run_gold(bridge_gold, **(fixed | options))

    return call


def test_a_run_without_a_folder_writes_nothing(ask, tmp_path):
    before = sorted(tmp_path.iterdir())
    finished = ask()
    assert [record.id for record in finished.run.records] == ["q1", "q2", "q3", "q4"]
    assert sorted(tmp_path.iterdir()) == before


def test_the_stored_form_is_what_is_read_back(ask, tmp_path):
    finished = ask(out=tmp_path / "out")
    stored, read = finished.stored(tmp_path / "out"), load_run(tmp_path / "out")
    assert stored.scored == read.scored
    assert [record.gold_digest for record in stored.records] == [record.gold_digest for record in read.records]
    assert stored.manifest["documents"] == read.manifest["documents"]


class Interrupted(Exception):
    """Stands for a kill after so many questions."""


def interrupt(ask, out, *, after, **options):
    def progress(done, total):
        if done == after:
            raise Interrupted

    with pytest.raises(Interrupted):
        ask(out=out, progress=progress, **options)


def test_an_interrupted_run_goes_on_to_the_same_files(ask, tmp_path):
    ask(out=tmp_path / "whole")
    interrupt(ask, tmp_path / "broken", after=2)
    assert ask(out=tmp_path / "broken").run.resumed == 2
    for name in RESULTS:
        assert (tmp_path / "broken" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert not (tmp_path / "broken" / JOURNAL).exists()


def test_another_setting_gold_set_or_selection_starts_anew(ask, tmp_path, bridge_settings, bridge_gold):
    changed = bridge_settings.model_copy(update={"top_k": 2})
    interrupt(ask, tmp_path / "out", after=2)
    interrupt(ask, tmp_path / "out", after=2, settings=changed)
    assert ask(out=tmp_path / "out").run.resumed == 0
    interrupt(ask, tmp_path / "out", after=2)
    bridge_gold.write_text(bridge_gold.read_text() + "\n")
    assert ask(out=tmp_path / "out").run.resumed == 0
    interrupt(ask, tmp_path / "out", after=1, selection=Selection(split="test"))
    assert ask(out=tmp_path / "out").run.resumed == 0


def test_a_setting_that_changes_no_answer_does_not(ask, tmp_path, bridge_settings):
    interrupt(ask, tmp_path / "out", after=2)
    assert ask(out=tmp_path / "out", settings=bridge_settings.model_copy(update={"port": 9})).run.resumed == 2


def test_no_question_of_the_selection_is_a_named_error(ask):
    with pytest.raises(GoldSetInvalid, match="no question of tag nothing"):
        ask(selection=Selection(tags=("nothing",)))


def test_the_json_has_the_groups_latencies_and_manifest(ask):
    document = ask().to_json()
    assert (document["schema"], document["groups"][0]["group"]) == (1, "all")
    assert document["latencies"][0]["name"] == "latency p50"
    assert document["manifest"]["questions"] == 4
