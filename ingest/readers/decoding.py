"""From bytes to characters, for the formats that are text."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from ingest.verdicts import Code, Refusal

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
MOST_CONTROL = 0.02
"""Share of control characters above which decoded bytes are taken for binary data."""
_TEXT_CONTROLS = frozenset("\t\n\r\x0b\x0c\x1a\x1b\x85")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text with what a person should know about its decoding."""

    text: str
    notices: tuple[str, ...] = ()


def decode(data: bytes, *, declared: str | None = None) -> Decoded:
    """Decode by byte order mark, else as UTF-8, else as declared, else by what the bytes look like.

    Args:
        data: The bytes.
        declared: An encoding that the file itself names, tried when it is not UTF-8.

    Returns:
        The text, with a notice where the encoding was a guess.

    Raises:
        Refusal: If the bytes are binary data, or in no encoding that can be told.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _marked(data[len(mark) :], encoding)
    try:
        return _textual(Decoded(data.decode("utf-8")))
    except UnicodeDecodeError:
        pass
    if (guess := _utf16(data)) is not None:
        return _textual(guess)
    for candidate in (declared, "shift_jis" if _looks_japanese(data) else None, "cp1252"):
        if (decoded := _try(data, candidate)) is not None:
            return _textual(decoded)
    return _textual(Decoded(data.decode("latin-1"), ("Not UTF-8: read as Latin-1.",)))


def _marked(data: bytes, encoding: str) -> Decoded:
    text = data.decode(encoding, errors="replace")
    if text.count("\ufffd") > max(2, len(text) // 100):
        raise Refusal(Code.BAD_ENCODING, f"marked as {encoding} but not in it")
    return _textual(Decoded(text))


def _try(data: bytes, encoding: str | None) -> Decoded | None:
    try:
        if encoding is None or not codecs.lookup(encoding)._is_text_encoding:
            return None
        return Decoded(data.decode(encoding), (f"Not UTF-8: read as {encoding}.",))
    except (LookupError, UnicodeError, ValueError):
        return None


def _utf16(data: bytes) -> Decoded | None:
    """Read UTF-16 without a mark: half of the bytes of western text are zero, all on the same side."""
    if len(data) < 4 or len(data) % 2:
        return None
    even, odd = data[::2].count(0), data[1::2].count(0)
    half = len(data) // 2
    if odd > 0.4 * half and even < 0.05 * half:
        return _try(data, "utf-16-le")
    if even > 0.4 * half and odd < 0.05 * half:
        return _try(data, "utf-16-be")
    return None


def _looks_japanese(data: bytes) -> bool:
    """Tell Shift-JIS: it decodes strictly and most of what is not ASCII is kana, kanji or their punctuation."""
    try:
        wide = [char for char in data.decode("shift_jis") if ord(char) > 0x7F]
    except UnicodeDecodeError:
        return False
    japanese = sum("\u3000" <= char <= "\u30ff" or "\u4e00" <= char <= "\u9fff" for char in wide)
    return len(wide) >= 2 and japanese > 0.9 * len(wide) and any("\u3040" <= char <= "\u30ff" for char in wide)


def _textual(decoded: Decoded) -> Decoded:
    text = decoded.text
    controls = sum(1 for char in text if (char < " " or "\x7f" <= char <= "\x9f") and char not in _TEXT_CONTROLS)
    if controls > max(MOST_CONTROL * len(text), 0 if len(text) < 2 else 1):
        raise Refusal(Code.BINARY)
    return decoded
