"""Broken files end with a verdict, and the bench finds what disagrees with its label."""

import json
from pathlib import Path

from evals.benches.hostile import LABELS, mutated, run_hostile

REPOSITORY = Path(__file__).resolve().parents[2]
CORPUS = REPOSITORY / "corpus"


def smallest_of_each_format():
    by_format = {}
    for path in sorted(CORPUS.rglob("*"), key=lambda path: path.stat().st_size):
        if path.suffix in (".md", ".txt", ".html", ".docx", ".pdf"):
            by_format.setdefault(path.suffix, path)
    return list(by_format.values())


def test_the_same_seed_breaks_the_same_files():
    bases = smallest_of_each_format()
    assert len(bases) == 5
    first, again, other = (list(mutated(bases, count=30, seed=seed)) for seed in (1, 1, 2))
    assert first == again != other
    originals = {path.read_bytes() for path in bases}
    assert sum(file.data in originals for file in first) <= 2  # A splice may put back what was there.
    assert {file.name.split("-")[0] for file in first} == {"truncated", "flipped", "spliced"}


def test_broken_files_of_every_format_end_with_a_verdict():
    report = run_hostile(None, bases=smallest_of_each_format(), mutations=90)
    assert report.faults == [] and report.files == sum(report.codes.values()) == 90


def test_what_disagrees_with_its_label_is_found(tmp_path):
    labels = {
        "empty.md": ("ingest", "", []),
        "good.md": ("reject", "Some words.", []),
        "leaky.txt": ("ingest", "The secret is 42.", ["secret"]),
        "fine.txt": ("ingest", "Nothing wrong.", ["secret"]),
        "table.xlsx": ("ingest", "PK", []),
    }
    for name, (_, text, _) in labels.items():
        (tmp_path / name).write_text(text)
    files = {name: {"expect": expect, "must_not": banned} for name, (expect, _, banned) in labels.items()}
    (tmp_path / LABELS).write_text(json.dumps({"files": files}))
    report = run_hostile(tmp_path, bases=(), mutations=0)
    assert [fault.split(":")[0] for fault in report.faults] == ["'empty.md'", "'good.md'", "'leaky.txt'"]
    assert dict(report.codes) == {"empty": 1, "indexed": 3, "unsupported_type": 1}
