"""What parent and child say to each other: length-prefixed JSON, checked on arrival.

Nothing is unpickled: a parser that was taken over must not own the parent.
"""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO, cast

from assistant.types import Block, BlockKind, Page
from ingest.parsed import Facts, ParsedText

LONGEST_TEXT = 20_000_000
"""Characters of a document's text."""
LONGEST_MESSAGE = 512 * 1024 * 1024
_LENGTH = struct.Struct(">I")


class WireError(ValueError):
    """A message that no honest child sends."""


def send(stream: BinaryIO, header: dict[str, Any], payload: bytes = b"") -> None:
    """Write a message.

    Args:
        stream: A pipe.
        header: Anything that JSON can hold.
        payload: Raw bytes that follow the header.

    Raises:
        OSError: If the other side is gone.
    """
    encoded = json.dumps(header, ensure_ascii=True).encode("ascii")
    stream.write(_LENGTH.pack(len(encoded)) + _LENGTH.pack(len(payload)) + encoded)
    stream.write(payload)
    stream.flush()


def receive(stream: BinaryIO) -> tuple[dict[str, Any], bytes]:
    """Read a message.

    Args:
        stream: A pipe.

    Returns:
        Its header and its payload.

    Raises:
        EOFError: If the other side is gone.
        WireError: If it is no message.
    """
    lengths = _exactly(stream, 2 * _LENGTH.size)
    size, extra = (_LENGTH.unpack_from(lengths, at)[0] for at in (0, _LENGTH.size))
    if size + extra > LONGEST_MESSAGE:
        raise WireError(f"a message of {size + extra} bytes")
    try:
        header = json.loads(_exactly(stream, size))
    except (ValueError, RecursionError) as error:
        raise WireError("not JSON") from error
    if not isinstance(header, dict):
        raise WireError("not an object")
    return header, _exactly(stream, extra)


def encode_parsed(parsed: ParsedText) -> dict[str, Any]:
    """Turn a parsed text into what JSON can hold."""
    facts = parsed.facts
    return {
        "text": parsed.text,
        "title": facts.title,
        "authors": facts.authors,
        "date": facts.date,
        "language": facts.language,
        "tags": facts.tags,
        "pages": [(page.start, page.end) for page in parsed.pages],
        "blocks": [(block.start, block.end, block.kind.value, block.level) for block in parsed.blocks],
        "notices": parsed.notices,
    }


def decode_parsed(message: dict[str, Any]) -> ParsedText:
    """Check a child's result and turn it into a parsed text.

    Args:
        message: As `encode_parsed` made it, or as somebody forged it.

    Returns:
        The parsed text, its spans in order and within the text.

    Raises:
        WireError: If anything is not as it must be.
    """
    try:
        text = _text(message["text"])
        parsed = ParsedText(
            text=text,
            facts=Facts(
                title=_optional(message["title"]),
                authors=_texts(message["authors"]),
                date=_optional(message["date"]),
                language=_optional(message["language"]),
                tags=_texts(message["tags"]),
            ),
            pages=tuple(
                Page(start=int(start), end=int(end), number=number)
                for number, (start, end) in enumerate(message["pages"], 1)
            ),
            blocks=tuple(
                Block(start=int(start), end=int(end), kind=BlockKind(kind), level=int(level))
                for start, end, kind, level in message["blocks"]
            ),
            notices=_texts(message["notices"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise WireError(f"not a parsed text: {error}") from error
    _check_spans(parsed)
    return parsed


def _check_spans(parsed: ParsedText) -> None:
    at = 0
    for block in parsed.blocks:
        if block.start < at or block.end > len(parsed.text):
            raise WireError("blocks out of order")
        at = block.end
    at = 0
    for page in parsed.pages:
        if page.start != at:
            raise WireError("pages with gaps")
        at = page.end
    if parsed.pages and at != len(parsed.text):
        raise WireError("pages that don't cover the text")


def _exactly(stream: BinaryIO, size: int) -> bytes:
    parts: list[bytes] = []
    left = size
    while left:
        part = stream.read(left)
        if not part:
            raise EOFError
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise TypeError("not a text of usable length")
    value.encode("utf-8")
    return value


def _optional(value: object) -> str | None:
    return None if value is None else _text(value)[:1000]


def _texts(value: object) -> tuple[str, ...]:
    return tuple(_text(part)[:1000] for part in cast("list[object]", value))
