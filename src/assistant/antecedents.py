"""What the words of a follow-up refer to: the antecedents that the turns before it offer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from assistant.clauses import cut_question, noun_phrase
from assistant.listings import Listing, find_listings
from assistant.phrases import Phrase, find_names, is_kind, sentences, words
from assistant.questions import AnswerType, read_question
from assistant.terms import STOP_WORDS, fold, stem

_MOST_ITEMS = 6
"""Items of a list that "they" is spelled out as; a longer list makes a question that finds nothing."""

_NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
_SEVERAL = re.compile(
    r"(?:(?:and|but|so) )?(?:who|which|what(?! (?:is|was|does|did|do|has|had)\b)|name|list|tell|give|compare"
    r"|describe)\b",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"\b(?:as|according to|in|by|for|since|on)\s+$")
_SUPERLATIVE = re.compile(r"what (?:is|was) the (?:\w{3,}est|most|first|last|only)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Turn:
    """An earlier turn, its question self-contained."""

    question: str
    answer: str

    @cached_property
    def names(self) -> tuple[Phrase, ...]:
        """Names of the question, with the nouns around them."""
        return tuple(_noun_phrase(self.question, name) for name in self._question_names
                     if not is_kind(name.text))  # fmt: skip

    @cached_property
    def topic(self) -> str | None:
        """What the question is about: its first name that is no time, place or source; None where it names nothing."""
        if not self.names:
            return self.answered if self._asks_for_a_thing else None
        spoken_of = [name for name in self.names if not _ASIDE.search(self.question[: name.start])]
        return (spoken_of or self.names)[0].text

    @cached_property
    def _asked(self) -> frozenset[str]:
        return Phrase(self.question, 0, len(self.question)).stems

    def _is_asked(self, item: str) -> bool:
        return Phrase(item, 0, len(item)).stems <= self._asked

    def _told(self, text: str) -> int:
        """How many words of the question a text shares: an answer quotes sentences that speak of other things too."""
        return len(self._asked & Phrase(text, 0, len(text)).stems)

    @cached_property
    def answered(self) -> str | None:
        """The thing that the answer names and the question does not; None without one.

        It is looked for in the sentence that shares most with the question, in the others only for "who".
        """
        ranked = sorted(sentences(self.answer), key=self._told, reverse=True)
        found = (self._new_name(sentence) for sentence in (ranked if self.asks_who else ranked[:1]))
        return next((name for name in found if name), None)

    def _new_name(self, sentence: str) -> str | None:
        noun = cut_question(self.question).noun
        led = re.compile(rf"\b{re.escape(noun)}s?\s+$") if noun else None
        found = find_names(sentence, joined=True, within=self.answer)
        names = [name for name in found if not is_kind(name.text)]
        new = [name for name in names if not name.stems & self._asked]
        beside = [name for name in new if led and led.search(sentence[: name.start])]
        partly = [name for name in names if not name.stems <= self._asked]
        return next((name.text for name in (*beside, *new, *partly)), None)

    @cached_property
    def items(self) -> tuple[str, ...]:
        """The items that the answer lists, or else the question: as many as the question speaks of, if it says."""
        number = next((_NUMBERS[word] for word in self.question.lower().split() if word in _NUMBERS), 0)
        found = [one for one in find_listings(self.answer) if not any(map(self._is_asked, one.items))]
        several = len(sentences(self.answer)) > 1

        def fitness(listing: Listing) -> tuple[bool, int]:
            return len(listing.items) == number, 0 if listing.said == self.answer.strip() else self._told(listing.said)

        held = [one for one in found if not several or any(fitness(one)) or one.said == self.answer.strip()]
        held = held or find_listings(self.question.rstrip("?"))
        return max(held, key=fitness).items if held else ()

    @property
    def _asks_for_a_thing(self) -> bool:
        asked = cut_question(self.question)
        if _SUPERLATIVE.match(self.question) and self.answered:
            return True
        kind = read_question(self.question).answer_type
        return bool(asked.noun) and kind in (AnswerType.OPEN, AnswerType.PLACE, AnswerType.PERSON)

    @property
    def answered_thing(self) -> str | None:
        """What was asked for and named: the answer to "which ship"; None for other questions."""
        return self.answered if self._asks_for_a_thing else None

    @property
    def asks_who(self) -> bool:
        """Whether a person or a body is asked for."""
        return bool(re.match(r"(?:\w+ )?who(?:m|se)?\b", self.question, re.IGNORECASE))

    @property
    def thing(self) -> str | None:
        """What "it" would refer to."""
        if self._asks_for_a_thing:
            return self.answered or self._described
        return self.topic or self.answered or self._noun

    @property
    def person(self) -> str | None:
        """Whom "he" or "she" would refer to."""
        if self.asks_who and self.answered:
            return self.answered
        people = [name.text for name in self.names if re.fullmatch(r"[A-Z][a-z]+(?: [A-Z][a-z'’-]+)+", name.text)]
        return people[0] if people else None

    @property
    def things(self) -> str | None:
        """What "they" would refer to."""
        asks_for_several = _SEVERAL.match(self.question) is not None
        if asks_for_several and 1 < len(self.items) <= _MOST_ITEMS:
            return f"{', '.join(self.items[:-1])} and {self.items[-1]}"
        plural = [name.text for name in self.names if _is_plural(name.text)]
        return plural[0] if plural else self._plural_noun

    @property
    def _plural_noun(self) -> str | None:
        match = re.search(r"\b(?:\w+ )?\w+(?<![sui])s\b(?=[?.]?$)", self.question)
        if match and fold(match.group().split()[-1]) not in STOP_WORDS:
            return match.group()
        noun = cut_question(self.question).noun
        names = f" ({', '.join(name.text for name in self.names)})" if self.names else ""
        return f"the {noun}{names}" if noun and (_is_plural(noun) or noun in ("people", "children")) else None

    @property
    def _described(self) -> str | None:
        """A thing without a name, by the question's own words ("the law on resources (Utopia)")."""
        asked = cut_question(self.question)
        match = re.match(r"(?:which|what) (.+)", asked.wanted, re.IGNORECASE)
        if match is None:
            return None
        names = [name.text for name in self.names if name.text not in match[1]]
        return f"the {match[1]}" + (f" ({', '.join(names)})" if names else "")

    @property
    def _noun(self) -> str | None:
        for match in re.finditer(r"\bthe (?=([a-z][\w-]*))", self.question):
            if fold(match[1]) not in STOP_WORDS:
                return noun_phrase(self.question, Phrase(match[1], match.end(), match.end() + len(match[1]))).text
        return None

    def named(self, noun: str) -> str | None:
        """Find a name that a text of this turn joins to a noun ("the ship": "the crew ship Aurora").

        Args:
            noun: One word.

        Returns:
            The whole phrase; None where no name stands beside the noun.
        """
        for text, names in ((self.question, self._question_names), (self.answer, self._answer_names)):
            for word in words(text):
                if stem(word.text) == stem(noun) and (phrase := _beside_name(text, word, names)):
                    return phrase
        return None

    @cached_property
    def _question_names(self) -> list[Phrase]:
        return find_names(self.question, joined=True)

    @cached_property
    def _answer_names(self) -> list[Phrase]:
        return find_names(self.answer, joined=True)

    def speaks_of(self, noun: str) -> bool:
        """Whether a noun occurs in this turn."""
        return stem(noun) in Phrase(f"{self.question} {self.answer}", 0, 0).stems


def _is_plural(text: str) -> bool:
    return re.search(r"(?<![sui])s$", text) is not None or " and " in text


def _noun_phrase(question: str, name: Phrase) -> Phrase:
    """Extend a name, and leave the determiner out."""
    whole = noun_phrase(question, name)
    cut = re.match(r"(?:an?|this|that)\s+", whole.text, re.IGNORECASE)
    return Phrase(whole.text[cut.end() :], whole.start + cut.end(), whole.end) if cut else whole


def _beside_name(text: str, word: Phrase, names: Sequence[Phrase]) -> str | None:
    after = next((name for name in names if name.start - word.end == 1 and text[word.end] == " "), None)
    before = next((name for name in names if word.start - name.end == 1 and text[name.end] == " "), None)
    if any(name.start <= word.start < name.end for name in names):
        return next(name.text for name in names if name.start <= word.start < name.end)
    if after is not None:
        return f"the {text[word.start : after.end]}"
    if before is not None and not is_kind(before.text):
        return f"the {text[before.start : word.end]}"
    return None


def latest(turns: Sequence[Turn], attribute: str) -> str | None:
    """Find what the latest turn that offers anything offers.

    Args:
        turns: Oldest first.
        attribute: `thing`, `things` or `person`.
    """
    for turn in reversed(turns):
        found: str | None = getattr(turn, attribute)
        if found:
            return found
    return None
