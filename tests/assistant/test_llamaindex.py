"""The assistant inside LlamaIndex: exact spans, visible abstentions, no key and no network."""

import asyncio
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from llama_index.core import Settings as LlamaSettings
from llama_index.core.schema import MetadataMode, QueryBundle

from assistant.llamaindex import ABSTAINED, AssistantQueryEngine, AssistantRetriever
from assistant.types import Filters

OPENED = "When was the harbour of Vell opened?"
UNANSWERABLE = "Which orchestra recorded the second symphony of Mahler in Vienna?"
WITHOUT_KEY = """
import sys
from assistant.environment import prepare_environment
prepare_environment()
from assistant.llamaindex import AssistantQueryEngine, AssistantRetriever
from assistant.settings import load_settings
from assistant.wiring import open_assistant
with open_assistant(load_settings(data_dir=sys.argv[1])) as assistant:
    assert AssistantRetriever(assistant).retrieve(sys.argv[2])
    print(AssistantQueryEngine(assistant).query(sys.argv[2]))
assert not {"openai", "torch", "llama_index.llms.openai"} & set(sys.modules)
"""


@pytest.fixture(autouse=True)
def _no_global_models(monkeypatch):
    """Fail where LlamaIndex's global language or embedding model is asked for."""

    def asked(self):
        raise AssertionError("LlamaIndex's global model was asked for")

    for name in ("llm", "embed_model"):
        monkeypatch.setattr(type(LlamaSettings), name, property(asked))


def test_a_node_is_an_exact_span_of_its_document(asking):
    nodes = AssistantRetriever(asking).retrieve(OPENED)
    assert nodes
    for found in nodes:
        metadata, document = found.node.metadata, found.node.ref_doc_id
        text = asking.view_citation(_as_citation(found.node), margin=0).quote
        assert text == found.node.text
        assert metadata["document"] == document
        assert len(found.node.text) == metadata["end"] - metadata["start"]
        assert (found.node.start_char_idx, found.node.end_char_idx) == (metadata["start"], metadata["end"])


def _as_citation(node):
    from assistant.types import Citation

    held = node.metadata
    return Citation(
        marker=1, document_id=held["document"], digest=held["digest"], title=held["title"], page=held["page"],
        section=(), start=held["start"], end=held["end"], quote=node.text,
    )  # fmt: skip


def test_nodes_are_the_passages_of_a_search_in_order(asking):
    nodes = AssistantRetriever(asking, top_k=3).retrieve(QueryBundle(OPENED))
    passages = asking.search(OPENED, top_k=3)
    assert [found.node.node_id for found in nodes] == [passage.chunk.id for passage in passages]
    assert [found.score for found in nodes] == [passage.score for passage in passages]
    assert [found.node.metadata["rank"] for found in nodes] == [1, 2, 3]


def test_filters_limit_what_is_retrieved(asking):
    nodes = AssistantRetriever(asking, filters=Filters(documents=("bees.txt",))).retrieve(OPENED)
    assert {found.node.ref_doc_id for found in nodes} == {"bees.txt"}


def test_a_prompt_shows_title_and_section_but_no_digest(asking):
    node = AssistantRetriever(asking).retrieve("Which ships belong to the fleet?")[0].node
    shown = node.get_content(metadata_mode=MetadataMode.LLM)
    assert "Ships" in shown
    assert node.metadata["digest"] not in shown
    assert "page" not in shown


def test_a_response_quotes_and_cites(asking):
    response = AssistantQueryEngine(asking).query(OPENED)
    assert "1931" in str(response)
    assert response.metadata["abstained"] is False
    for citation in response.metadata["citations"]:
        assert citation["quote"] in str(response)
        assert any(
            node.node.ref_doc_id == citation["document"]
            and node.node.metadata["start"] <= citation["start"] < citation["end"] <= node.node.metadata["end"]
            for node in response.source_nodes
        )


def test_an_abstention_is_seen_in_text_and_metadata(asking):
    response = AssistantQueryEngine(asking).query(UNANSWERABLE)
    assert response.metadata["abstained"] is True
    assert str(response) == ABSTAINED + response.metadata["abstention"]["reason"]
    assert response.metadata["citations"] == []
    assert response.source_nodes


def test_the_asynchronous_ways_give_the_same(asking):
    retriever, engine = AssistantRetriever(asking), AssistantQueryEngine(asking)

    async def both():
        return await retriever.aretrieve(OPENED), await engine.aquery(OPENED)

    with ThreadPoolExecutor(1) as apart:  # The browser of other tests keeps an event loop in this thread.
        nodes, response = apart.submit(asyncio.run, both()).result()
    assert nodes == retriever.retrieve(OPENED)
    assert str(response) == str(engine.query(OPENED))


@pytest.mark.parametrize("made", [AssistantRetriever, AssistantQueryEngine])
def test_a_top_k_below_one_is_refused(asking, made):
    with pytest.raises(ValueError, match="top_k must be at least 1"):
        made(asking, top_k=0)


def test_without_a_key_in_a_process_of_its_own(house):
    environment = {name: value for name, value in os.environ.items() if "OPENAI" not in name}
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", WITHOUT_KEY, house.data_dir, OPENED],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "1931" in done.stdout
