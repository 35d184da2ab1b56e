"""What the head of an HTML page says about it."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

from ingest.dates import iso_date
from ingest.facts import listed
from ingest.parsed import Facts

_DATES = (
    "date",
    "article:published_time",
    "dc.date",
    "dcterms.date",
    "dcterms.created",
    "datepublished",
    "publish-date",
    "article:modified_time",
)


def facts_of_head(tree: LexborHTMLParser) -> Facts:
    """Read the title, the language and the meta elements of a page.

    Args:
        tree: The parsed page.

    Returns:
        What they say.
    """
    meta: dict[str, str] = {}
    for node in tree.css("meta"):
        key = node.attributes.get("name") or node.attributes.get("property") or node.attributes.get("itemprop")
        content = node.attributes.get("content")
        if key and content:
            meta.setdefault(key.strip().lower(), content.strip())
    title = tree.css_first("title")
    root = tree.css_first("html")
    language = (root.attributes.get("lang") or "") if root is not None else ""
    return Facts(
        title=(" ".join(title.text().split())[:300] if title is not None else "") or None,
        authors=listed(meta.get("author") or meta.get("article:author")),
        date=next((found for key in _DATES if (found := iso_date(meta.get(key, "")))), None),
        language=language[:2].lower() if re.match(r"^[A-Za-z]{2}(-|$)", language) else None,
        tags=listed(meta.get("keywords")),
    )
