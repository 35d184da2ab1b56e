"""What the words of a follow-up refer to: the antecedents that the turns before it offer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from assistant.clauses import cut_question, noun_phrase
from assistant.phrases import Phrase, find_names, is_kind, list_items, words
from assistant.questions import AnswerType, read_question
from assistant.terms import STOP_WORDS, fold, stem

_MOST_ITEMS = 6
"""Items of a list that "they" is spelled out as; a longer list makes a question that finds nothing."""

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
        """What the question is about: the name nearest to its verb's end; None where it names nothing."""
        if not self.names:
            return self.answered if self._asks_for_a_thing else None
        aside = [
            name
            for name in self.names
            if not re.search(r"\b(?:as|according to|in|by|for|since|on)\s+$", self.question[: name.start])
        ]
        return (aside or list(self.names))[0].text

    @cached_property
    def answered(self) -> str | None:
        """The thing that the answer names first and the question does not; None without one."""
        asked = Phrase(self.question, 0, len(self.question)).stems
        noun = cut_question(self.question).noun
        names = [name for name in self._answer_names if not name.stems & asked]
        if noun and (beside := [name for name in names if re.search(rf"\b{re.escape(noun)}s?\s+$",
                                                                   self.answer[: name.start])]):  # fmt: skip
            return beside[0].text
        partly = [name for name in self._answer_names if not name.stems <= asked]
        return next((name.text for name in (*names, *partly) if not is_kind(name.text)), None)

    @cached_property
    def items(self) -> list[str]:
        """The items that the answer lists, or else the question."""
        return list_items(self.answer) or list_items(self.question.rstrip("?"))

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
        asks_for_several = not self.question.lower().startswith(("when", "where", "why", "how")) and not re.match(
            r"(?:is|are|was|were|do|does|did|has|have|had|can)\b", self.question, re.IGNORECASE
        )
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
