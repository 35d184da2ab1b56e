"""Running an embedding model: the exported one by OpenVINO, or one that can't be exported by torch."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from assistant.acceleration import compile_model

MANIFEST = "manifest.json"
MODEL = "model.xml"
TOKENIZER = "tokenizer.json"
_LENGTH_STEP = 16
"""Padded lengths are multiples of this, so that few shapes are compiled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What is known of an exported model."""

    name: str
    digest: str
    """Of the source's files."""
    stamp: str
    runtime: str
    """"openvino", or "torch" where the model could not be exported."""
    dimension: int
    max_tokens: int
    query_prefix: str
    document_prefix: str
    inputs: tuple[str, ...]
    pad_id: int
    versions: str

    @property
    def fingerprint(self) -> str:
        """Name what decides a vector; the arithmetic's precision is left out."""
        prefixes = f"{self.query_prefix!r}/{self.document_prefix!r}"
        return f"{self.name}@{self.digest[:16]} dimension={self.dimension} window={self.max_tokens} prefixes={prefixes}"

    @classmethod
    def read(cls, folder: Path) -> Manifest | None:
        """Read a folder's manifest; None where there is none that this version understands."""
        try:
            fields = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            return cls(**{**fields, "inputs": tuple(fields["inputs"])})
        except (OSError, json.JSONDecodeError, TypeError, KeyError):
            return None

    def write(self, folder: Path) -> None:
        """Write the manifest into a folder."""
        (folder / MANIFEST).write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")


class Embedder(Protocol):
    """Turns texts into unit vectors that can be compared by their dot product."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def max_tokens(self) -> int:
        """The model's window in its own tokens, special tokens included."""

    @property
    def fingerprint(self) -> str:
        """Which model and which prefixes make the vectors."""

    def count_tokens(self, text: str) -> int:
        """Count a text's tokens, special tokens not included."""

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        """Locate a text's tokens as half-open ranges of code points, in order."""

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts that are searched: an array of shape (len(texts), dimension), rows of length 1."""

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Embed a question: an array of shape (dimension,), of length 1."""


def unit_rows(matrix: NDArray[Any]) -> NDArray[np.float32]:
    """Scale each row to length 1; a row of zeros stays as it is."""
    rows = np.asarray(matrix, dtype=np.float32)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(norms == 0, 1, norms), dtype=np.float32)


class TokenizedModel:
    """What both runtimes share: the tokenizer and the manifest."""

    def __init__(self, manifest: Manifest, tokenizer: Tokenizer) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self.manifest = manifest
        self._tokenizer = tokenizer

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self.manifest.dimension

    @property
    def max_tokens(self) -> int:
        """The window, special tokens included."""
        return self.manifest.max_tokens

    @property
    def fingerprint(self) -> str:
        """Which model and which prefixes make the vectors."""
        return self.manifest.fingerprint

    def count_tokens(self, text: str) -> int:
        """Count a text's tokens, special tokens not included."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        """Locate a text's tokens as half-open ranges of code points."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).offsets)


class ExportedEmbedder(TokenizedModel):
    """The exported model on OpenVINO. Safe to use from several threads; they take turns."""

    def __init__(
        self,
        manifest: Manifest,
        *,
        tokenizer: Tokenizer,
        infer: Callable[[dict[str, NDArray[np.int64]]], NDArray[np.float32]],
        batch: int,
    ) -> None:
        super().__init__(manifest, tokenizer)
        self._cutting = Tokenizer.from_str(tokenizer.to_str())
        self._cutting.enable_truncation(manifest.max_tokens)
        self._infer, self._batch = infer, batch
        self._lock = threading.Lock()

    @classmethod
    def from_folder(
        cls, folder: Path, manifest: Manifest, *, precision: str, threads: int, batch: int
    ) -> ExportedEmbedder:
        """Compile the exported model.

        Args:
            folder: Holds `MODEL` and `TOKENIZER`.
            manifest: What the folder says of itself.
            precision: "auto", "f32" or "bf16"; auto takes bf16 where the processor has it.
            threads: How many threads to use; 0 leaves it to the runtime.
            batch: How many texts run at once.

        Returns:
            The embedder, ready.
        """
        compiled = compile_model(folder / MODEL, precision=precision, threads=threads)

        def infer(inputs: dict[str, NDArray[np.int64]]) -> NDArray[np.float32]:
            return np.array(compiled(inputs)[0], dtype=np.float32)

        return cls(manifest, tokenizer=Tokenizer.from_file(str(folder / TOKENIZER)), infer=infer, batch=batch)

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts that are searched, shortest first so that little is padded; rows in the order given."""
        prefix = self.manifest.document_prefix
        with self._lock:
            encoded = [e.ids for e in self._cutting.encode_batch([prefix + text for text in texts])]
            order = sorted(range(len(encoded)), key=lambda i: (len(encoded[i]), i))
            rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
            for first in range(0, len(order), self._batch):
                part = order[first : first + self._batch]
                rows[part] = self._run([encoded[i] for i in part])
        return unit_rows(rows)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Embed a question."""
        with self._lock:
            ids = self._cutting.encode(self.manifest.query_prefix + text).ids
            rows = self._run([ids])
        return np.asarray(unit_rows(rows)[0], dtype=np.float32)

    def _run(self, ids: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        longest = max(map(len, ids))
        length = min(-(-longest // _LENGTH_STEP) * _LENGTH_STEP, max(longest, self.max_tokens))
        tokens = np.full((len(ids), length), self.manifest.pad_id, dtype=np.int64)
        mask = np.zeros((len(ids), length), dtype=np.int64)
        for row, sequence in enumerate(ids):
            tokens[row, : len(sequence)] = sequence
            mask[row, : len(sequence)] = 1
        given = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)}
        return self._infer({name: given[name] for name in self.manifest.inputs})
