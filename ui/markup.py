"""Text into HTML that can only be text.

Everything that a document, a file name or a person wrote goes through `escape`. The page's components read
Markdown as well as HTML, so besides the characters of HTML every line break is written as a character reference:
a fragment without a line break is one block of HTML, in which Markdown means nothing.
"""

from __future__ import annotations

import html

_CONTROLS = (*range(0x20), *range(0x7F, 0xA0))
_REFERENCES = {code: f"&#{code};" for code in (0x09, 0x0A)}
_PICTURES = {code: chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else "\ufffd" for code in _CONTROLS}
_LINE_ENDS = {code: f"&#{code};" for code in (0x85, 0x2028, 0x2029)}
_TRANSLATION = {**_PICTURES, **_LINE_ENDS, **_REFERENCES}


def escape(text: str) -> str:
    """Write text so that a browser shows it and does nothing else with it.

    Args:
        text: Anything.

    Returns:
        HTML without a line break. A browser shows the same characters, controls as their pictures.
    """
    return html.escape(text, quote=True).translate(_TRANSLATION)


def element(tag: str, content: str, *, classes: str = "", attributes: str = "") -> str:
    """Write an element.

    Args:
        tag: Its name.
        content: HTML that is escaped already.
        classes: Words of the program's own.
        attributes: Further attributes of the program's own, as HTML.

    Returns:
        The element as HTML.
    """
    opening = f' class="{classes}"' if classes else ""
    return f"<{tag}{opening}{f' {attributes}' if attributes else ''}>{content}</{tag}>"


def text(tag: str, content: str, *, classes: str = "") -> str:
    """Write an element that holds nothing but text.

    Args:
        tag: Its name.
        content: Anything; it is escaped here.
        classes: Words of the program's own.

    Returns:
        The element as HTML.
    """
    return element(tag, escape(content), classes=classes)


def unseen(content: str) -> str:
    """Write text that only a screen reader speaks."""
    return text("span", content, classes="unseen")
