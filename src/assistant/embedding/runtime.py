"""Running an embedding model: the exported one by OpenVINO, or one that can't be exported by torch."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from assistant.acceleration import compile_model
from assistant.types import Span

MANIFEST = "manifest.json"
MODEL = "model.xml"
TOKENIZER = "tokenizer.json"
_LENGTH_STEP = 16
"""Padded lengths are multiples of this, so that few shapes are compiled."""
REMEMBERED = 16
"""Questions whose vectors are kept, those asked last: with its sides and hops, one is often embedded again."""
Infer = Callable[[dict[str, NDArray[np.int64]]], Sequence[NDArray[np.float32]]]
"""Runs a batch: the texts' vectors, shape (texts, dimension), and where `Manifest.pools_tokens` says so their tokens',
shape (texts, tokens, dimension)."""


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
    pools_tokens: bool
    """Whether a text's vector is the mean of its tokens': that of a stretch within it is then made of the same run."""
    pad_id: int
    versions: str

    @property
    def fingerprint(self) -> str:
        """Name what decides a vector; the arithmetic's precision is left out."""
        prefixes = f"{self.query_prefix!r}/{self.document_prefix!r}"
        parts = "pooled" if self.pools_tokens else "apart"
        return (
            f"{self.name}@{self.digest[:16]} dimension={self.dimension} window={self.max_tokens} prefixes={prefixes} "
            f"parts={parts}"
        )

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PartedVectors:
    """A text's vector and those of stretches within it, all of length 1."""

    whole: NDArray[np.float32]
    """Shape (dimension,)."""
    parts: NDArray[np.float32]
    """Shape (parts, dimension), in the order asked."""


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

    def embed_with_parts(self, texts: Sequence[str], parts: Sequence[Sequence[Span]]) -> list[PartedVectors]:
        """Embed texts that are searched and stretches of each, as far as possible in the same run."""

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Embed a question: an array of shape (dimension,), of length 1."""


class EmbedsDocuments(Protocol):
    """What is needed to embed stretches apart."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts that are searched."""


def embed_apart(
    embedder: EmbedsDocuments, texts: Sequence[str], parts: Sequence[Sequence[Span]]
) -> list[PartedVectors]:
    """Embed texts and stretches of them as texts of their own.

    Args:
        embedder: Embeds them.
        texts: Whole texts.
        parts: Of each text, its stretches.

    Returns:
        One a text, in the order given.
    """
    cut = [[text[part.start : part.end] for part in spans] for text, spans in zip(texts, parts, strict=True)]
    distinct = list(dict.fromkeys([*texts, *chain.from_iterable(cut)]))
    rows = dict(zip(distinct, embedder.embed_documents(distinct), strict=True))
    none = np.zeros((0, embedder.dimension), dtype=np.float32)
    return [
        PartedVectors(whole=rows[text], parts=np.stack([rows[part] for part in stretches]) if stretches else none)
        for text, stretches in zip(texts, cut, strict=True)
    ]


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
        infer: Infer,
        batch: int,
    ) -> None:
        super().__init__(manifest, tokenizer)
        self._cutting = Tokenizer.from_str(tokenizer.to_str())
        self._cutting.enable_truncation(manifest.max_tokens)
        self._infer, self._batch = infer, batch
        self._lock = threading.Lock()
        self._embed_one = lru_cache(REMEMBERED)(self._embed_anew)

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

        def infer(inputs: dict[str, NDArray[np.int64]]) -> list[NDArray[np.float32]]:
            made = compiled(inputs)
            return [np.array(made[number], dtype=np.float32) for number in range(1 + manifest.pools_tokens)]

        return cls(manifest, tokenizer=Tokenizer.from_file(str(folder / TOKENIZER)), infer=infer, batch=batch)

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts that are searched, shortest first so that little is padded; rows in the order given."""
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        with self._lock:
            for part, made in self._batches(self._encode(texts)):
                rows[part] = made[0]
        return unit_rows(rows)

    def embed_with_parts(self, texts: Sequence[str], parts: Sequence[Sequence[Span]]) -> list[PartedVectors]:
        """Embed texts that are searched, and stretches of each.

        Where the model's vector is the mean of its tokens', a stretch's vector is the mean of its own tokens' in the
        run of the whole text: it costs nothing more, and it knows what stands around it (docs/decisions/020). Beyond
        the window, and with another model, a stretch is embedded as a text of its own.

        Args:
            texts: Whole texts.
            parts: Of each text, its stretches; none empty.

        Returns:
            One a text, in the order given.
        """
        if not self.manifest.pools_tokens:
            return embed_apart(self, texts, parts)
        whole = np.zeros((len(texts), self.dimension), dtype=np.float32)
        found = [np.zeros((len(spans), self.dimension), dtype=np.float32) for spans in parts]
        with self._lock:
            encoded = self._encode(texts)
            for batch, made in self._batches(encoded):
                whole[batch] = made[0]
                for tokens, index in zip(made[1], batch, strict=True):
                    self._pool(tokens, encoded[index].offsets, parts[index], into=found[index])
        beyond = [(index, at) for index, rows in enumerate(found) for at in np.flatnonzero(~rows.any(axis=1)).tolist()]
        if beyond:
            spans = [parts[index][at] for index, at in beyond]
            cut = [texts[index][span.start : span.end] for (index, _), span in zip(beyond, spans, strict=True)]
            for (index, at), row in zip(beyond, self.embed_documents(cut), strict=True):
                found[index][at] = row
        whole = unit_rows(whole)
        return [PartedVectors(whole=row, parts=unit_rows(rows)) for row, rows in zip(whole, found, strict=True)]

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Embed a question."""
        with self._lock:
            return self._embed_one(text).copy()

    def _embed_anew(self, text: str) -> NDArray[np.float32]:
        rows = self._run([self._cutting.encode(self.manifest.query_prefix + text).ids])[0]
        return np.asarray(unit_rows(rows)[0], dtype=np.float32)

    def _encode(self, texts: Sequence[str]) -> list[Encoding]:
        return self._cutting.encode_batch([self.manifest.document_prefix + text for text in texts])

    def _batches(self, encoded: Sequence[Encoding]) -> Iterator[tuple[list[int], Sequence[NDArray[np.float32]]]]:
        """Run texts in batches of like length: which they are, and what the model makes of them."""
        order = sorted(range(len(encoded)), key=lambda index: (len(encoded[index].ids), index))
        for first in range(0, len(order), self._batch):
            part = order[first : first + self._batch]
            yield part, self._run([encoded[index].ids for index in part])

    def _pool(
        self,
        tokens: NDArray[np.float32],
        offsets: Sequence[tuple[int, int]],
        parts: Sequence[Span],
        *,
        into: NDArray[np.float32],
    ) -> None:
        """Sum the tokens that begin within each part; a row of zeros stays where none does."""
        begins = np.array([start if end > start else -1 for start, end in offsets]) - len(self.manifest.document_prefix)
        for row, part in enumerate(parts):
            inside = np.flatnonzero((begins >= part.start) & (begins < part.end))
            into[row] = tokens[inside].sum(axis=0)

    def _run(self, ids: Sequence[Sequence[int]]) -> Sequence[NDArray[np.float32]]:
        longest = max(map(len, ids))
        length = min(-(-longest // _LENGTH_STEP) * _LENGTH_STEP, max(longest, self.max_tokens))
        tokens = np.full((len(ids), length), self.manifest.pad_id, dtype=np.int64)
        mask = np.zeros((len(ids), length), dtype=np.int64)
        for row, sequence in enumerate(ids):
            tokens[row, : len(sequence)] = sequence
            mask[row, : len(sequence)] = 1
        given = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)}
        return self._infer({name: given[name] for name in self.manifest.inputs})
