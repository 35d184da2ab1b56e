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


def find_names(text: str, *, joined: bool = False, within: str | None = None) -> list[Phrase]:
    """Find names: runs of words that are written with a capital or hold a digit, dates left out.

    Args:
        text: A question or an answer.
        joined: Whether names linked by "of" are one ("Article II of the Treaty").
        within: The text around it. A word that stands there without a capital is no name for opening a sentence.

    Returns:
        In order. The first word of a sentence counts unless it is a common word; a possessive ending is left out.
    """
    dates = find_dates(text)
    found: list[Phrase] = []
    for word in words(text):
        if any(date.start <= word.start < date.end for date in dates):
            continue
        bare = re.sub(r"['’]s?$", "", word.text)
        continues = bool(found) and _touches(text, found[-1], word)
        if not _is_name(bare, text, word.start, continues=continues, within=within or text):
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


def _is_name(word: str, text: str, start: int, *, continues: bool, within: str) -> bool:
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
    if start and text[:start].rstrip(' “"(')[-1:] not in (".", "!", "?", ":", "\n"):
        return True
    common = re.search(rf"\b{re.escape(word.lower())}\b", within) is not None
    return not common and (bool(text[:start].strip()) or folded not in ASKING_VERBS)


def sentences(text: str) -> list[str]:
    """Cut a text at its lines and after what ends a sentence."""
    return [part.strip() for part in re.split(r"(?<=[.!?;])\s+(?=[A-Z“\"(])|\n+", text) if part.strip()]
