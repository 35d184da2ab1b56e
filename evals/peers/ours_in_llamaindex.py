"""This project through its LlamaIndex retriever."""

from __future__ import annotations

from assistant.llamaindex import AssistantRetriever
from evals.peers.contestant import Inputs
from evals.peers.ours import OurContestant
from evals.peers.stopwatch import Stopwatch


class OursInLlamaIndex:
    """`AssistantRetriever` over the same ingest."""

    def __init__(self) -> None:
        self._ours = OurContestant()

    def ingest(self, inputs: Inputs, watch: Stopwatch) -> int:
        """Sync the folder and open the assistant."""
        return self._ours.ingest(inputs, watch)

    def search(self, question: str, *, k: int) -> list[str]:
        """Retrieve nodes."""
        nodes = AssistantRetriever(self._ours.assistant, top_k=k).retrieve(question)
        return [self._ours.document_of(found.node.metadata["document"]) for found in nodes]


def open_contestant(name: str) -> OursInLlamaIndex:
    """Make the contestant; there is one of this kind."""
    return OursInLlamaIndex()
