"""The documents and the assistant over them, opened when they are there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from assistant.errors import EmptyCorpus
from assistant.types import Answer, Citation, ConversationTurn, DocumentRecord, QuoteInContext


class Asked(Protocol):
    """What the page calls of `assistant.pipeline.Assistant`."""

    def ask(self, question: str, *, history: Sequence[ConversationTurn]) -> Answer:
        """Answer or abstain; the turns before are given oldest first."""

    def view_citation(self, citation: Citation) -> QuoteInContext:
        """Verify a citation and show it in its surroundings."""

    def close(self) -> None:
        """Let go of the files."""


class Catalogued(Protocol):
    """What the page calls of `assistant.catalog.Catalog`."""

    def documents(self) -> Sequence[DocumentRecord]:
        """List the documents, problems included."""

    def generation(self) -> int:
        """Count the changes of what is visible."""

    def close(self) -> None:
        """Let go of the database."""


class Library:
    """One per server. It opens the catalog and the assistant late, since there may be no document yet."""

    def __init__(self, *, open_assistant: Callable[[], Asked], open_catalog: Callable[[], Catalogued]) -> None:
        """Keep how to open the parts; nothing is opened yet.

        Args:
            open_assistant: Raises EmptyCorpus before the first document.
            open_catalog: The same, for reading.
        """
        self._open_assistant, self._open_catalog = open_assistant, open_catalog
        self._assistant: Asked | None = None
        self._catalog: Catalogued | None = None
        self._listed: tuple[int, tuple[DocumentRecord, ...]] | None = None
        self._assistant_lock, self._catalog_lock = threading.Lock(), threading.Lock()

    def assistant(self) -> Asked:
        """Give the assistant, opened at the first call that finds documents.

        Raises:
            AssistantError: If it can't be opened, such as EmptyCorpus.
        """
        with self._assistant_lock:
            if self._assistant is None:
                self._assistant = self._open_assistant()
            return self._assistant

    def generation(self) -> int | None:
        """Give the catalog's generation; None before the first document."""
        with self._catalog_lock:
            catalog = self._reader()
            return None if catalog is None else catalog.generation()

    def documents(self) -> tuple[DocumentRecord, ...]:
        """List the documents as they are now, also what another process ingested; empty before the first."""
        with self._catalog_lock:
            catalog = self._reader()
            if catalog is None:
                return ()
            generation = catalog.generation()
            if self._listed is None or self._listed[0] != generation:
                self._listed = (generation, tuple(catalog.documents()))
            return self._listed[1]

    def close(self) -> None:
        """Close what was opened."""
        with self._assistant_lock, self._catalog_lock:
            for part in (self._assistant, self._catalog):
                if part is not None:
                    part.close()
            self._assistant = self._catalog = None

    def _reader(self) -> Catalogued | None:
        if self._catalog is None:
            try:
                self._catalog = self._open_catalog()
            except EmptyCorpus:
                return None
        return self._catalog
