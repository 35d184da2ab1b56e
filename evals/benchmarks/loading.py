"""Recognising the form of a benchmark and loading it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from evals.benchmarks.beir import CORPUS, QRELS, QUERIES, find_qrels, load_beir
from evals.benchmarks.folder_form import DOCUMENTS, QUESTIONS, load_folder
from evals.benchmarks.rag_dataset import RAG_DATASET, load_rag_dataset
from evals.benchmarks.rows import parse_json
from evals.benchmarks.squad_form import load_squad
from evals.benchmarks.types import Benchmark
from evals.errors import BenchmarkUnknown


def load_benchmark(path: Path, *, sample: int | None = None, seed: int = 0) -> Benchmark:
    """Load a benchmark of any known form.

    Args:
        path: A folder with docs.jsonl and questions.jsonl, a BEIR folder, a SQuAD file, or a LlamaIndex
            rag_dataset.json or its folder.
        sample: How many questions to draw; None for all. Documents are never sampled.
        seed: Of the sample.

    Returns:
        The benchmark; its sample is named in it.

    Raises:
        BenchmarkUnknown: If there is nothing of a known form.
        BenchmarkInvalid: If it is of a known form and malformed; every fault is named.
        ValueError: If `sample` is below 1.
    """
    benchmark = _loader(path)(path)
    return benchmark if sample is None else benchmark.draw(sample, seed=seed)


def _loader(path: Path) -> Callable[[Path], Benchmark]:
    if path.is_dir():
        return _loader_of_folder(path)
    if path.is_file():
        return _loader_of_file(path)
    raise BenchmarkUnknown(path, detail="there is nothing")


def _loader_of_folder(path: Path) -> Callable[[Path], Benchmark]:
    if (path / RAG_DATASET).is_file():
        return load_rag_dataset
    parts: dict[Callable[[Path], Benchmark], dict[str, bool]] = {
        load_folder: {name: (path / name).is_file() for name in (DOCUMENTS, QUESTIONS)},
        load_beir: {name: (path / name).is_file() for name in (CORPUS, QUERIES)}
        | {f"{QRELS}/*.tsv": find_qrels(path / QRELS) is not None},
    }
    for loader, there in parts.items():
        if all(there.values()):
            return loader
    for there in parts.values():
        if any(there.values()):
            present = ", ".join(name for name, found in there.items() if found)
            missing = ", ".join(name for name, found in there.items() if not found)
            raise BenchmarkUnknown(path, detail=f"it has {present}, but not {missing}")
    raise BenchmarkUnknown(path, detail="the folder holds none of their files")


def _loader_of_file(path: Path) -> Callable[[Path], Benchmark]:
    try:
        content: Any = parse_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BenchmarkUnknown(path, detail=f"the file is not JSON: {error}") from error
    keys = content.keys() if isinstance(content, dict) else ()
    if "examples" in keys:
        return load_rag_dataset
    if "data" in keys:
        return load_squad
    raise BenchmarkUnknown(path, detail='the file has neither "data" (SQuAD) nor "examples" (LlamaIndex)')
