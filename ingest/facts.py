"""Header lines such as "Date: 12 May 2025" near the top of a text, and the merging of facts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.types import Block, BlockKind
from ingest.dates import iso_date
from ingest.parsed import Facts, TextBuilder

TOP_BLOCKS = 12
_FIELD = re.compile(
    r"^(title|date|published|last updated|authors?|tags|keywords)\s*(?::|\s\|)\s*(\S.{0,300})$", re.IGNORECASE
)
LABEL = re.compile(r"^[A-Z][\w /-]{0,40}:\s+\S")
"""A line such as "Kind of source: public records"."""
_LIST = re.compile(r"\s*[;,]\s*")


def facts_from_lines(builder: TextBuilder) -> Facts:
    """Read the header lines among a text's first blocks.

    Args:
        builder: The text so far; its first `TOP_BLOCKS` blocks are looked at.

    Returns:
        What they say; the title is the first heading where no line names one.
    """
    text = "".join(builder.parts[: TOP_BLOCKS * 8])
    facts = Facts(title=_first_heading(text, builder.blocks))
    for block in builder.blocks[:TOP_BLOCKS]:
        match = _FIELD.match(text[block.start : block.end]) if block.kind is not BlockKind.CODE else None
        if match:
            facts = _with_field(facts, match[1].lower(), match[2].strip())
    return facts


def merged(*sources: Facts) -> Facts:
    """Merge facts, the first source that knows something winning for each of them.

    Args:
        *sources: From the most to the least trusted.

    Returns:
        The merged facts.
    """
    result = Facts()
    for source in sources:
        result = Facts(
            title=result.title or source.title,
            authors=result.authors or source.authors,
            date=result.date or source.date,
            language=result.language or source.language,
            tags=result.tags or source.tags,
        )
    return result


def listed(value: object) -> tuple[str, ...]:
    """Read a list of names that may be written as one text.

    Args:
        value: A list, or text with commas or semicolons.

    Returns:
        The names in order, each once, without empty ones.
    """
    raw = [str(part) for part in value] if isinstance(value, list | tuple) else _LIST.split(str(value or ""))
    return tuple(dict.fromkeys(part.strip()[:200] for part in raw[:50] if part.strip()))


def _with_field(facts: Facts, name: str, value: str) -> Facts:
    if name == "title":
        return replace(facts, title=value)
    if name.startswith("author"):
        return replace(facts, authors=facts.authors or listed(value))
    if name in ("tags", "keywords"):
        return replace(facts, tags=facts.tags or listed(value))
    return replace(facts, date=facts.date or iso_date(value))


def _first_heading(text: str, blocks: Sequence[Block]) -> str | None:
    for block in blocks[:TOP_BLOCKS]:
        if block.kind is BlockKind.HEADING:
            return text[block.start : block.end][:300]
    return None
