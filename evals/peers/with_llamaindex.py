"""LlamaIndex as a contestant: over vectors in Chroma, over our chunks, and with its BM25 beside.

Everything that the engine has a default for stays at it: chunks of 1024 tokens, 10 texts a batch. Its documents come
without metadata, so that no file path is embedded with them.
"""

from __future__ import annotations

import chromadb
from llama_index.core import Document, StorageContext, VectorStoreIndex
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.llms import MockLLM
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.retrievers.fusion_retriever import FUSION_MODES
from llama_index.core.schema import BaseNode, NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.retrievers.bm25 import BM25Retriever
from llama_index.vector_stores.chroma import ChromaVectorStore

from evals.peers.contestant import Inputs
from evals.peers.stopwatch import CHUNK, MODEL, READ, WRITE, Stopwatch
from evals.peers.torch_model import TorchModel

COLLECTION = "peers"
OUR_CHUNKS, HYBRID = "llamaindex-our-chunks", "llamaindex-hybrid"


class TorchEmbedding(BaseEmbedding):
    """The packaged model as a LlamaIndex embedding."""

    _torch: TorchModel

    def __init__(self, torch: TorchModel) -> None:
        super().__init__()
        self._torch = torch

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return [row.tolist() for row in self._torch.embed(texts)]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)


class LlamaIndexContestant:
    """`VectorStoreIndex` on Chroma, alone or fused with `BM25Retriever`."""

    def __init__(self, *, our_chunks: bool, hybrid: bool) -> None:
        self._our_chunks, self._hybrid = our_chunks, hybrid
        self._index: VectorStoreIndex | None = None
        self._nodes: list[BaseNode] = []
        self._retrievers: dict[int, BaseRetriever] = {}

    def ingest(self, inputs: Inputs, watch: Stopwatch) -> int:
        """Index documents, or our chunks as nodes."""
        with watch.stage(MODEL):
            embedding = TorchEmbedding(TorchModel())
        watch.wrap(SentenceSplitter, "__call__", stage=CHUNK)
        watch.wrap(ChromaVectorStore, "add", stage=WRITE)
        watch.wrap_embedding(TorchModel, "embed")
        client = chromadb.PersistentClient(str(inputs.work / "chroma"))
        collection = client.create_collection(COLLECTION, embedding_function=None)
        storage = StorageContext.from_defaults(vector_store=ChromaVectorStore(chroma_collection=collection))
        if self._our_chunks:
            with watch.stage(READ):
                self._nodes = [_node(chunk.id, chunk.document, chunk.text) for chunk in inputs.cut()]
        else:
            with watch.stage(READ):
                documents = [Document(id_=name, text=text) for name, text in inputs.texts()]
        if self._hybrid:
            self._nodes = list(SentenceSplitter()(documents))  # from_documents would not hand its nodes to BM25
        if self._nodes:
            self._index = VectorStoreIndex(self._nodes, storage_context=storage, embed_model=embedding)
        else:
            self._index = VectorStoreIndex.from_documents(documents, storage_context=storage, embed_model=embedding)
        if self._hybrid:
            with watch.stage(WRITE):
                self._retriever(k=1)
        return collection.count()

    def search(self, question: str, *, k: int) -> list[str]:
        """Retrieve nodes."""
        return [str(found.node.ref_doc_id) for found in self._retriever(k=k).retrieve(question)]

    def _retriever(self, *, k: int) -> BaseRetriever:
        if k not in self._retrievers:
            self._retrievers[k] = self._make_retriever(k)
        return self._retrievers[k]

    def _make_retriever(self, k: int) -> BaseRetriever:
        if self._index is None:
            raise ValueError("nothing was ingested yet")
        vectors = self._index.as_retriever(similarity_top_k=k)
        if not self._hybrid:
            return vectors
        words = BM25Retriever.from_defaults(nodes=self._nodes, similarity_top_k=min(k, len(self._nodes)))
        return QueryFusionRetriever(
            [vectors, words],
            llm=MockLLM(),
            mode=FUSION_MODES.RECIPROCAL_RANK,
            similarity_top_k=k,
            num_queries=1,
            use_async=False,
        )


def _node(chunk_id: str, document_id: str, text: str) -> TextNode:
    source = RelatedNodeInfo(node_id=document_id)
    return TextNode(id_=chunk_id, text=text, relationships={NodeRelationship.SOURCE: source})


def open_contestant(name: str) -> LlamaIndexContestant:
    """Make the contestant of a name; see `evals.peers.contestant.ENTRIES`."""
    return LlamaIndexContestant(our_chunks=name == OUR_CHUNKS, hybrid=name == HYBRID)
