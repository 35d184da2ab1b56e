"""What reading documents needs and takes seconds to start: the embedding model and the parsers' processes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType

from assistant.embedding import Embedder, ExportStopped, open_embedder
from assistant.settings import Settings
from ingest.isolation import ParserPool
from ingest.limits import Limits
from ingest.remembering import RememberingEmbedder


class Tools:
    """Each opened when it is first needed and kept until `close`, so that several runs may share them."""

    def __init__(self, settings: Settings, *, remember: bool = False) -> None:
        """Open nothing yet.

        Args:
            settings: Name the model and the limits of the parsers.
            remember: Whether to remember how texts are cut into tokens: some 50 MB that make the next run over an
                edited document faster.
        """
        self.settings, self._remember = settings, remember
        self._lock = threading.Lock()
        self._embedder: Embedder | None = None
        self._pool: ParserPool | None = None
        self._workers = 0

    def __enter__(self) -> Tools:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def embedder(self, *, stopped: Callable[[], bool]) -> Embedder:
        """Give the embedder that the settings name.

        Args:
            stopped: Asked now and then while its model is exported; once true, that is given up.

        Raises:
            ExportStopped: If `stopped` said so.
            ModelError: If it can't be opened.
        """
        with self._lock:
            if self._embedder is None:
                opened = open_embedder(self.settings, stopped=stopped)
                self._embedder = RememberingEmbedder(opened) if self._remember else opened
            return self._embedder

    def pool(self, *, workers: int) -> ParserPool:
        """Give the parsers, starting.

        Args:
            workers: How many at least.
        """
        if self._pool is None or self._workers < workers:
            self.close()
            self._pool = ParserPool(Limits.from_settings(self.settings), workers=workers)
            self._workers = workers
        self._pool.warm_up()
        return self._pool

    def warm_up(self, *, stopped: Callable[[], bool]) -> bool:
        """Open everything, so that the next document need not wait for it.

        Args:
            stopped: As for `embedder`.

        Returns:
            Whether it is open; false if `stopped` said so meanwhile.

        Raises:
            ModelError: If the model can't be opened.
        """
        self.pool(workers=1)
        try:
            self.embedder(stopped=stopped)
        except ExportStopped:
            return False
        return not stopped()

    def close(self) -> None:
        """End the parsers, also those at work."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()
