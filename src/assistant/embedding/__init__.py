"""Texts to unit vectors: one exported model for documents and for questions.

sentence-transformers loads any model, once; `export` traces it and checks the result, in a process of its own;
`runtime` runs what was
exported. A question therefore never imports torch.
"""

from assistant.embedding.opening import ExportStopped, describe_embedder, describe_runtime, open_embedder
from assistant.embedding.runtime import Embedder, PartedVectors, embed_apart
from assistant.embedding.source import find_model, packaged_folder

__all__ = [
    "Embedder",
    "ExportStopped",
    "PartedVectors",
    "describe_embedder",
    "describe_runtime",
    "embed_apart",
    "find_model",
    "open_embedder",
    "packaged_folder",
]
