"""Lists in an answer, found by form alone: numbered items, bullets, "A, B and C", one sentence an item."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.phrases import AUXILIARIES, FUNCTION_WORDS, PREPOSITIONS, find_names, sentences, words
from assistant.terms import fold

_LONGEST_ITEM = 8
"""Words of an item that is taken whole."""
_RELATIVE = re.compile(r"(?:which|who|whose|where|that|besides|so|but|yet|although|because|as)\b", re.IGNORECASE)
_LEADS_UP = re.compile(r"\b(?:consists? of|comprises?|includes?|such as|namely)\s+")


@dataclass(frozen=True, slots=True)
class Listing:
    """Several things that a text lists."""

    items: tuple[str, ...]
    """What each begins with, at least two."""
    said: str
    """The sentence, or the whole text, that lists them."""


def find_listings(text: str) -> list[Listing]:
    """Find the lists of a text.

    Args:
        text: An answer.

    Returns:
        Those that are laid out as lists first, then those within sentences, last the subjects of its sentences.
    """
    found = [Listing(tuple(items), said) for items, said in _listed(text.strip()) if len(items) > 1]
    return [listing for listing in found if all(len(item.split()) <= _LONGEST_ITEM for item in listing.items)]


def _listed(text: str) -> Iterator[tuple[list[str], str]]:
    yield _heads(re.split(r"(?:^|\s)\(?\d{1,2}[.)]\s+", text)[1:]), text
    yield _heads(re.split(r"(?:^|\n)\s*[-*•]\s+", text)[1:]), text
    yield _between_semicolons(text), text
    parts = sentences(text)
    for sentence in parts:
        yield _coordinated(sentence.partition(": ")[2] or sentence), sentence
    subjects = [subject for sentence in parts if (subject := _subject(sentence, within=text))]
    yield list(dict.fromkeys(subjects)), text


def _subject(sentence: str, *, within: str) -> str | None:
    clause = re.sub(r"^(?:The|A|An)\s+", "", sentence.partition(": ")[2] or sentence)
    names = find_names(clause, joined=True, within=within)
    return names[0].text if names and names[0].start == 0 else None


def _between_semicolons(text: str) -> list[str]:
    items = re.split(r";\s*", text.partition(": ")[2] or text)
    heads = _heads(items)
    return heads if not any(word in AUXILIARIES for head in heads for word in head.split()) else []


def _heads(items: list[str]) -> list[str]:
    cut = (re.split(r",\s|\.(?:\s|$)|\s\|\s|;\s*$", item.strip(" -*•"))[0].strip() for item in items)
    return [re.sub(r"^and\s+", "", item) for item in cut if item]


def _coordinated(sentence: str) -> list[str]:
    """Split "A, B and C" into its items; what leads up to the first and what follows the last is cut off."""
    sentence = _LEADS_UP.split(sentence.strip().rstrip(".;"))[-1]
    if not re.search(r"\s(?:and|or)\s", sentence):
        return []
    parts = [part.strip() for part in re.split(r",\s+(?:and|or)\s+|,\s+|\s+(?:and|or)\s+", sentence)]
    parts = [part for part in parts if part and not _RELATIVE.match(part)]
    ends = next((i for i, part in enumerate(parts[1:], start=1) if _has_verb(part)), len(parts) - 1)
    parts = parts[: ends + 1]
    if len(parts) < 2 or any(_leads_with_verb(part) for part in parts[1:]):
        return []
    names = [find_names(part, joined=True) for part in parts]
    if all(names):
        return [_first(parts[0], names[0][-1].text), *parts[1:-1], _last(parts[-1], names[-1][0].text)]
    return parts if not any(_has_verb(part) for part in parts) else []


def _first(part: str, name: str) -> str:
    opens = fold(part.split()[0])
    return name if _has_verb(part) or (opens in FUNCTION_WORDS and opens != "the") else part


def _last(part: str, name: str) -> str:
    return name if _has_verb(part) else part


def _leads_with_verb(part: str) -> bool:
    first = part.split()[0]
    return fold(first) in AUXILIARIES or (first.islower() and first.endswith("ed"))


def _has_verb(part: str) -> bool:
    spoken = [fold(word.text) for word in words(part)]
    lower = [word for word in words(part) if word.text.islower() and fold(word.text) not in PREPOSITIONS]
    endings = any(re.search(r"(?:ed|es|made|sent|took|brought|came|met|lead|led)$", word.text) for word in lower)
    return any(word in AUXILIARIES for word in spoken) or endings
