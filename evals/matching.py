"""Whether an answer holds what was asked for: SQuAD's normalisation, with care, and containment of tokens.

SQuAD deletes punctuation, so that "2.5" becomes "25", and compares characters, so that "1" lies in "2013".
Here numbers keep their decimals and lose their thousands separators, other punctuation separates, and
containment is of whole tokens.

Source of the normalisation: Rajpurkar et al., "SQuAD: 100,000+ Questions for Machine Comprehension of Text",
EMNLP 2016, its evaluation script.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

ARTICLES = frozenset({"a", "an", "the"})
# Spaces that group digits: no-break, figure, thin, narrow no-break.
_GROUPING_SPACE = re.compile(r"(?<=\d)[\u00a0\u2007\u2009\u202f](?=\d{3}(?!\d))")
_APOSTROPHES = re.compile("[’‘ʼ＇]")
_POSSESSIVE = re.compile(r"(?<=\w)'s?(?!\w)")
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d])")
_DOTTED_ACRONYM = re.compile(r"(?<![\w.])(?:[^\W\d_]\.){2,}")
_PER_CENT = re.compile(r"%|\bper\s+cent\b")
_TOKEN = re.compile(r"\d+(?:\.\d+)+|[^\W_]+")


def answer_tokens(text: str) -> tuple[str, ...]:
    """Normalise a text to the tokens that are compared.

    Args:
        text: An answer or an accepted answer.

    Returns:
        Its words and numbers, casefolded, compatible characters made one, without diacritics, articles (unless
        there is nothing else), punctuation and possessive endings; "1,000" as "1000", "U.S." as "us", "30 %" and
        "30 per cent" as "30 percent".
    """
    decomposed = unicodedata.normalize("NFKD", _GROUPING_SPACE.sub("", text)).casefold()
    folded = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    folded = _POSSESSIVE.sub("", _APOSTROPHES.sub("'", folded)).replace("'", "")
    folded = _THOUSANDS.sub(lambda match: match.group().replace(",", ""), folded)
    folded = _DOTTED_ACRONYM.sub(lambda match: match.group().replace(".", "") + " ", folded)
    tokens = tuple(_TOKEN.findall(_PER_CENT.sub(" percent ", folded)))
    return tuple(token for token in tokens if token not in ARTICLES) or tokens


def holds_tokens(tokens: Sequence[str], wanted: Sequence[str]) -> bool:
    """Tell whether the wanted tokens occur in a row.

    Args:
        tokens: Of the answer.
        wanted: Of the accepted answer.

    Returns:
        True if they do; False for no wanted tokens at all.
    """
    size = len(wanted)
    starts = range(len(tokens) - size + 1) if size else ()
    return any(tuple(tokens[start : start + size]) == tuple(wanted) for start in starts)


def answer_is_right(text: str, *, answers: Sequence[str], answer_parts: Sequence[Sequence[str]] = ()) -> bool:
    """Tell whether an answer's text holds what was asked for.

    Args:
        text: The whole answer.
        answers: Accepted answers, of which one has to occur.
        answer_parts: Groups of accepted parts; where there are any, they decide alone: one of each has to occur.

    Returns:
        True if it does.
    """
    tokens = answer_tokens(text)
    groups = answer_parts or (answers,)
    return all(any(holds_tokens(tokens, answer_tokens(accepted)) for accepted in group) for group in groups)
