"""From files to the catalog: read, chunk, embed, sync.

`sync`, `add_uploads` and `add_texts` are loaded when they are first asked for: the command line and the parsers'
child processes import this package and need none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ingest.rebuilding import rebuild
    from ingest.reports import Duplicate, Move, Notice, Progress, Stage, SyncReport
    from ingest.run import retry_problems, sync
    from ingest.texts import add_texts, document_from_text
    from ingest.uploads import add_uploads
    from ingest.verdicts import Code, Verdict

__all__ = [
    "Code",
    "Duplicate",
    "Move",
    "Notice",
    "Progress",
    "Stage",
    "SyncReport",
    "Verdict",
    "add_texts",
    "add_uploads",
    "document_from_text",
    "rebuild",
    "retry_problems",
    "sync",
]
_HOMES = {
    "sync": "ingest.run",
    "rebuild": "ingest.rebuilding",
    "retry_problems": "ingest.run",
    "add_texts": "ingest.texts",
    "document_from_text": "ingest.texts",
    "add_uploads": "ingest.uploads",
    "Duplicate": "ingest.reports",
    "Move": "ingest.reports",
    "Notice": "ingest.reports",
    "Progress": "ingest.reports",
    "Stage": "ingest.reports",
    "SyncReport": "ingest.reports",
    "Code": "ingest.verdicts",
    "Verdict": "ingest.verdicts",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
