"""The assistant as a LlamaIndex retriever and as a LlamaIndex query engine.

Nothing here needs a key, a model of a vendor or the network: LlamaIndex's global `Settings`, whose language model
resolves to OpenAI's, are never read.

    from assistant.environment import prepare_environment

    prepare_environment()  # before anything heavy is imported
    from assistant.llamaindex import AssistantQueryEngine, AssistantRetriever
    from assistant.settings import load_settings
    from assistant.wiring import open_assistant

    with open_assistant(load_settings()) as assistant:
        nodes = AssistantRetriever(assistant).retrieve("When was the harbour opened?")
        response = AssistantQueryEngine(assistant).query("When was the harbour opened?")
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.response.schema import Response
from llama_index.core.callbacks import CallbackManager
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.schema import NodeRelationship, NodeWithScore, QueryBundle, RelatedNodeInfo, TextNode

from assistant.serialization import answer_to_json, section_to_json
from assistant.types import Answer, Filters, Passage

ABSTAINED = "No answer: "
"""How the text of a response begins when the assistant abstains."""
_READ_BY_MODELS = frozenset({"title", "section", "page"})
"""The metadata that LlamaIndex writes before a node's text in a prompt; the rest is for programs."""


class Searcher(Protocol):
    """The part of an assistant that the retriever needs."""

    def search(self, question: str, *, filters: Filters, top_k: int | None) -> tuple[Passage, ...]:
        """Retrieve passages, best first."""


class Asker(Protocol):
    """The part of an assistant that the query engine needs."""

    def ask(self, question: str, *, filters: Filters, top_k: int | None) -> Answer:
        """Answer a question."""


class AssistantRetriever(BaseRetriever):
    """Retrieves what an answer would be read from."""

    def __init__(
        self,
        assistant: Searcher,
        *,
        filters: Filters = Filters(),  # noqa: B008
        top_k: int | None = None,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        """Wrap an open assistant.

        Args:
            assistant: Open for as long as the retriever is used; the caller closes it.
            filters: Documents that may be retrieved from.
            top_k: Nodes wanted, at least 1; None for the assistant's setting.
            callback_manager: LlamaIndex's, for tracing.

        Raises:
            ValueError: If `top_k` is below 1.
        """
        _check(top_k)
        self._assistant, self._filters, self._top_k = assistant, filters, top_k
        super().__init__(callback_manager=callback_manager or CallbackManager([]))

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        passages = self._assistant.search(query_bundle.query_str, filters=self._filters, top_k=self._top_k)
        return nodes_from_passages(passages)

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


class AssistantQueryEngine(BaseQueryEngine):
    """Answers with citations, or abstains.

    A response's text is the answer's sentences, or `ABSTAINED` and the reason. Its source nodes are the passages that
    were read. Its metadata has the keys of `assistant ask --json` but for the passages; of these, `abstained` tells
    whether there is an answer, and each of `citations` names a document with a span that holds the quote exactly.
    """

    def __init__(
        self,
        assistant: Asker,
        *,
        filters: Filters = Filters(),  # noqa: B008
        top_k: int | None = None,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        """Wrap an open assistant.

        Args:
            assistant: Open for as long as the engine is used; the caller closes it.
            filters: Documents that may be read.
            top_k: Passages that are read, at least 1; None for the assistant's setting.
            callback_manager: LlamaIndex's, for tracing.

        Raises:
            ValueError: If `top_k` is below 1.
        """
        _check(top_k)
        self._assistant, self._filters, self._top_k = assistant, filters, top_k
        super().__init__(callback_manager=callback_manager)

    def _query(self, query_bundle: QueryBundle) -> Response:
        return response_from_answer(
            self._assistant.ask(query_bundle.query_str, filters=self._filters, top_k=self._top_k)
        )

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        return await asyncio.to_thread(self._query, query_bundle)

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}


def response_from_answer(answer: Answer) -> Response:
    """Turn an answer or an abstention into LlamaIndex's response; see `AssistantQueryEngine`."""
    metadata = answer_to_json(answer)
    del metadata["passages"]
    text = answer.text if answer.abstention is None else ABSTAINED + answer.abstention.reason
    return Response(response=text, source_nodes=nodes_from_passages(answer.passages), metadata=metadata)


def nodes_from_passages(passages: Sequence[Passage]) -> list[NodeWithScore]:
    """Turn passages into LlamaIndex's nodes.

    Args:
        passages: Best first.

    Returns:
        As many nodes in the same order. A node's text is the document's text from `metadata["start"]` to
        `metadata["end"]` (half-open, in code points), its `ref_doc_id` the document's id, its id the chunk's.
    """
    return [NodeWithScore(node=_node(passage), score=passage.score) for passage in passages]


def _node(passage: Passage) -> TextNode:
    chunk = passage.chunk
    metadata: dict[str, Any] = {
        "document": passage.document_id,
        "digest": chunk.digest,
        "title": passage.title,
        "start": chunk.start,
        "end": chunk.end,
        "page": chunk.page,
        "section": section_to_json(chunk.section),
        "rank": passage.rank,
        "score": passage.score,
    }
    unread = [name for name, value in metadata.items() if name not in _READ_BY_MODELS or value is None]
    return TextNode(
        id_=chunk.id,
        text=chunk.text,
        start_char_idx=chunk.start,
        end_char_idx=chunk.end,
        metadata=metadata,
        excluded_embed_metadata_keys=unread,
        excluded_llm_metadata_keys=unread,
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=passage.document_id, hash=chunk.digest)},
    )


def _check(top_k: int | None) -> None:
    if top_k is not None and top_k < 1:
        raise ValueError(f"top_k must be at least 1, not {top_k}")
