"""Which characters reach the normalised text.

Characters stay as they are (no NFC), with four exceptions: line ends become line feeds, kinds of space become
spaces, control characters go, and invisible characters go (they can hide words from the reader or from the search).
"""

from __future__ import annotations

import re

_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]")
_INVISIBLE = re.compile(
    "["
    "\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f"  # control
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufe00-\ufe0f\ufff0-\ufffb\ufffe\uffff"  # variation selectors, specials
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # controls of hieroglyphs, shorthand, music
    "\U000e0000-\U000e0fff"  # tags, variation selectors
    "]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACES = re.compile("[\t\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_WHITE = re.compile(r"[ \n]+")
_MARKS = re.compile("([\u0300-\u036f]{4})[\u0300-\u036f]+")


def verbatim(text: str) -> str:
    """Clean characters and keep the layout.

    Args:
        text: Any text, lone surrogates included.

    Returns:
        The text with line feeds for line ends, without control and invisible characters; tabs become four spaces.
    """
    text = _LINE_ENDS.sub("\n", text)
    text = _INVISIBLE.sub("", text.replace("\t", "    "))
    text = _SURROGATE.sub("\ufffd", text)
    return _MARKS.sub(r"\1", _SPACES.sub(" ", text))


def inline(text: str) -> str:
    """Clean characters and fold every run of white space into one space.

    Args:
        text: Any text.

    Returns:
        The text on one line; a space at either end is kept, so that stretches can be joined.
    """
    return _WHITE.sub(" ", verbatim(text.replace("\t", " ")))
