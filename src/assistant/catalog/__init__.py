"""The truth: documents, spans, embeddings and the journal in one SQLite database."""

from assistant.catalog.catalog import Catalog
from assistant.catalog.database import CATALOG_FILE, remove_catalog
from assistant.catalog.records import (
    DAMAGED_CODE,
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
    "CATALOG_FILE",
    "DAMAGED_CODE",
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
    "remove_catalog",
    "sections_of",
]
