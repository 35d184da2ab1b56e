"""Chroma alone as a contestant: our chunks, the same model on torch, cosine."""

from __future__ import annotations

import chromadb
from chromadb.api.models.Collection import Collection

from evals.peers.contestant import Inputs
from evals.peers.stopwatch import MODEL, READ, WRITE, Stopwatch
from evals.peers.torch_model import TorchModel

BATCH = 32
COLLECTION = "peers"


class ChromaContestant:
    """A collection without an embedding function of its own."""

    def __init__(self) -> None:
        self._model: TorchModel | None = None
        self._collection: Collection | None = None

    def ingest(self, inputs: Inputs, watch: Stopwatch) -> int:
        """Embed our chunks batch by batch and add them."""
        with watch.stage(MODEL):
            self._model = TorchModel()
        watch.wrap_embedding(TorchModel, "embed")
        client = chromadb.PersistentClient(str(inputs.work / "chroma"))
        self._collection = client.create_collection(
            COLLECTION, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
        )
        with watch.stage(READ):
            chunks = inputs.cut()
        for first in range(0, len(chunks), BATCH):
            part = chunks[first : first + BATCH]
            vectors = self._model.embed([chunk.text for chunk in part])
            with watch.stage(WRITE):
                self._collection.add(
                    ids=[chunk.id for chunk in part],
                    embeddings=vectors,
                    documents=[chunk.text for chunk in part],
                    metadatas=[{"document": chunk.document} for chunk in part],
                )
        return len(chunks)

    def search(self, question: str, *, k: int) -> list[str]:
        """Query the collection."""
        if self._model is None or self._collection is None:
            raise ValueError("nothing was ingested yet")
        found = self._collection.query(query_embeddings=self._model.embed([question]), n_results=k)
        return [str(held["document"]) for held in (found["metadatas"] or [[]])[0]]


def open_contestant(name: str) -> ChromaContestant:
    """Make the contestant; there is one of this kind."""
    return ChromaContestant()
