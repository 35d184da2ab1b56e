"""The stored corpus: the catalog with the vector index derived from it."""

from assistant.indexing.index import Index
from assistant.indexing.opening import build_fingerprint, open_index, remove_document
from assistant.indexing.store import OpenVectors, Repair

__all__ = ["Index", "OpenVectors", "Repair", "build_fingerprint", "open_index", "remove_document"]
