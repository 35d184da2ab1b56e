"""BEIR folders: corpus.jsonl, queries.jsonl and qrels/*.tsv.

Source: Thakur et al., "BEIR: A Heterogeneous Benchmark for Zero-shot Evaluation of Information Retrieval Models",
NeurIPS 2021.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from evals.benchmarks.rows import Faults, check_contents, read_rows
from evals.benchmarks.types import Benchmark, BenchmarkDocument, BenchmarkQuestion, Form

CORPUS, QUERIES, QRELS = "corpus.jsonl", "queries.jsonl", "qrels"
SPLITS = ("test", "dev", "train")
"""The first that is there is taken."""


class _DocumentRow(BaseModel):
    model_config = ConfigDict(strict=True)
    id: str = Field(alias="_id", min_length=1)
    title: str = ""
    text: str


class _QueryRow(BaseModel):
    model_config = ConfigDict(strict=True)
    id: str = Field(alias="_id", min_length=1)
    text: str = Field(pattern=r"\S")


def load_beir(path: Path) -> Benchmark:
    """Load a BEIR folder.

    Args:
        path: The folder.

    Returns:
        All documents, and the queries that the qrels judge relevant documents for. Of several splits test is taken,
        else dev, else train; the choice is a notice.

    Raises:
        BenchmarkInvalid: If anything in it is malformed; every fault is named.
    """
    faults = Faults(path)
    split = find_qrels(path / QRELS)
    grades: dict[str, dict[str, int]] = {}
    for query, document, grade in _judgements(split, faults) if split else ():
        grades.setdefault(query, {})[document] = grade
    documents = [
        (place, BenchmarkDocument(id=row.id, title=row.title, text=row.text))
        for place, row in read_rows(path / CORPUS, _DocumentRow, faults)
    ]
    queries = list(read_rows(path / QUERIES, _QueryRow, faults))
    for unknown in sorted(grades.keys() - {row.id for _, row in queries}):
        faults.add(f"{QRELS}/{split.name if split else ''}", f"judges the query {unknown!r}, which is not there")
    questions = [
        (place, BenchmarkQuestion(id=row.id, question=row.text, grades=relevant, kind="retrieval"))
        for place, row in queries
        if (relevant := {name: grade for name, grade in grades.get(row.id, {}).items() if grade > 0})
    ]
    check_contents(documents, questions, faults)
    return Benchmark(
        name=path.resolve().name,
        path=path,
        form=Form.BEIR,
        documents=tuple(document for _, document in documents),
        questions=tuple(question for _, question in questions),
        notices=(f"Judged by {QRELS}/{split.name}.",) if split else (),
    )


def find_qrels(folder: Path) -> Path | None:
    """Choose the qrels of a BEIR folder; None if there are none."""
    found = {path.stem: path for path in sorted(folder.glob("*.tsv"))}
    return next((found[split] for split in (*SPLITS, *found) if split in found), None)


def _judgements(path: Path, faults: Faults) -> Iterator[tuple[str, str, int]]:
    """Yield (query id, document id, grade); the header line is skipped."""
    try:
        lines = path.read_bytes().decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        faults.add(f"{QRELS}/{path.name}", f"can't be read: {error}")
        return
    for number, line in enumerate(lines, start=1):
        place = f"{QRELS}/{path.name}, line {number}"
        cells = line.split("\t")
        if not line.strip() or (number == 1 and cells[-1].strip() == "score"):
            continue
        if len(cells) != 3:
            faults.add(place, f"needs query id, document id and score with tabs between, has {len(cells)} cells")
        elif not cells[2].strip().lstrip("-").isdecimal():
            faults.add(place, f"the score {cells[2]!r} is no whole number")
        else:
            yield cells[0], cells[1], int(cells[2])
