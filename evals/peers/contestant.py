"""What a contestant is given and what it does, the same for all of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from evals.peers.stopwatch import Stopwatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What every contestant is given."""

    folder: Path
    """The documents as plain text files."""
    names: Mapping[str, str]
    """From file name to document id."""
    chunks: Path
    """Our chunks of these documents, for the contestants that take them; JSON Lines."""
    models_dir: Path
    """Holds our exported model."""
    work: Path
    """The contestant's own empty folder."""

    def texts(self) -> Iterator[tuple[str, str]]:
        """Read the files: document ids with texts, in order of file names."""
        for name, document_id in sorted(self.names.items()):
            yield document_id, (self.folder / name).read_text(encoding="utf-8")

    def cut(self) -> list[GivenChunk]:
        """Read our chunks."""
        with self.chunks.open(encoding="utf-8") as lines:
            return [GivenChunk(**json.loads(line)) for line in lines]


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenChunk:
    """One of our chunks, as given to others."""

    id: str
    """Unique among all chunks of all documents."""
    document: str
    text: str
    """With title and section path before it, as we embed it."""


class Contestant(Protocol):
    """An engine that indexes documents and retrieves from them."""

    def ingest(self, inputs: Inputs, watch: Stopwatch) -> int:
        """Index the documents and get ready for questions.

        Args:
            inputs: The documents.
            watch: Is told which stage is at work, and which texts are embedded.

        Returns:
            How many chunks there are.
        """

    def search(self, question: str, *, k: int) -> list[str]:
        """Retrieve `k` chunks and tell the document of each, best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A contestant as it is listed."""

    name: str
    label: str
    module: str
    """Defines `open_contestant(name) -> Contestant`; imported in the contestant's own process alone."""
    packages: tuple[str, ...]
    """Import names that have to be installed."""
    chunking: str
    """Who cuts the documents."""


_PEERS = ("llama_index.vector_stores.chroma", "llama_index.retrievers.bm25")
ENTRIES = (
    Entry(name="assistant", label="assistant", module="evals.peers.ours", packages=(), chunking="ours"),
    Entry(
        name="assistant-unread", label="assistant, no reader", module="evals.peers.ours", packages=(), chunking="ours"
    ),
    Entry(
        name="assistant-in-llamaindex",
        label="assistant.llamaindex",
        module="evals.peers.ours_in_llamaindex",
        packages=(),
        chunking="ours",
    ),
    Entry(
        name="llamaindex",
        label="LlamaIndex, defaults",
        module="evals.peers.with_llamaindex",
        packages=_PEERS,
        chunking="SentenceSplitter, 1024 tokens",
    ),
    Entry(
        name="llamaindex-our-chunks",
        label="LlamaIndex, our chunks",
        module="evals.peers.with_llamaindex",
        packages=_PEERS,
        chunking="ours, given",
    ),
    Entry(
        name="llamaindex-hybrid",
        label="LlamaIndex, BM25 + vectors",
        module="evals.peers.with_llamaindex",
        packages=_PEERS,
        chunking="SentenceSplitter, 1024 tokens",
    ),
    Entry(
        name="chroma",
        label="Chroma alone, our chunks",
        module="evals.peers.with_chroma",
        packages=("chromadb",),
        chunking="ours, given",
    ),
    Entry(
        name="txtai",
        label="txtai hybrid, our chunks",
        module="evals.peers.with_txtai",
        packages=("txtai",),
        chunking="ours, given",
    ),
)
