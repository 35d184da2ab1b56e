"""Words as both sides of a search see them: folded, stemmed, without stop words."""

from __future__ import annotations

import re
import threading
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import Stemmer

_WORD = re.compile(r"\d+(?:[.,]\d+)+|\w+(?:['’]\w+)*")
_ALGORITHM = "english"
_LONGEST_WORD = 64
_REMEMBERED = 20_000
"""Words whose stem is kept, those met last: a text has few words often."""

_STOP_WORDS = """
    a about above after again against all also although am an and another any anybody anyone anything are as at
    be became because become becomes been before being below between both but by call called can can't cannot could
    did didn't do does doesn't doing don't down during each either else ever every few for from further give given
    gives had has hasn't have haven't having he her here hers herself him himself his how i i'm if in into is isn't
    it it's its itself just let like many may me might mine more most much must my myself name named near neither
    never no nor not of off often on once one only onto or other our ours ourselves out over own per please rather
    said same say says shall she should since so some somebody someone something such take takes tell than that
    that's the their theirs them themselves then there there's these they thing things this those though through
    thus to too toward towards under until up upon us use used very via was wasn't we were weren't what what's when
    where whereas whether which while who who's whom whose why will with within without won't would yes yet you your
    yours yourself
"""
STOP_WORDS: frozenset[str] = frozenset(_STOP_WORDS.split())
"""Words that say how a sentence is built rather than what it is about, question words included."""


@dataclass(frozen=True, slots=True)
class Term:
    """A content word where it stands in a text."""

    text: str
    """As written."""
    stem: str
    """Folded and stemmed: what is compared and indexed."""
    start: int
    end: int


class _Stemmers(threading.local):
    """A stemmer for each thread: PyStemmer's objects must not be shared between threads."""

    def __init__(self) -> None:
        self.english = Stemmer.Stemmer(_ALGORITHM)


_stemmers = _Stemmers()


def fold(word: str) -> str:
    """Bring a word to one spelling: NFKC, case folded, straight apostrophes, no possessive."""
    folded = unicodedata.normalize("NFKC", word).casefold().replace("’", "'")
    return folded[:-2] if folded.endswith("'s") else folded


def stem(word: str) -> str:
    """Fold a word and take its Snowball English stem.

    Args:
        word: One word; a number or a name with an apostrophe (Chang'e) is folded only.

    Returns:
        The stem, never longer than 64 characters.
    """
    folded = fold(word)[:_LONGEST_WORD]
    return _stem_folded(folded)


def _stem_folded(folded: str) -> str:
    if "'" in folded or not folded.isalpha():
        return folded
    return str(_stemmers.english.stemWord(folded))


def content_terms(text: str) -> list[Term]:
    """Find the words of a text that say what it is about.

    Args:
        text: Any text.

    Returns:
        In order and with repetitions, every word that is no stop word. A single letter counts only in upper case.
    """
    terms = []
    for match in _WORD.finditer(text):
        word = match.group()
        found = _remembered_stem(word) if len(word) <= _LONGEST_WORD else _content_stem(word)
        if found is not None:
            terms.append(Term(word, found, match.start(), match.end()))
    return terms


def _content_stem(word: str) -> str | None:
    """Give a word's stem; None for one that does not say what a text is about."""
    folded = fold(word)[:_LONGEST_WORD]
    if folded in STOP_WORDS or not folded.strip("_") or (len(folded) == 1 and word.islower()):
        return None
    return _stem_folded(folded)


_remembered_stem = lru_cache(_REMEMBERED)(_content_stem)


def stems(text: str) -> list[str]:
    """List the stems of a text's content terms, in order and with repetitions."""
    return [term.stem for term in content_terms(text)]
