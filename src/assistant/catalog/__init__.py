"""The truth: documents, spans, embeddings and the journal in one SQLite database."""

from assistant.catalog.catalog import Catalog
from assistant.catalog.records import (
    CatalogChange,
    FileRecord,
    IndexedContent,
    IndexMark,
    IndexState,
    PathEntry,
    Placement,
    ProblemEntry,
    RunRecord,
    SealedContent,
    SourceKind,
    SourceRecord,
    StoredSentence,
    VectorTable,
)
from assistant.catalog.sections import sections_of

__all__ = [
    "Catalog",
    "CatalogChange",
    "FileRecord",
    "IndexMark",
    "IndexState",
    "IndexedContent",
    "PathEntry",
    "Placement",
    "ProblemEntry",
    "RunRecord",
    "SealedContent",
    "SourceKind",
    "SourceRecord",
    "StoredSentence",
    "VectorTable",
    "sections_of",
]
