"""What may be a tag of a document."""

from __future__ import annotations

LONGEST_TAG = 100
"""Characters."""


def is_tag(text: str) -> bool:
    """Tell whether a text may be a tag: printable, not empty, not too long, no white space around it."""
    return 0 < len(text) <= LONGEST_TAG and text.isprintable() and text == text.strip()
