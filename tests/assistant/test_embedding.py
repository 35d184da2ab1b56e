"""One exported model for documents and questions; any sentence-transformers model by folder."""

import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest

from assistant.embedding import ExportStopped, describe_embedder, describe_runtime, open_embedder
from assistant.embedding.export import TorchEmbedder, export_into
from assistant.embedding.exporting import export_apart
from assistant.embedding.runtime import Manifest
from assistant.embedding.source import find_model
from assistant.errors import ExportMismatch, ModelNotFound
from assistant.settings import PACKAGED_MODEL, Settings
from assistant.types import Span

TEXTS = [
    "The station has three modules.",
    "Who runs it?",
    "A much longer text about the council, its members and their terms. " * 20,
]


def make_tiny_model(folder, *, pooling):
    """A two-layer BERT with random weights, prompts and a window of 48 tokens."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    words = [
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz.?:",
        *[f"##{c}" for c in "abcdefghijklmnopqrstuvwxyz"],
    ]  # fmt: skip
    (folder / "vocab.txt").write_text("\n".join(words))
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
        intermediate_size=64, max_position_embeddings=64,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder / "bert")
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder / "bert")
    transformer = Transformer(str(folder / "bert"), max_seq_length=48)
    model = SentenceTransformer(
        modules=[transformer, Pooling(32, pooling_mode=pooling)],
        device="cpu",
        prompts={"query": "query: ", "document": "passage: "},
    )
    model.save(str(folder / "model-saved"))
    return folder / "model-saved"


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory):
    return make_tiny_model(tmp_path_factory.mktemp("tiny"), pooling="mean")


def test_vectors_have_length_one_and_the_order_given(embedder):
    matrix = embedder.embed_documents(TEXTS)
    assert matrix.shape == (3, embedder.dimension)
    assert np.allclose(np.linalg.norm(matrix, axis=1), 1, atol=1e-5)
    alone = np.stack([embedder.embed_documents([text])[0] for text in TEXTS])
    assert (matrix * alone).sum(axis=1).min() > 0.999


def test_no_texts_give_no_rows(embedder):
    assert embedder.embed_documents([]).shape == (0, embedder.dimension)


def test_a_question_is_embedded_the_same_way_each_time(embedder):
    assert embedder.embed_query("Where is it?").tobytes() == embedder.embed_query("Where is it?").tobytes()


def test_token_offsets_cover_the_words(embedder):
    text = "Chang'e 6 landed in 2024"
    offsets = embedder.token_offsets(text)
    assert len(offsets) == embedder.count_tokens(text)
    assert "".join(text[start:end] for start, end in offsets) == text.replace(" ", "")


def test_a_part_is_the_mean_of_its_tokens_within_the_whole_text(embedder):
    source = find_model(PACKAGED_MODEL, allow_download=False)
    torch_side = TorchEmbedder.from_source(source, embedder.manifest, batch=8)
    text = "Harbour dues\nShips pay at the gate. They moor inside."
    parts = [Span(start=13, end=35), Span(start=36, end=53)]
    (found,) = embedder.embed_with_parts([text], [parts])
    tokens = torch_side._model.encode([text], output_value="token_embeddings", show_progress_bar=False)[0].numpy()
    starts = [start for start, _ in embedder.token_offsets(text)]
    for part, row in zip(parts, found.parts, strict=True):
        mean = tokens[[at for at, start in enumerate(starts, 1) if part.start <= start < part.end]].mean(axis=0)
        assert row @ mean / np.linalg.norm(mean) > 0.999
    assert found.whole @ embedder.embed_documents([text])[0] > 0.9999


def test_a_part_beyond_the_window_is_embedded_by_itself(embedder):
    text = "and so on " * 400 + "Ships pay at the gate."
    (found,) = embedder.embed_with_parts([text], [[Span(start=4000, end=4022)]])
    assert found.parts[0] @ embedder.embed_documents(["Ships pay at the gate."])[0] > 0.9999


def test_texts_without_parts_and_no_texts_at_all(embedder):
    (found,) = embedder.embed_with_parts(["Ships pay."], [()])
    assert found.parts.shape == (0, embedder.dimension)
    assert embedder.embed_with_parts([], []) == []


@pytest.mark.slow
def test_the_export_agrees_with_its_source(embedder):
    source = find_model(PACKAGED_MODEL, allow_download=False)
    torch_side = TorchEmbedder.from_source(source, embedder.manifest, batch=8)
    assert (embedder.embed_documents(TEXTS) * torch_side.embed_documents(TEXTS)).sum(axis=1).min() > 0.999
    assert torch_side.embed_query("Who?") @ embedder.embed_query("Who?") > 0.999


def in_this_process(folder, source, *, precision, stopped):
    return export_into(folder, source, precision=precision)


def test_a_model_that_can_not_be_traced_runs_on_torch_and_says_so(tiny_model, tmp_path, monkeypatch):
    def fail(*_):
        raise RuntimeError("this model can't be traced")

    monkeypatch.setattr("assistant.embedding.export._trace", fail)
    settings = Settings(data_dir=tmp_path, models_dir=tmp_path, embedding_model=str(tiny_model))
    assert describe_runtime(settings) is None
    monkeypatch.setattr("assistant.embedding.exporting._run_child", in_this_process)
    assert isinstance(open_embedder(settings), TorchEmbedder)
    assert describe_runtime(settings).startswith("torch")
    assert open_embedder(settings).embed_documents([]).shape == (0, 32)
    assert open_embedder(settings).embed_documents(["a", "b"]).shape == (2, 32)


@pytest.mark.slow
def test_a_model_in_a_folder_brings_its_dimension_window_and_prefixes(tiny_model, tmp_path):
    settings = Settings(
        data_dir=tmp_path, models_dir=tmp_path, embedding_model=str(tiny_model), embedding_precision="f32"
    )
    assert describe_embedder(settings) is None
    embedder = open_embedder(settings)
    assert (embedder.dimension, embedder.max_tokens) == (32, 48)
    assert embedder.manifest.query_prefix == "query: "
    assert embedder.manifest.document_prefix == "passage: "
    assert describe_embedder(settings) == embedder.fingerprint
    assert not np.allclose(embedder.embed_query("who?"), embedder.embed_documents(["who?"])[0])


@pytest.mark.slow
@pytest.mark.parametrize(("pooling", "pooled"), [("mean", True), ("cls", False)])
def test_parts_are_pooled_only_where_a_vector_is_the_mean_of_its_tokens(pooling, pooled, tmp_path):
    folder = make_tiny_model(tmp_path, pooling=pooling)
    settings = Settings(data_dir=tmp_path, models_dir=tmp_path, embedding_model=str(folder), embedding_precision="f32")
    embedder = open_embedder(settings)
    (found,) = embedder.embed_with_parts(["who? me. you."], [[Span(start=5, end=8)]])
    alone = embedder.embed_documents(["me."])[0]
    assert embedder.manifest.pools_tokens is pooled
    assert np.allclose(found.parts[0], alone, atol=1e-4) is not pooled
    assert np.allclose(found.whole, embedder.embed_documents(["who? me. you."])[0], atol=1e-4)


@pytest.mark.slow
def test_changed_weights_are_another_model(tiny_model, tmp_path):
    settings = Settings(
        data_dir=tmp_path, models_dir=tmp_path, embedding_model=str(tiny_model), embedding_precision="f32"
    )
    before = open_embedder(settings).fingerprint
    config = tiny_model / "sentence_bert_config.json"
    changed = {**json.loads(config.read_text()), "max_seq_length": 40}
    config.write_text(json.dumps(changed))
    assert describe_embedder(settings) is None
    after = open_embedder(settings)
    assert after.fingerprint != before
    assert after.max_tokens == 40


def test_an_unknown_name_is_refused_without_a_download():
    with pytest.raises(ModelNotFound, match="ASSISTANT_ALLOW_MODEL_DOWNLOAD"):
        open_embedder(Settings(embedding_model="nobody/nothing"))


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(ModelNotFound, match="No model"):
        open_embedder(Settings(embedding_model=str(tmp_path)))


def test_a_stopped_export_ends_soon_and_leaves_nothing_behind(tmp_path):
    asked = []

    def stopped():
        asked.append(time.monotonic())
        return len(asked) > 5

    with pytest.raises(ExportStopped):
        export_apart(
            find_model(PACKAGED_MODEL, allow_download=False), tmp_path / "made", precision="auto", stopped=stopped
        )
    assert time.monotonic() - asked[-1] < 20
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_an_export_that_disagrees_with_its_source_is_named_by_the_child(tiny_model, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import assistant.embedding.export as e; e.REQUIRED_COSINE = {'f32': 2.0}", encoding="utf-8"
    )
    source = find_model(str(tiny_model), allow_download=False)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(ExportMismatch, match=r"needed 2\.0") as refused:
        patch.setenv("PYTHONPATH", str(tmp_path))
        export_apart(source, tmp_path / "made", precision="f32", stopped=lambda: False)
    assert 0.999 < refused.value.cosine < 1.001
    assert not (tmp_path / "made").exists()


@pytest.mark.slow
def test_an_interrupted_export_leaves_nothing_behind(tmp_path):
    source = find_model(PACKAGED_MODEL, allow_download=False)
    export_apart(source, tmp_path / "made", precision="auto", stopped=lambda: False)
    assert [path.name for path in tmp_path.iterdir()] == ["made"]
    assert Manifest.read(tmp_path / "made").stamp == source.stamp()


def test_an_exported_model_opens_without_torch(embedder, models_dir):
    code = (
        "import sys; from assistant.settings import Settings; from assistant.embedding import open_embedder;"
        f"open_embedder(Settings(models_dir={str(models_dir)!r})).embed_query('x');"
        "print(sorted({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_exporting_and_asking_report_to_nobody_and_write_nothing_at_home(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    code = (
        "import sys; from pathlib import Path; from assistant.settings import Settings;"
        "from assistant.embedding import open_embedder;"
        f"open_embedder(Settings(models_dir=Path({str(tmp_path / 'models')!r}))).embed_query('x');"
        "print(sorted(name for name in sys.modules if name.startswith('openvino_telemetry.')))"
    )
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"
    assert not [path for path in home.rglob("*") if "openvino" in path.name or "intel" in path.name.lower()]


def test_questions_share_one_open_model_and_an_ingest_has_its_own(embedder, models_dir):
    settings = Settings(models_dir=models_dir)
    shared, again = (open_embedder(settings, shared=True) for _ in range(2))
    own = open_embedder(settings)
    assert shared is again and own is not shared
    assert own.fingerprint == shared.fingerprint
