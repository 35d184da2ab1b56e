"""The documents and questions that contestants share: loaded, sampled and written down."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evals.benchmarks.loading import load_benchmark
from evals.benchmarks.types import Benchmark


def load_set(path: Path) -> Benchmark:
    """Load a benchmark, without the questions of which no relevant document is known.

    Args:
        path: Of any form that `assistant eval bench` reads.

    Raises:
        BenchmarkInvalid: If it is of no such form, or has faults.
    """
    whole = load_benchmark(path)
    return replace(whole, questions=tuple(question for question in whole.questions if question.grades))


def draw_sample(whole: Benchmark, *, documents: int | None, questions: int | None, seed: int) -> Benchmark:
    """Draw questions, then their relevant documents, then others at random until there are enough.

    Args:
        whole: All there is.
        documents: How many documents; None for all. The relevant ones are all kept, even if they are more.
        questions: How many questions; None for all.
        seed: The same seed draws the same.

    Returns:
        A smaller set, its documents and questions in the order of the whole.

    Raises:
        ValueError: If a number is below 1, or the set has no question with a relevant document.
    """
    if any(count is not None and count < 1 for count in (documents, questions)):
        raise ValueError("a sample has at least one document and one question")
    if not whole.questions:
        raise ValueError(f"{whole.name} has no question whose relevant documents are known")
    rng = random.Random(seed)
    asked = _draw(rng, whole.questions, questions)
    wanted = {name for question in asked for name in question.grades}
    others = [document for document in whole.documents if document.id not in wanted]
    wanted |= {one.id for one in _draw(rng, others, None if documents is None else max(0, documents - len(wanted)))}
    kept = tuple(document for document in whole.documents if document.id in wanted)
    return replace(whole, documents=kept, questions=tuple(asked))


def _draw(rng: random.Random, items: Sequence[Any], count: int | None) -> list[Any]:
    if count is None or count >= len(items):
        return list(items)
    return [items[at] for at in sorted(rng.sample(range(len(items)), count))]


def write_files(drawn: Benchmark, folder: Path) -> dict[str, str]:
    """Write each document as a plain text file, its title as the first line.

    Args:
        drawn: The documents.
        folder: Is made.

    Returns:
        From file name to document id.
    """
    folder.mkdir(parents=True)
    names: dict[str, str] = {}
    for at, document in enumerate(drawn.documents):
        name = f"{at:06d}.txt"
        text = f"{document.title}\n\n{document.text}\n" if document.title else f"{document.text}\n"
        (folder / name).write_text(text, encoding="utf-8")
        names[name] = document.id
    return names
