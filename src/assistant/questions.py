"""What a question asks: its words, its names and numbers, and what kind of thing would answer it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from assistant.terms import STOP_WORDS, Term, content_terms, fold
from assistant.types import Span

MOST_SIDES = 3
MOST_TIMES = 8
"""How often a word of a question counts at most: a lexical search slows down with every repetition."""
_JOINS_NAMES = re.compile(r"\b(?:and|or|versus|vs|than|with)\b", re.IGNORECASE)


class AnswerType(StrEnum):
    """The kind of thing that would answer a question, as far as its form tells."""

    PERSON = "person"
    PLACE = "place"
    DATE = "date"
    DURATION = "duration"
    MONEY = "money"
    PERCENT = "percent"
    MEASURE = "measure"
    COUNT = "count"
    REASON = "reason"
    EXPANSION = "expansion"
    OPEN = "open"
    """Anything: the form of the question does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question, read."""

    text: str
    terms: tuple[Term, ...]
    """Content terms, each stem once, in order."""
    names: frozenset[str]
    """Stems of the terms that are written like names or hold digits."""
    answer_type: AnswerType
    wants_list: bool
    """Whether several things are asked for: "which countries", "list the", "what are the"."""
    parts: int
    """How many things are asked at once, from 1: "which … and when" are two."""

    @property
    def sides(self) -> tuple[str, ...]:
        """The question asked of each of the things it names side by side ("of A and B"); empty if it does not."""
        groups = self._name_groups()
        joined = [
            index
            for index in range(len(groups) - 1)
            if _JOINS_NAMES.search(self.text[groups[index].end : groups[index + 1].start])
        ]
        if not joined:
            return ()
        chosen = [groups[index] for index in range(joined[0], min(joined[-1] + 2, joined[0] + MOST_SIDES))]
        return tuple(_without(self.text, [other for other in chosen if other != kept]) for kept in chosen)

    def _name_groups(self) -> list[Span]:
        """Find runs of names and numbers, each one thing's name."""
        groups: list[Span] = []
        for term in content_terms(self.text):
            if term.stem not in self.names:
                continue
            if groups and not self.text[groups[-1].end : term.start].strip(" -–.'’"):
                groups[-1] = Span(start=groups[-1].start, end=term.end)
            else:
                groups.append(Span(start=term.start, end=term.end))
        return groups

    @property
    def predicate(self) -> str:
        """The question without its names and numbers: what is asked of them. The whole if nothing else is left."""
        spoken = content_terms(self.text)
        if all(term.stem in self.names for term in spoken):
            return self.text
        return _without(self.text, [Span(start=term.start, end=term.end) for term in spoken if term.stem in self.names])

    @property
    def asked(self) -> tuple[str, ...]:
        """The stems of its terms, in order, each repeated as often as it is asked, up to `MOST_TIMES`."""
        times: dict[str, int] = {}
        for term in content_terms(self.text):
            times[term.stem] = times.get(term.stem, 0) + 1
        return tuple(term.stem for term in self.terms for _ in range(min(times[term.stem], MOST_TIMES)))

    @property
    def stems(self) -> frozenset[str]:
        """The stems of its content terms."""
        return frozenset(term.stem for term in self.terms)


def _without(text: str, spans: Sequence[Span]) -> str:
    for span in sorted(spans, key=lambda span: -span.start):
        text = text[: span.start] + text[span.end :]
    return " ".join(text.split())


def read_question(text: str) -> Question:
    """Read a question's form.

    Args:
        text: The question as searched.

    Returns:
        What it asks. A text that is no question at all is read as an open one.
    """
    first_of: dict[str, Term] = {}
    for term in content_terms(text):
        first_of.setdefault(term.stem, term)
    terms = tuple(first_of.values())
    opening = min((term.start for term in content_terms(text)), default=0)
    return Question(
        text=text,
        terms=terms,
        names=frozenset(term.stem for term in terms if _is_name(term, opens=term.start == opening, text=text)),
        answer_type=_answer_type(text),
        wants_list=bool(_LIST.search(text)),
        parts=_count_parts(text),
    )


def _is_name(term: Term, *, opens: bool, text: str) -> bool:
    if any(character.isdigit() for character in term.text):
        return True
    if not term.text[0].isupper():
        return False
    asks = fold(term.text) in _ASKING_VERBS and not text[: term.start].strip()
    return not asks and not (opens and text.isupper())


_ASKING_VERBS = frozenset(
    (
        "list",
        "explain",
        "describe",
        "compare",
        "define",
        "summarise",
        "summarize",
        "state",
        "mention",
        "show",
        "identify",
    )
)


_MEASURES = (
    r"far|long|tall|high|deep|wide|heavy|big|large|fast|old|hot|cold|close|thick|distance|length|height|depth|width"
    r"|weight|mass|size|speed|age|altitude|diameter|temperature|area|volume|radius|thrust|payload|power|range"
)
_FORMS: tuple[tuple[AnswerType, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        (AnswerType.EXPANSION, r"\bstands?\s+for\b|\b(?:abbreviat|acronym|spelled out|written out|in full\b"
                               r"|full (?:name|form)|initials\b)"),
        (AnswerType.MONEY, r"\bhow much (?:money|did .* cost|does .* cost|do .* cost|is .* worth|will .* cost)\b"
                           r"|\b(?:what|which)\b[^,;?]{0,40}\b(?:cost|costs|price|budget|salary|revenue"
                           r"|sum of money|fee)\b"),
        (AnswerType.PERCENT, r"\b(?:what|which|how (?:much|large|big)) (?:an? )?(?:percentage|per ?cent|share"
                             r"|proportion|fraction)\b"),
        (AnswerType.DURATION, r"\bhow long\b(?! (?:is|was|are|were) the (?:river|wall|bridge|road|ship|rocket"
                              r"|tunnel|coast))"
                              r"|\bfor how (?:many|long)\b|\bhow many (?:years|months|weeks|days|hours|minutes"
                              r"|seconds|decades)\b"),
        (AnswerType.COUNT, r"\bhow many\b|\b(?:what|which) (?:is the |was the )?(?:total )?(?:number|count)\b"),
        (AnswerType.DATE, r"\bwhen\b|\b(?:what|which|in what|on what) (?:\w+ )?(?:year|date|day|month|century"
                          r"|decade|season|time)s?\b"
                          r"|\bhow (?:soon|recently|long ago)\b|\bsince when\b|\bwhat (?:is|was) the (?:date|year"
                          r"|day|month)\b"),
        (AnswerType.MEASURE, rf"\bhow (?:{_MEASURES}|much)\b|\b(?:what|which) (?:is|was|are|were)?\s*(?:the |its "
                             rf"|their )?"
                             rf"(?:\w+ )?(?:{_MEASURES})\b"),
        (AnswerType.PERSON, r"\bwho\b|\bwhom\b|\bwhose\b|\b(?:what|which) (?:person|man|woman|people|scientist"
                            r"|author|leader|president"
                            r"|minister|chair(?:man|woman|person)?|director|official|astronaut|engineer|general"
                            r"|king|queen)\b"),
        (AnswerType.PLACE, r"\bwhere\b|\b(?:what|which) (?:city|cities|country|countries|nation|town|place"
                           r"|province|state|region|continent"
                           r"|site|island|location|seat|crater|sea|ocean|river)\b"),
        (AnswerType.REASON, r"\bwhy\b|\bfor what reason\b|\bhow come\b|\bwhat (?:is|was|are|were) the (?:reason"
                            r"|purpose|cause|motive)s?\b|\bwhat caused\b"),
    )
)  # fmt: skip
_LIST = re.compile(
    r"\b(?:which|what) (?!(?:\w+ )?(?:is|was|does|has)\b)(?:\w+ ){0,2}?\w{3,}(?<!ss)(?<!us)(?<!is)s\b"
    r"|\b(?:what|which|who) (?:are|were)\b|\b(?:list|name) (?:the|all|three|two|four|five|some)\b"
    r"|\bwhich (?:of|two|three|four|five|\d+)\b|\bwhat (?:two|three|four|five|six|seven|eight|\d+)\b"
    r"|^(?:list|enumerate)\b",
    re.IGNORECASE,
)
_JOINED_QUESTION = re.compile(
    r"(?:,|\band\b|;|\?)\s+(?:(?:in|on|at|by|for|to|from|with|of) )?(?:who|whom|whose|when|where|why|how|which"
    r"|what)\b(?!ever)",
    re.IGNORECASE,
)
_COMPARISON = re.compile(
    r"\b(?:compare[sd]?|comparison|differ(?:s|ed|ence|ences|ent)?|versus|vs\.?|in common|both|respectively"
    r"|than the|than either)\b"
    r"|\bbetween\b.+\band\b",
    re.IGNORECASE,
)
_BARE_OPENER = re.compile(r"^\W*(?:which|what|who|when|where|how|why)\b", re.IGNORECASE)


def _answer_type(text: str) -> AnswerType:
    return next((kind for kind, form in _FORMS if form.search(text)), AnswerType.OPEN)


def _count_parts(text: str) -> int:
    joined = len(_JOINED_QUESTION.findall(text))
    if not _BARE_OPENER.search(text):
        joined = max(0, joined - 1)
    return min(4, 1 + joined + bool(_COMPARISON.search(text)))


_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_NUMBER_WORDS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
    "|eighteen|nineteen"
    "|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|billion|dozen|half|third"
    "|quarter|no|none|single"
    "|both|several"
)
_TIME_UNIT = r"(?:years?|months?|weeks?|days?|hours?|minutes?|seconds?|decades?|centur(?:y|ies)|generations?)"
_HELD: dict[AnswerType, re.Pattern[str]] = {
    AnswerType.DATE: re.compile(
        rf"\b(?:1[0-9]|20|21)\d\ds?\b|\b(?:{_MONTHS})\b|\b\w+day\b(?<!today)|\b\d+(?:st|nd|rd|th)\b|\bcentur(?:y"
        rf"|ies)\b|\b\d{{1,4}} (?:BC|AD|BCE|CE)\b"
        r"|\b(?:yesterday|today|tomorrow|spring|summer|autumn|winter|last (?:year|month|week))\b",
        re.IGNORECASE,
    ),
    AnswerType.COUNT: re.compile(rf"\d[\d.,]*|\b(?:{_NUMBER_WORDS}|once|twice)\b", re.IGNORECASE),
    AnswerType.MEASURE: re.compile(rf"\d[\d.,]*|\b(?:{_NUMBER_WORDS})\b", re.IGNORECASE),
    AnswerType.PERCENT: re.compile(r"%|\bper ?cent|\bpercentage|\b(?:half|third|quarter|fifth|tenth|majority|all"
                                   r"|most|none)s?\b|\d+ (?:in|of|out of) ", re.IGNORECASE),
    AnswerType.MONEY: re.compile(
        r"[$€£¥₹]|\b\d[\d.,]*\s*(?:hundred |thousand |million |billion |trillion )?(?:dollars?|euros?|pounds?"
        r"|yuan|rmb|yen|rupees?|roubles?|usd|eur|cny|gbp|cents?|bucks)\b"
        r"|\bfree\b|\b\d+\s*(?:million|billion|trillion)\b",
        re.IGNORECASE,
    ),
    AnswerType.DURATION: re.compile(
        rf"\b(?:\d[\d.,]*|an?|{_NUMBER_WORDS})(?:[\s-]+\w+)?[\s-]+{_TIME_UNIT}\b|\b{_TIME_UNIT}\b|\b(?:1[0-9]"
        rf"|20)\d\d\b.*\b(?:1[0-9]|20)\d\d\b|\d+ ?(?:km|m|metres|meters|miles|feet)\b",
        re.IGNORECASE,
    ),
    AnswerType.REASON: re.compile(
        r"\b(?:because|since|due to|owing to|therefore|thus|so that|so|as a result|reasons?|in order to|purpose"
        r"|caused?|leads?|led|means|meant"
        r"|to \w+|for \w+ing|by \w+ing|fear(?:s|ed)?|hop(?:e|es|ed))\b",
        re.IGNORECASE,
    ),
    AnswerType.EXPANSION: re.compile(r"\([^)]*\)|\b(?:stands? for|short for|abbreviat|means|called|known as"
                                     r"|is (?:the|a|an)|or)\b|[—–:-]\s|\t"),
}  # fmt: skip
_CAPITALISED = re.compile(r"(?<![\w'’])[A-Z][\w'’.&-]*")


def holds_type(question: Question, text: str) -> bool | None:
    """Tell whether a text holds a thing of the kind that is asked for, other than what the question itself names.

    Args:
        question: What is asked.
        text: A sentence.

    Returns:
        None where the question's form does not tell what kind it wants.
    """
    kind = question.answer_type
    if kind is AnswerType.OPEN:
        return None
    if kind in (AnswerType.PERSON, AnswerType.PLACE):
        return any(_is_new(match.group(), question) for match in _CAPITALISED.finditer(text))
    matches = _HELD[kind].finditer(text)
    if kind in (AnswerType.REASON, AnswerType.EXPANSION):
        return any(True for _ in matches)
    return any(_is_new(match.group(), question) for match in matches)


def _is_new(found: str, question: Question) -> bool:
    terms = content_terms(found)
    if not terms:
        return (
            fold(found) not in STOP_WORDS.difference(_COUNTING_WORDS) and fold(found) not in fold(question.text).split()
        )
    return any(term.stem not in question.stems for term in terms)


_COUNTING_WORDS = frozenset(("one", "once", "no", "both", "all", "most"))
