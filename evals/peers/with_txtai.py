"""txtai as a contestant: its hybrid index (Faiss and BM25) of our chunks, with the same model on torch."""

from __future__ import annotations

from typing import Any

from txtai import Embeddings

from evals.peers.contestant import Inputs
from evals.peers.stopwatch import MODEL, READ, Stopwatch
from evals.peers.torch_model import model_folder


class TxtaiContestant:
    """`Embeddings(hybrid=True)`, all else at its defaults."""

    def __init__(self) -> None:
        self._embeddings: Any = None
        self._documents: list[str] = []

    def ingest(self, inputs: Inputs, watch: Stopwatch) -> int:
        """Index our chunks under their positions."""
        with watch.stage(MODEL):
            self._embeddings = Embeddings(path=str(model_folder()), hybrid=True, gpu=False)
        watch.wrap_embedding(type(self._embeddings.model), "encode")
        with watch.stage(READ):
            chunks = inputs.cut()
        self._documents = [chunk.document for chunk in chunks]
        self._embeddings.index((at, chunk.text, None) for at, chunk in enumerate(chunks))
        return len(chunks)

    def search(self, question: str, *, k: int) -> list[str]:
        """Search with txtai's equal weights of both legs."""
        return [self._documents[at] for at, _ in self._embeddings.search(question, k)]


def open_contestant(name: str) -> TxtaiContestant:
    """Make the contestant; there is one of this kind."""
    return TxtaiContestant()
