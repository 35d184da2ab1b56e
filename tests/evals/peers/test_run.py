"""The whole comparison over four documents, with real contestants in processes of their own."""

import pytest

from evals.peers.contestant import ENTRIES
from evals.peers.run import PeersRequest, choose_entries, missing_packages, run_peers


def installed(*names):
    """The entries of these contestants; skips where one's packages are missing."""
    for entry in choose_entries(names):
        if gone := missing_packages(entry):
            pytest.skip(f"{entry.name} needs {', '.join(gone)}: install the extra `peers`")
    return names


def play(folder, models_dir, *contestants):
    request = PeersRequest(
        benchmark=folder, rounds=1, contestants=installed(*contestants), timed=2, models_dir=models_dir
    )
    lines = []
    return run_peers(request, say=lines.append), lines


@pytest.mark.slow
def test_ours_and_chroma_side_by_side(benchmark_folder, models_dir, embedder):
    record, lines = play(benchmark_folder, models_dir, "assistant-unread", "chroma")
    assert record.skipped == {}, lines
    assert record.about["questions"] == {"n": 3, "of": 3, "timed": 2}
    for one in record.contestants:
        assert one.quality["recall@5"].value == 1.0
        (played,) = one.rounds
        assert len(played.query_ms) == 2
        assert played.ingest["documents"] == 4
        assert played.ingest["chunks"] == 4
        assert {"embed", "write", "model"} <= played.ingest["stages"].keys()
        assert min(played.stage_seconds().values()) >= 0


@pytest.mark.slow
def test_llamaindex_with_its_bm25_beside(benchmark_folder, models_dir, embedder):
    record, lines = play(benchmark_folder, models_dir, "assistant-in-llamaindex", "llamaindex-hybrid")
    assert record.skipped == {}, lines
    assert [one.quality["recall@5"].value for one in record.contestants] == [1.0, 1.0]
    assert record.contestants[1].rounds[0].ingest["texts"] == 4


def test_contestants_have_names_of_their_own():
    assert len({entry.name for entry in ENTRIES}) == len(ENTRIES)


def test_an_unknown_contestant_is_refused(benchmark_folder):
    with pytest.raises(ValueError, match="no such contestant: nobody"):
        run_peers(PeersRequest(benchmark=benchmark_folder, contestants=("nobody",)), say=print)


def test_no_round_is_refused(benchmark_folder):
    with pytest.raises(ValueError, match="at least one round"):
        run_peers(PeersRequest(benchmark=benchmark_folder, rounds=0), say=print)


def test_missing_packages_are_named():
    (entry,) = choose_entries(["txtai"])
    assert missing_packages(entry) in ([], ["txtai"])
