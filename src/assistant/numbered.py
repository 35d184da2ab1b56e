"""Names that end in a number: "Chang'e 5", "Long March 5B", "Resolution 77/41", "Article VIII" each name one thing."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

from assistant.terms import STOP_WORDS, fold

_NUMBERED = re.compile(r"\b([A-Z][\w'’]*)(?:[ \u00a0-]|\s)(\d[\w/.\-]*|[IVXLC]{1,7}(?!\w))")
_NO_NAMES = frozenset(
    (
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "page",
        "pages",
        "table",
        "figure",
    )
)
"""Words before a number that make a date or a place in a text, and no name."""


def numbered_names(text: str) -> Mapping[str, frozenset[str]]:
    """Find the names that end in a number.

    Args:
        text: A question, a heading or a sentence.

    Returns:
        The word before the number, folded, to the numbers that stand with it.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for match in _NUMBERED.finditer(text):
        word = fold(match[1]).replace("’", "'")
        named = re.search(r"[A-Z][\w'’]*[ -]$", text[: match.start()]) is not None  # "Long March 5", not "in March 5"
        if (named or word not in _NO_NAMES) and word not in STOP_WORDS:
            found[word].add(match[2].rstrip(".-/").casefold())
    return {word: frozenset(numbers) for word, numbers in found.items()}


def is_about_a_rival(question: str, text: str, *, heading: str) -> bool:
    """Tell whether a sentence speaks of Chang'e 6 where Chang'e 5 is asked for.

    Args:
        question: What is asked.
        text: The sentence.
        heading: That of its section, which decides where the sentence has none of the names.
    """
    wanted = numbered_names(question)
    for said in (text, heading) if wanted else ():
        there = numbered_names(said)
        known = [word for word in wanted if word in there]
        if known:
            return not any(wanted[word] & there[word] for word in known)
    return False
