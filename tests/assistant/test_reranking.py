"""A cross-encoder by folder: tiny ones are made here."""

import pytest

from assistant.errors import ModelError, ModelNotFound
from assistant.reranking import CrossEncoderReranker
from assistant.settings import Settings
from assistant.types import Method
from assistant.wiring import open_assistant
from ingest import sync

QUESTION = "What does the harbour office say?"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
TEXTS = {
    "a": "The harbour office says that ships wait outside the harbour.",
    "b": "The harbour office opens at nine and closes at noon.",
    "c": "Zebras graze on the hill above the town.",
}


def make_model(folder, *, labels):
    """Write a BERT of one layer that was taught to like the last of the texts alone."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, ".", "?", *(f"##{letter}" for letter in LETTERS)]
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(words))
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=256, num_labels=labels,
    )  # fmt: skip
    model = BertForSequenceClassification(config)
    tokenizer = BertTokenizerFast(str(folder / "vocab.txt"), model_max_length=256)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    pairs = tokenizer([QUESTION] * 3, [f"\n{text}" for text in TEXTS.values()], padding=True, return_tensors="pt")
    wanted = torch.tensor([[-4.0], [-4.0], [4.0]]).expand(-1, labels)
    for _ in range(60):
        loss = ((model(**pairs).logits - wanted) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return make_model(tmp_path_factory.mktemp("cross") / "model", labels=1)


@pytest.fixture(scope="module")
def harbour(tmp_path_factory, models_dir):
    folder = tmp_path_factory.mktemp("harbour")
    for name, text in TEXTS.items():
        (folder / f"{name}.txt").write_text(text)
    settings = Settings(data_dir=folder.parent / f"{folder.name}-data", corpus=folder, models_dir=models_dir)
    sync([], settings=settings)
    return settings


def test_scores_are_those_of_the_model_whatever_stands_beside(model):
    reranker = CrossEncoderReranker.from_folder(model, fingerprint="tiny")
    together = reranker.score(QUESTION, list(TEXTS.values()))
    alone = [reranker.score(QUESTION, [text])[0] for text in TEXTS.values()]
    assert together == pytest.approx(alone, abs=0.002)
    assert reranker.score(QUESTION, []) == []


def test_the_cross_encoder_decides_the_order_and_says_so(harbour, model):
    reranker = CrossEncoderReranker.from_folder(model, fingerprint="tiny")
    with open_assistant(harbour.model_copy(update={"cross_encoder": str(model)})) as assistant:
        passages, answer = assistant.search(QUESTION), assistant.ask(QUESTION)
        changed = assistant.fingerprint().config
    scores = reranker.score(QUESTION, [f"{passage.chunk.context}\n{passage.chunk.text}" for passage in passages])
    assert [passage.signals.rerank for passage in passages] == pytest.approx(scores, abs=0.002)
    assert scores == sorted(scores, reverse=True)
    assert passages[0].document_id == "c.txt"
    assert answer.method is Method.READ
    assert answer.confidence is None  # the packaged calibration holds without a cross-encoder alone
    with open_assistant(harbour) as assistant:
        assert assistant.search(QUESTION)[0].document_id != "c.txt"
        assert assistant.fingerprint().config != changed


def test_a_model_with_several_outputs_is_refused_by_name(tmp_path):
    folder = make_model(tmp_path / "two", labels=2)
    with pytest.raises(ModelError, match="gives 2 scores a pair"):
        CrossEncoderReranker.from_folder(folder, fingerprint="two")


def test_what_is_not_on_this_machine_is_refused_by_name(harbour, tmp_path):
    with pytest.raises(ModelNotFound, match="nowhere/cross-encoder"):
        open_assistant(harbour.model_copy(update={"cross_encoder": "nowhere/cross-encoder"}))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="can't be loaded"):
        open_assistant(harbour.model_copy(update={"cross_encoder": str(tmp_path)}))
