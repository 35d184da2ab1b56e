"""The long runs do what they say: each kind of fault once, on a store of a few paragraphs."""

import json
import random
from collections import Counter
from dataclasses import replace

import pytest

from assistant.indexing import open_index
from assistant.settings import Settings
from evals.soak import child
from evals.soak.corrupting import corrupt_catalog, corrupt_index, damage, overlap
from evals.soak.findings import Finding, keep, read_kept, write_page
from evals.soak.writing import backups, second_writers

FINDING = Finding(
    name="index", what="a flipped bit: mended", done=2, wanted=60, harmed=("a.bin bit flipped at 3 of 9: lost",),
    notes=("median 1.00 s",), seed=1, seconds=2.4, machine="a machine", commit="abc",
)  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    data_dir = tmp_path_factory.mktemp("soak") / "data"
    with open_index(Settings(data_dir=data_dir), write=True) as index:
        child.prepare(index)
        for number in range(3):
            index.apply(child.make_change(number, dimension=16))
    return data_dir


def test_the_page_names_every_harm_and_how_much_was_run(tmp_path):
    keep(FINDING, tmp_path / "kept")
    keep(replace(FINDING, name="catalog", harmed=()), tmp_path / "kept")
    assert read_kept(tmp_path / "kept", ["catalog", "index", "disk"])[1] == FINDING
    write_page(read_kept(tmp_path / "kept", ["index", "catalog"]), tmp_path / "page.md")
    page = (tmp_path / "page.md").read_text()
    assert "| a flipped bit: mended | 2 of 60 | **1** | median 1.00 s |" in page
    assert "- index: a.bin bit flipped at 3 of 9: lost" in page
    assert "- catalog: seed 1, 2 s, commit abc, a machine" in page


def test_a_damage_always_changes_the_file(tmp_path):
    path, dice, content = tmp_path / "file", random.Random(1), bytes(range(200))
    for _ in range(50):
        path.write_bytes(content)
        said = damage(path, dice)
        left = path.read_bytes()
        assert left == content[: len(left)] if "cut off" in said else len(left) == len(content)
        assert left != content


def test_the_overlap_is_the_share_of_the_expected():
    assert overlap([["a", "b"], ["c", "x"]], [["a", "b"], ["c", "d"]]) == 0.75


def test_a_child_asks_mends_and_finds_no_fault(whole):
    asked, mended = (json.loads(child.run(mode, whole).stdout) for mode in ("ask", "mend"))
    assert asked["ranked"] == mended["ranked"]
    assert all(len(ranking) == child.K for ranking in asked["ranked"])
    assert mended["faults"] == []


@pytest.mark.slow
def test_each_damage_of_catalog_and_index_is_met(whole, tmp_path):
    seen = Counter()
    assert list(corrupt_catalog(whole, tmp_path, draws=4, seed=1, seen=seen)) == [None] * 4
    assert seen == {"catalog.sqlite3 found": 4}
    assert list(corrupt_index(whole, tmp_path, draws=1, seed=1, seen=seen)) == [None]


@pytest.mark.slow
def test_writers_and_backups_do_no_harm(whole, tmp_path):
    times = []
    assert list(second_writers(whole, tmp_path, runs=1, times=times)) == [None]
    assert list(backups(whole, tmp_path, runs=1, seed=1, times=times)) == [None]
    assert len(times) == 2


def test_a_check_that_finds_nothing_is_harm(whole, tmp_path, monkeypatch):
    monkeypatch.setattr("assistant.catalog.database.refuse_altered", lambda path: None)
    (line,) = corrupt_catalog(whole, tmp_path, draws=1, seed=1, seen=Counter())
    assert "refused False" in line
