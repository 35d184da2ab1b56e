"""Which language a text is in."""

from __future__ import annotations

import py3langid  # type: ignore[import-untyped]

SAMPLE = 4_000
"""Characters that are looked at."""
LEAST = 60
"""Letters below which a guess would be a lottery."""


def detect_language(text: str) -> str | None:
    """Detect a text's language from its beginning.

    Args:
        text: The normalised text.

    Returns:
        ISO 639-1; None for a text that is too short to tell.
    """
    sample = text[:SAMPLE]
    if sum(char.isalpha() for char in sample) < LEAST:
        return None
    return str(py3langid.classify(sample)[0])
