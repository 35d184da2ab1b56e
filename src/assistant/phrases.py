"""Phrases of an English sentence, found by form alone: names, dates, and the items of a list."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.terms import STOP_WORDS, fold, stem

_AUXILIARIES = """
    am is are was were be been do does did has have had can could will would shall should may might must isn't aren't
    wasn't weren't don't doesn't didn't hasn't haven't hadn't can't couldn't won't wouldn't
"""
AUXILIARIES = frozenset(_AUXILIARIES.split())
"""Verbs that a question is built with."""
_PREPOSITIONS = """
    in on by of to for from with at about since until after before during under between against within into without
    through over above below near per
"""
PREPOSITIONS = frozenset(_PREPOSITIONS.split())
FUNCTION_WORDS = STOP_WORDS | AUXILIARIES | PREPOSITIONS
"""Words that no thing is called by."""
_ASKING_VERBS = """
    tell explain describe compare define list name give show summarise summarize state mention identify spell write
    please find
"""
ASKING_VERBS = frozenset(_ASKING_VERBS.split())
"""Verbs by which something is asked for without a question word."""
_NO_NAMES = """
    two three four five six seven eight nine ten eleven twelve whoever whatever whichever none nobody everything
    everybody everyone
"""
_NEVER_NAMES = FUNCTION_WORDS | frozenset(_NO_NAMES.split())
"""Words that begin a sentence with a capital and name nothing."""
_DEMONYM = re.compile(r"(?:ese|ish|[rst]ian|ican|pean|rean|lian)$")
_WORD = re.compile(r"\d+(?:[.,]\d+)*\w*|\w+(?:[-/&]\w+)*(?:['’]\w+)*(?:-\w+)*")
_MONTHS = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun"
    r"|Jul|Aug|Sept?|Oct|Nov|Dec)"
)
_DATE = re.compile(
    rf"\b(?:\d{{1,2}}\s+{_MONTHS}(?:\s+\d{{4}})?|{_MONTHS}\s+\d{{1,2}}(?:,\s*\d{{4}})?|{_MONTHS}\s+\d{{4}}"
    rf"|(?:1[0-9]|20|21)\d\ds?|(?<=(?:in|by|of|to) ){_MONTHS})\b"
    r"|\b(?:in|by|since|until|before|after) (?:january|february|april|june|july|august|september|october|november"
    r"|december)\b"
)
_DATE_WORD = re.compile(_MONTHS)
_NUMERAL = re.compile(r"[IVX]+|[A-Z]")
_JOINS_NAME = re.compile(r"(?: of the | of | on the |[ ])")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A stretch of a text."""

    text: str
    start: int
    """Half-open characters, with `end`."""
    end: int

    @property
    def stems(self) -> frozenset[str]:
        """Stems of its words, without determiners and other stop words."""
        return frozenset(stem(word.text) for word in words(self.text) if fold(word.text) not in STOP_WORDS)


def words(text: str) -> list[Phrase]:
    """Find the words and numbers of a text, in order; a possessive ending is part of its word."""
    return [Phrase(match.group(), match.start(), match.end()) for match in _WORD.finditer(text)]


def find_dates(text: str) -> list[Phrase]:
    """Find dates, months with a year and years, in order."""
    return [
        Phrase(match.group(), match.start(), match.end())
        for match in _DATE.finditer(text)
        if not (match.group().isdigit() and _numbers_a_name(text[: match.start()]))
    ]


def _numbers_a_name(before: str) -> bool:
    """Whether a number of four digits belongs to the capitalised word before it and is no year."""
    led = re.search(r"(?<![\w'’-])([A-Z][\w'’-]*) $", before)
    return led is not None and fold(led[1]) not in PREPOSITIONS | STOP_WORDS and _DATE_WORD.fullmatch(led[1]) is None


def find_names(text: str, *, joined: bool = False) -> list[Phrase]:
    """Find names: runs of words that are written with a capital or hold a digit, dates left out.

    Args:
        text: A question or an answer.
        joined: Whether names linked by "of" are one ("Article II of the Treaty").

    Returns:
        In order. The first word of a sentence counts unless it is a common word; a possessive ending is left out.
    """
    dates = find_dates(text)
    found: list[Phrase] = []
    for word in words(text):
        if any(date.start <= word.start < date.end for date in dates):
            continue
        bare = re.sub(r"['’]s?$", "", word.text)
        if not _is_name(bare, text, word.start, continues=bool(found) and _touches(text, found[-1], word)):
            continue
        phrase = Phrase(bare, word.start, word.start + len(bare))
        if found and _belongs(text[found[-1].end : phrase.start], joined=joined):
            phrase = Phrase(text[found[-1].start : phrase.end], found[-1].start, phrase.end)
            found.pop()
        found.append(phrase)
    return found


def find_own_names(text: str) -> list[Phrase]:
    """Find the names of things, those of kinds ("European") left out."""
    return [name for name in find_names(text) if not is_kind(name.text)]


def is_kind(name: str) -> bool:
    """Tell whether a name is an adjective made from one: it tells a kind, not a thing."""
    return _DEMONYM.search(name) is not None


def _touches(text: str, before: Phrase, word: Phrase) -> bool:
    return text[before.end : word.start] in (" ", "-")


def _belongs(between: str, *, joined: bool) -> bool:
    return between in (" ", "-", " & ") or (joined and _JOINS_NAME.fullmatch(between) is not None)


def _is_name(word: str, text: str, start: int, *, continues: bool) -> bool:
    folded = fold(word)
    if continues and _NUMERAL.fullmatch(word):
        return True
    if word[0].isdigit():
        mixed = any(character.isalpha() for character in word) and re.fullmatch(r"\d+(?:st|nd|rd|th)", word) is None
        return mixed or continues
    if not any(character.isupper() for character in word):
        return False
    if sum(character.isupper() for character in word) > 1 and word.isalnum():
        return folded not in STOP_WORDS or folded in ("us", "it") or len(word) > 2
    if folded in _NEVER_NAMES:
        return False
    return bool(text[:start].strip()) or folded not in ASKING_VERBS


def list_items(text: str) -> list[str]:
    """Find the items of the first list in a text.

    Args:
        text: An answer: numbered items, items between semicolons or on lines, "A, B and C", or one sentence an item.

    Returns:
        What each item begins with, at least two; empty where nothing is listed.
    """
    numbered = re.split(r"(?:^|\s)\(?\d{1,2}[.)]\s+", text)
    if len(numbered) > 2:  # what stands before the first number, and two items
        return _heads(numbered[1:])
    after_colon = text.partition(": ")[2]
    for separated in (re.split(r"\n\s*(?:[-*•]\s*)?", text.strip()), re.split(r";\s*", after_colon or text)):
        if len(items := _heads(separated)) > 1:
            return items
    sentences = re.split(r"(?<=[.!?])\s+", text.strip())
    for sentence in sentences:
        tail = sentence.partition(": ")[2]
        if len(items := _coordinated(tail or sentence)) > 1:
            return items
    subjects = [found[0].text for sentence in sentences if (found := find_names(sentence)) and found[0].start == 0]
    return list(dict.fromkeys(subjects)) if len(set(subjects)) > 1 else []


def _heads(items: list[str]) -> list[str]:
    cut = (re.split(r",\s|\.(?:\s|$)|\s\|\s|;\s*$", item.strip(" -*•"))[0].strip() for item in items)
    return [re.sub(r"^and\s+", "", item) for item in cut if item]


def _coordinated(sentence: str) -> list[str]:
    """Split "A, B and C" into its items; what leads up to the first and what follows the last is cut off."""
    sentence = sentence.strip().rstrip(".")
    if not re.search(r"\s(?:and|or)\s", sentence):
        return []
    sentence = re.split(r"\b(?:consists? of|comprises?|includes?|such as|namely)\s+", sentence)[-1]
    parts = [part.strip() for part in re.split(r",\s+(?:and|or)\s+|,\s+|\s+(?:and|or)\s+", sentence)]
    parts = [part for part in parts if part and not _RELATIVE.match(part)]
    if len(parts) < 2 or any(_leads_with_verb(part) for part in parts[1:]):
        return []
    names = [find_names(part, joined=True) for part in parts]
    if all(names):
        first, last = names[0][-1].text, names[-1][0].text
        whole = [part if len(part.split()) <= _LONGEST_ITEM else found[0].text for part, found in
                 zip(parts[1:-1], names[1:-1], strict=True)]  # fmt: skip
        opens = fold(parts[0].split()[0])
        lead = first if _has_verb(parts[0]) or (opens in FUNCTION_WORDS and opens != "the") else parts[0]
        tail = last if _has_verb(parts[-1]) else parts[-1]
        return [lead, *whole, tail]
    short = all(len(part.split()) <= _LONGEST_ITEM and not _has_verb(part) for part in parts)
    return parts if short else []


_LONGEST_ITEM = 8
"""Words of an item that is taken whole."""
_RELATIVE = re.compile(r"(?:which|who|whose|where|that|besides|so|but|yet|although|because|as)\b", re.IGNORECASE)


def _leads_with_verb(part: str) -> bool:
    first = part.split()[0]
    return fold(first) in AUXILIARIES or (first.islower() and first.endswith("ed"))


def _has_verb(part: str) -> bool:
    spoken = [fold(word.text) for word in words(part)]
    lower = [word for word in words(part) if word.text.islower() and fold(word.text) not in PREPOSITIONS]
    endings = any(re.search(r"(?:ed|es|made|sent|took|brought|came|met|lead|led)$", word.text) for word in lower)
    return any(word in AUXILIARIES for word in spoken) or endings
