"""Digests that are stored with texts and spans, so that a change that was made by hand shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from assistant.types import Page, Section

_SEAL_BYTES = 8
"""Enough for accidents and for edits by hand; a person who means to deceive can write the seals anew."""


def seal_span(digest: str, *, start: int, end: int, text: str) -> bytes:
    """Seal a span of a content together with the text it holds.

    Args:
        digest: Of the content.
        start: First code point.
        end: Code point after the last.
        text: What the span holds.

    Returns:
        Eight bytes that are others if any of these is another.
    """
    sealed = f"{digest}\0{start}\0{end}\0{text}".encode()
    return hashlib.blake2b(sealed, digest_size=_SEAL_BYTES).digest()


def holds(text: str, *, digest: str, start: int, end: int, seal: bytes) -> bool:
    """Tell whether a span of a content's text is still the one that was sealed."""
    inside = 0 <= start <= end <= len(text)
    return inside and seal_span(digest, start=start, end=end, text=text[start:end]) == seal


def digest_of_text(text: str) -> str:
    """Hash a normalised text."""
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of_map(pages: Sequence[Page], sections: Sequence[Section]) -> str:
    """Hash where a content's pages and sections begin and end, and what they are called."""
    rows = [
        [(page.number, page.start, page.end) for page in pages],
        [(section.start, section.end, section.path) for section in sections],
    ]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()
