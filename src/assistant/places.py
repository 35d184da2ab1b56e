"""How a source and a nearest passage are described to a person, at a terminal and on the page alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from assistant.types import Citation, Passage

SECTION_SEPARATOR = " › "
SNIPPET = 240
"""Characters of a nearest passage that are shown under an abstention."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in its document a passage or a quotation stands."""

    page: int | None
    """From 1; None where the format has no pages."""
    section: str | None
    """Headings from the outermost; None before the first one."""

    @classmethod
    def of(cls, found: Citation | Passage) -> Self:
        """Say where something stands; a document's title is not said again as its first heading."""
        inside = found if isinstance(found, Citation) else found.chunk
        section = inside.section[1:] if inside.section[:1] == (found.title,) else inside.section
        return cls(page=inside.page, section=SECTION_SEPARATOR.join(section) or None)

    @property
    def parts(self) -> tuple[str, ...]:
        """What is known of it, in the order it is said."""
        return tuple(part for part in (self.page and f"page {self.page}", self.section) if part)


def snippet_of(passage: Passage) -> str:
    """Give the beginning of a nearest passage on one line, cut at a word; as plain text."""
    flat = " ".join(passage.chunk.text.split())
    if len(flat) <= SNIPPET:
        return flat
    kept, _, _ = flat[:SNIPPET].rpartition(" ")
    return f"{kept or flat[:SNIPPET]} …"
