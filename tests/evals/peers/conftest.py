"""A small benchmark folder and a made-up record."""

import json

import pytest

from evals.peers.record import ContestantRecord, PeersRecord, Quality, Round

DOCUMENTS = {
    "d1": ("The harbour of Vell", "The harbour of Vell was opened in 1931. It has three piers."),
    "d2": ("Keeping bees", "A colony of bees holds about 40,000 workers in summer."),
    "d3": ("Rye bread", "The dough of rye bread rests for sixteen hours."),
    "d4": ("", "Honey is harvested in late July."),
}
QUESTIONS = [
    {"id": "q1", "question": "When was the harbour of Vell opened?", "gold_docs": {"d1": 2, "d2": 0}},
    {"id": "q2", "question": "How many workers does a colony of bees hold?", "gold_docs": ["d2"]},
    {"id": "q3", "question": "Who wrote it?", "gold_docs": []},
    {"id": "q4", "question": "How long does the dough rest?", "gold_docs": ["d3"]},
]


@pytest.fixture
def benchmark_folder(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    questions = [one | {"answers": [], "answerable": True} for one in QUESTIONS]
    rows = [{"id": name, "title": title, "text": text} for name, (title, text) in DOCUMENTS.items()]
    (folder / "docs.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    (folder / "questions.jsonl").write_text("\n".join(map(json.dumps, questions)) + "\n", encoding="utf-8")
    return folder


def made_round(seconds, *, stages):
    ingest = {
        "seconds": seconds, "cpu_seconds": seconds / 2, "stages": stages, "documents": 100, "chunks": 120,
        "texts": 120, "tokens_given": 2000, "tokens_embedded": 1500,
    }  # fmt: skip
    return Round(
        import_seconds=1.0, ingest=ingest, query_ms=[1.0, 2.0, 3.0], peak_mib=500.0, peak_with_children_mib=600.0,
        load=[1.0, 2.0],
    )  # fmt: skip


def made_contestant(name, *seconds):
    rounds = tuple(made_round(one, stages={"model": 1.0, "embed": one / 2}) for one in seconds)
    quality = {
        "nDCG@10": Quality(value=0.7, low=0.6, high=0.8, n=50),
        "recall@5": Quality(value=0.8, low=0.7, high=0.9, n=50),
    }
    return ContestantRecord(name=name, label=f"The {name}", chunking="ours", quality=quality, rounds=rounds)


@pytest.fixture
def record():
    about = {
        "set": "small", "documents": {"n": 100, "of": 1000}, "questions": {"n": 50, "of": 60, "timed": 3}, "seed": 0,
        "rounds": 3, "commit": "0123456789abcdef", "started": "2026-11-24T15:00:00+00:00",
        "machine": {"cores": 2, "processor": "Some processor"},
    }  # fmt: skip
    contestants = (made_contestant("assistant", 11.0, 21.0, 6.0), made_contestant("other", 5.0, 6.0, 21.0))
    return PeersRecord(about=about, contestants=contestants, skipped={"txtai": "not installed: txtai"})
