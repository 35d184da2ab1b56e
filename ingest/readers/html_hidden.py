"""Which elements of an HTML page hide their text, as far as they say so themselves.

Style sheets are not applied: what they hide, a script often shows on a click, and it would be lost.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

_INVISIBLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(hidden|collapse)|(?<![-\w])opacity\s*:\s*0*\.?0*\s*(;|$|!)"
    r"|font-size\s*:\s*0*\.?0*\s*(px|pt|em|rem|%)?\s*(;|$|!)"
    r"|(?<![-\w])(left|top|right|bottom|text-indent|margin-left|margin-top)\s*:\s*-\d{4,}(\.\d+)?\s*(px|pt|em|rem)?",
    re.IGNORECASE,
)
_WHITE = re.compile(
    r"(?<![-\w])color\s*:\s*(white|#fff(?:fff)?|rgba?\(\s*255\s*,\s*255\s*,\s*255\b[^)]*\)|transparent)\s*(;|$|!)",
    re.IGNORECASE,
)
_BACKGROUND = re.compile(r"background|class\s*=", re.IGNORECASE)


def hides(node: LexborNode) -> bool:
    """Tell whether an element hides what it holds.

    Args:
        node: An element.

    Returns:
        True for one that is not displayed, has no size, stands outside of the window, or is white where neither it
        nor what it stands in can have a background.
    """
    attributes = node.attributes
    style = attributes.get("style") or ""
    if "hidden" in attributes or (style and _INVISIBLE.search(style)):
        return True
    return bool(style and _WHITE.search(style)) and not _may_have_background(node)


def _may_have_background(node: LexborNode | None) -> bool:
    """Look for a background, or for a class that may give one, from an element up to the page."""
    while node is not None:
        attributes = node.attributes
        if any(name in attributes for name in ("bgcolor", "background", "class", "id")):
            return True
        if _BACKGROUND.search(attributes.get("style") or ""):
            return True
        node = node.parent
    return False
