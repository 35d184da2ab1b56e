"""Exporting a sentence-transformers model once, so that torch is not needed to run it.

The only file that imports torch and sentence-transformers.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from assistant.acceleration import load_openvino
from assistant.embedding.runtime import (
    MODEL,
    TOKENIZER,
    ExportedEmbedder,
    Manifest,
    PartedVectors,
    TokenizedModel,
    embed_apart,
    unit_rows,
)
from assistant.embedding.source import ModelSource
from assistant.errors import ExportMismatch, ModelError
from assistant.types import Span

logger = logging.getLogger(__name__)

REQUIRED_COSINE: Mapping[str, float] = {"auto": 0.999, "bf16": 0.999, "f32": 0.9999}
"""How closely an export must reproduce its source, by precision (docs/decisions/002)."""

_PROBES = (
    "Where is the office?",
    "The council has twelve members, who serve for three years each; its chair is elected in May.",
    "A longer paragraph says what happened and when. " * 12,
    "7 July 2025",
)
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


class TorchEmbedder(TokenizedModel):
    """A model that could not be exported, run by sentence-transformers itself."""

    def __init__(self, manifest: Manifest, *, tokenizer: Tokenizer, model: Any, batch: int) -> None:
        super().__init__(manifest, tokenizer)
        self._model, self._batch = model, batch

    @classmethod
    def from_source(cls, source: ModelSource, manifest: Manifest, *, batch: int) -> TorchEmbedder:
        """Load the source's model with torch."""
        model = _load(source)
        return cls(manifest, tokenizer=_fast_tokenizer(model, source), model=model, batch=batch)

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts that are searched."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return self._encode([self.manifest.document_prefix + text for text in texts])

    def embed_with_parts(self, texts: Sequence[str], parts: Sequence[Sequence[Span]]) -> list[PartedVectors]:
        """Embed texts that are searched, and stretches of each as texts of their own."""
        return embed_apart(self, texts, parts)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Embed a question."""
        return np.asarray(self._encode([self.manifest.query_prefix + text])[0], dtype=np.float32)

    def _encode(self, texts: list[str]) -> NDArray[np.float32]:
        rows = self._model.encode(texts, batch_size=self._batch, prompt="", show_progress_bar=False)
        return unit_rows(rows)


class Export(Protocol):
    """Makes an export in an empty folder: `export_into`, or the same in a process of its own."""

    def __call__(self, folder: Path, source: ModelSource, *, precision: str) -> Manifest:
        """Write the model and its manifest."""


def export_model(source: ModelSource, folder: Path, *, precision: str, export: Export) -> Manifest:
    """Export a model into a folder, check it against its source, and make it visible in one rename.

    Args:
        source: The model's files.
        folder: Where the export goes; its parent is created. Another process that exports the same model at
            the same time does no harm.
        precision: "auto", "f32" or "bf16": what the check runs with.
        export: Does the work.

    Returns:
        What the folder now holds. Its `runtime` is "torch" where the model can't be traced.

    Raises:
        ExportMismatch: If the exported model's vectors differ from the source's.
        ModelError: If the folder can't be written or the model can't be loaded.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".export-") as made:
            manifest = export(Path(made), source, precision=precision)
            if folder.exists():
                shutil.rmtree(folder, ignore_errors=True)
            Path(made).replace(folder)
            Path(made).mkdir()  # what TemporaryDirectory expects to remove
    except OSError as error:
        raise ModelError(
            f"The embedding model {source.name!r} can't be prepared in {str(folder.parent)!r}: {error}. "
            "Check the model's folder, free disk space and permissions."
        ) from error
    return manifest


def export_into(folder: Path, source: ModelSource, *, precision: str) -> Manifest:
    """Export a model into an empty folder and check it against its source.

    Args:
        folder: Receives the model and its manifest.
        source: The model's files.
        precision: What the check runs with.

    Returns:
        The manifest.

    Raises:
        ExportMismatch: If the exported model's vectors differ from the source's.
        ModelError: If the model can't be loaded.
    """
    model = _load(source)
    tokenizer = _fast_tokenizer(model, source)
    tokenizer.save(str(folder / TOKENIZER))
    manifest = _describe(model, source, tokenizer)
    try:
        inputs, pools_tokens = _trace(model, folder / MODEL)
    except (RuntimeError, TypeError, ValueError, KeyError) as error:
        logger.warning("%s can't be exported (%s); torch runs it, more slowly", source.name, type(error).__name__)
        manifest = replace(manifest, runtime="torch")
    else:
        manifest = replace(manifest, inputs=inputs, pools_tokens=pools_tokens)
        _check(model, folder, manifest, precision=precision)
    manifest.write(folder)
    return manifest


def _load(source: ModelSource) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()
        transformers_logging.set_verbosity_error()
        return SentenceTransformer(
            str(source.folder),
            device="cpu",
            trust_remote_code=False,
            local_files_only=True,
            model_kwargs={"use_safetensors": True},
        ).eval()


def _fast_tokenizer(model: Any, source: ModelSource) -> Tokenizer:
    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ModelError(
            f"The tokenizer of {source.name!r} does not tell the positions of its tokens. Choose a model "
            "with a tokenizer.json."
        )
    return Tokenizer.from_str(backend.to_str())


def _describe(model: Any, source: ModelSource, tokenizer: Tokenizer) -> Manifest:
    prompts: dict[str, str] = dict(model.prompts or {})
    default = prompts.get(model.default_prompt_name or "", "")
    pad = getattr(model.tokenizer, "pad_token_id", None)
    window = model.max_seq_length or getattr(model.tokenizer, "model_max_length", None)
    if not isinstance(window, int) or window > 1_000_000:
        raise ModelError(
            f"The model {source.name!r} does not tell its window. Set max_seq_length in its configuration."
        )
    return Manifest(
        name=source.name,
        digest=source.digest(),
        stamp=source.stamp(),
        runtime="openvino",
        dimension=int(model.get_embedding_dimension()),
        max_tokens=window,
        query_prefix=prompts.get("query") or default,
        document_prefix=prompts.get("document") or prompts.get("passage") or default,
        inputs=_INPUTS,
        pools_tokens=False,
        pad_id=int(pad if pad is not None else 0),
        versions=" ".join(f"{name} {version(name)}" for name in ("torch", "sentence-transformers", "openvino")),
    )


def _trace(model: Any, path: Path) -> tuple[tuple[str, ...], bool]:
    """Trace the model, from token ids to the pooled vector, and save it.

    Returns:
        Its inputs' names, and whether its second output are the vectors of the tokens, whose mean is the pooled one.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch

        openvino = load_openvino()

        encoded = model.tokenizer(list(_PROBES), padding=True, truncation=True, return_tensors="pt")
        names = tuple(name for name in _INPUTS if name in encoded)
        with torch.no_grad():
            pools_tokens = _pools_tokens(model({name: encoded[name] for name in names}), encoded["attention_mask"])

        class Pooled(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.model = model

            def forward(self, *tensors: Any) -> Any:
                made = self.model(dict(zip(names, tensors, strict=True)))
                pooled = made["sentence_embedding"]
                return (pooled, made["token_embeddings"]) if pools_tokens else pooled

        with torch.no_grad():
            converted = openvino.convert_model(Pooled().eval(), example_input=tuple(encoded[n] for n in names))
        for port, name in zip(converted.inputs, names, strict=True):
            port.get_tensor().set_names({name})
        openvino.save_model(converted, str(path), compress_to_fp16=False)
    return names, pools_tokens


def _pools_tokens(made: Mapping[str, Any], mask: Any) -> bool:
    """Tell whether a model's vectors are the means of their tokens', up to their length."""
    tokens, pooled = made.get("token_embeddings"), np.asarray(made["sentence_embedding"])
    if tokens is None or tokens.shape[-1] != pooled.shape[-1]:
        return False
    means = unit_rows((np.asarray(tokens) * np.asarray(mask)[..., None]).sum(axis=1))
    return bool((means * unit_rows(pooled)).sum(axis=1).min() >= REQUIRED_COSINE["f32"])


def _check(model: Any, folder: Path, manifest: Manifest, *, precision: str) -> None:
    exported = ExportedEmbedder.from_folder(folder, manifest, precision=precision, threads=0, batch=len(_PROBES))
    texts = [manifest.document_prefix + probe for probe in _PROBES]
    wanted = unit_rows(model.encode(texts, prompt="", show_progress_bar=False))
    worst = float((wanted * exported.embed_documents(list(_PROBES))).sum(axis=1).min())
    logger.info("exported %s: cosine with its source at least %.6f", manifest.name, worst)
    if not worst >= REQUIRED_COSINE[precision]:
        raise ExportMismatch(manifest.name, cosine=worst, required=REQUIRED_COSINE[precision])
