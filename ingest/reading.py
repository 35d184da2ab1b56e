"""From any file's bytes to its parsed text: the right reader, the language, and no empty successes."""

from __future__ import annotations

import unicodedata
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from ingest.facts import listed, merged
from ingest.filetypes import FileType, detect
from ingest.limits import DEFAULT_LIMITS, Limits
from ingest.normalise import inline
from ingest.parsed import Facts, ParsedText
from ingest.readers import docx, html, markdown, pdf, plain
from ingest.readers.language import detect_language
from ingest.verdicts import Code, Refusal
from ingest.wire import LONGEST_TEXT

READERS: dict[FileType, Callable[..., ParsedText]] = {
    FileType.MARKDOWN: markdown.read,
    FileType.PLAIN: plain.read,
    FileType.HTML: html.read,
    FileType.DOCX: docx.read,
    FileType.PDF: pdf.read,
}
LONGEST_TITLE = 60
"""Characters of a title that is made of a text's first words."""
GARBLED = 0.1
"""Share of characters that stand for none known, above which a text is not worth indexing."""
_UNKNOWN = frozenset(("Co", "Cn"))
"""Unicode's categories of private and of unassigned characters, as fonts without a map give them."""


def read_any(data: bytes, *, name: str, limits: Limits = DEFAULT_LIMITS) -> ParsedText:
    """Read a file of any known type.

    Args:
        data: The file's bytes.
        name: Its name; a hint of its type.
        limits: What it may take.

    Returns:
        Its text, with a title and, where it can be told, a language.

    Raises:
        Refusal: With the code that says why it can't be indexed.
    """
    parsed = READERS[detect(data, name=name)](data, limits=limits)
    if not any(char.isalnum() for char in parsed.text):
        raise Refusal(Code.NO_TEXT)
    if len(parsed.text) > LONGEST_TEXT:
        raise Refusal(Code.TOO_MUCH_TEXT)
    if _is_garbled(parsed.text):
        raise Refusal(Code.BAD_ENCODING)
    language = detect_language(parsed.text)
    facts = merged(Facts(language=language), _cleaned(parsed.facts), Facts(title=_opening_words(parsed)))
    return replace(parsed, facts=facts)


def _cleaned(facts: Facts) -> Facts:
    """Take invisible characters out of what a file says about itself, as out of its text."""
    return replace(
        facts,
        title=inline(facts.title or "").strip() or None,
        authors=listed([inline(name) for name in facts.authors]),
        tags=listed([inline(tag) for tag in facts.tags]),
    )


def _is_garbled(text: str) -> bool:
    """Tell whether too many characters are replaced, private or unassigned; each different one is looked up once."""
    count = Counter(text)
    unknown = sum(n for char, n in count.items() if char == "\ufffd" or unicodedata.category(char) in _UNKNOWN)
    return unknown > GARBLED * (len(text) - count[" "] - count["\n"])


def _opening_words(parsed: ParsedText) -> str:
    """Title a text that names none by its first words: they move with the content, as a file's name does not."""
    first = next((b for b in parsed.blocks if any(c.isalnum() for c in parsed.text[b.start : b.end])), None)
    words = parsed.text[first.start : first.end].split() if first else parsed.text.split()
    title = ""
    for word in words:
        if title and len(title) + 1 + len(word) > LONGEST_TITLE:
            return f"{title} …"
        title = f"{title} {word}".strip()[:LONGEST_TITLE]
    return title


def read_or_refuse(data: bytes, *, name: str, limits: Limits = DEFAULT_LIMITS) -> ParsedText | Refusal:
    """Read a file, turning whatever a parser throws at us into a refusal.

    Args:
        data: The file's bytes.
        name: Its name.
        limits: What it may take.

    Returns:
        Its text, or why there is none.
    """
    try:
        return read_any(data, name=name, limits=limits)
    except Refusal as refusal:
        return refusal
    except MemoryError:
        return Refusal(Code.OUT_OF_MEMORY)
    except (RecursionError, zlib.error) as error:
        return Refusal(Code.DAMAGED, type(error).__name__)
    except Exception as error:  # noqa: BLE001 - a parser may raise anything on a broken file
        return Refusal(Code.PARSER_FAILED, type(error).__name__)
