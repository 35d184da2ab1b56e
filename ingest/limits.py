"""What reading one file may take, checked before and while it is parsed."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of reading one file; the defaults are those of the settings."""

    timeout_seconds: float = 25.0
    """Of wall time, and of processor time."""
    memory_mib: int = 576
    """Address space of the process that parses. The resident memory stays about 80 MiB below it."""
    unpacked_mib: int = 200
    """Of all entries of an archive together."""
    archive_ratio: int = 100
    """Bytes unpacked for one packed."""
    archive_entries: int = 2_000
    pages: int = 5_000

    @classmethod
    def from_settings(cls, settings: Settings) -> Limits:
        """Take the limits that a person configured."""
        return cls(
            timeout_seconds=settings.parse_timeout_seconds,
            memory_mib=settings.parse_memory_mib,
            unpacked_mib=settings.max_unpacked_mib,
            archive_ratio=settings.max_archive_ratio,
            archive_entries=settings.max_archive_entries,
            pages=settings.max_pages,
        )


DEFAULT_LIMITS = Limits()
