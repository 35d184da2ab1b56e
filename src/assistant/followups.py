"""A follow-up made self-contained from the turns before it, by general rules of English and no model.

What was answered before is data: names and lists are taken from it, never orders.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.antecedents import Turn
from assistant.clauses import ask_instead, cut_question
from assistant.conversation import is_small_talk
from assistant.phrases import ASKING_VERBS, AUXILIARIES, PREPOSITIONS, find_dates, find_names, words
from assistant.references import add_topic, resolve_references
from assistant.substitution import put_in
from assistant.terms import STOP_WORDS, content_terms, fold
from assistant.types import ConversationTurn

MOST_TURNS = 6
"""Turns that are read, the latest: what was said before them is not referred to without its name."""
_LONGEST_TEXT = 1500
"""Characters that are read of an earlier question or answer."""
_LONGEST_FOLLOW_UP = 300
"""Characters of a question that is still taken for a follow-up: who writes more than that says what it is about."""
_LONGEST_FRAGMENT = 14
"""Words of a question without a verb."""
_LONGEST_PHRASE = 4
"""Words of a phrase with a preposition that asks by itself: "for students?"."""
_HOW_IT_IS = re.compile(r"how (?!many|much|long|often|so|come|far|else)\w+", re.IGNORECASE)
_ALIKE = 3
"""Words by which two questions begin alike where the second leaves out how the first ends."""
_WANTED = "why|when|where|who|whom|which|what|how"
_LINK = re.compile(
    r"(?:(?:and|but|so|ok|okay|well|then|also|sorry|thanks|thank you|yes|yeah|right|alright|hm+|now)\b[\s,.:;!–-]*)+",
    re.IGNORECASE,
)
_CORRECTION = re.compile(
    r"(?:(?:(?:no(?=\W*$|\s*[,.:;!–-]|\s+(?:the|an?|i|not|it|in|on|at|for|that|this)\b|\s+(?-i:[A-Z0-9]))|nope|sorry|wait"
    r"|actually|rather)\b[\s,.:;!–-]*)+(?:it (?:was|is)\b\s*)?)?"
    r"(?:(?:i (?:mean|meant|was asking (?:about|for)|am asking (?:about|for)|wanted)|make that"
    r"|what i (?:mean|meant) (?:is|was))\b[\s,:]*)?",
    re.IGNORECASE,
)
_MEANT_AT_END = re.compile(r"[\s,.–-]+(?:i (?:mean|meant)|sorry|rather|please|instead)\s*$", re.IGNORECASE)
_NOT_THIS = re.compile(
    r"not\s+(?P<wrong>.+?)(?:\s*[,;:]\s*(?:but\s+)?|\s+[-–—]+\s+|\s+but\s+)(?P<right>.+)", re.IGNORECASE
)
_THIS_NOT = re.compile(r"(?P<right>.+?)[,;]?\s+(?:and\s+)?not\s+(?P<wrong>.+)", re.IGNORECASE)
_WHAT_ABOUT = re.compile(r"(?:what|how) about\s+(?P<what>.+)", re.IGNORECASE)
_INSTEAD = re.compile(
    rf"(?:(?:up to|in|on|at|by|with|for|from|to|since|until|under|of)\s+)?(?:{_WANTED})\b"
    r"(?:\s+(?:so|come|exactly|else|for|not|many|much|long|far|often|old|large|big|high|ones?))*"
    r"(?P<noun>(?:\s+[a-z][\w-]*){0,2})",
    re.IGNORECASE,
)


def rewrite(question: str, history: Sequence[ConversationTurn]) -> str:
    """Make a question self-contained.

    Args:
        question: As asked.
        history: The turns before it, oldest first; only the last `MOST_TURNS` are read.

    Returns:
        The question to search for: the same text where it does not depend on the turns before.
    """
    turns: list[Turn] = []
    for said in history[-MOST_TURNS:]:
        asked = " ".join(said.question.split())[:_LONGEST_TEXT]
        query = asked if is_small_talk(asked) else _resolve(asked, turns)
        if content_terms(query) and not is_small_talk(asked):
            turns.append(Turn(query, said.answer[:_LONGEST_TEXT]))
    return _resolve(question, turns)


def _resolve(question: str, turns: Sequence[Turn]) -> str:
    if not turns or len(question) > _LONGEST_FOLLOW_UP or not any(character.isalnum() for character in question):
        return question
    said, corrects, linked = _strip_lead(question)
    if not any(character.isalnum() for character in said):
        return question
    query = _correct(said, turns) if corrects else None
    query = query or _complete(said, turns, linked=linked or corrects)
    return (_finish(query) or question) if query is not None and query != said else question


def _finish(query: str) -> str:
    query = re.sub(r"\s+([,?])", r"\1", " ".join(query.split())).rstrip("?.!,; ")
    return f"{query[0].upper()}{query[1:]}?" if query else ""


def _strip_lead(question: str) -> tuple[str, bool, bool]:
    """Cut off what links a question to the talk: the rest, whether it corrects, and whether it goes on."""
    text = question.strip()
    link = _LINK.match(text)
    said = text[link.end() :] if link else text
    linked = link is not None and re.search(r"\b(?:and|but|so|then|also)\b", link.group(), re.IGNORECASE) is not None
    correction = _CORRECTION.match(said)
    corrects = bool(correction and correction.group()) or re.match(r"not\s", said, re.IGNORECASE) is not None
    corrects = corrects or (_MEANT_AT_END.search(said) is not None and not _is_clause(said.split(",")[0]))
    if link and re.match(r"\W*sorry", link.group(), re.IGNORECASE):
        corrects = True
    if corrects and correction:
        said = _MEANT_AT_END.sub("", said[correction.end() :].rstrip(" ?.!"))
    trailing = re.search(r"[\s,]+(?:then|too|as well|also|instead)\s*[?.!]*$", said, re.IGNORECASE)
    if trailing:
        said, linked = said[: trailing.start()], True
    return said.strip(" ,"), corrects, linked


def _correct(said: str, turns: Sequence[Turn]) -> str | None:
    """Put what was meant in the place of what was understood."""
    before = turns[-1].question
    if not said or _is_clause(said) or _INSTEAD.fullmatch(said):
        return None
    for form in (_NOT_THIS, _THIS_NOT):
        if (match := form.fullmatch(said)) is not None:
            return put_in(match["right"], before, instead_of=match["wrong"])
    return None if said.lower().startswith("not ") else put_in(said, before)


def _complete(said: str, turns: Sequence[Turn], *, linked: bool) -> str | None:
    """Complete a question, by the first rule that applies; None where none does."""
    before = turns[-1]
    text = said.rstrip(" ?.!")
    about = _WHAT_ABOUT.fullmatch(text)
    fragment = about["what"] if about else text
    if about is None and _asks_something_else(text):
        return _ask_something_else(text, before)
    clause = about is None and _is_clause(text)
    resolved = resolve_references(fragment, turns, clause=clause)
    if clause:
        if resolved != fragment:
            return resolved
        if (parallel := _parallel_clause(text, before.question)) is not None:
            return parallel
        return add_topic(fragment, turns) if _is_incomplete(text, linked=linked) else None
    if len(words(fragment)) > _LONGEST_FRAGMENT:
        return None
    if resolved != fragment:
        return _put_owned(resolved, before) or f"What about {resolved}"
    if about or linked or _only_names(fragment) or _is_short_prepositional(fragment):
        return put_in(fragment, before.question)
    return add_topic(fragment, turns) if _is_incomplete(text, linked=linked) else None


def _put_owned(resolved: str, before: Turn) -> str | None:
    """Put "Ada's brother" where Ada stood, and "the firm's profit" where "the costs of the firm" did."""
    for name in before.names:
        bare = re.sub(r"^the ", "", name.text)
        if f"{bare}'" in resolved:
            led = re.search(rf"\b(?:the )(?:[\w-]+ ){{1,2}}of (?:the )?{re.escape(bare)}", before.question)
            return put_in(resolved, before.question, instead_of=led.group() if led else name.text)
    return None


def _is_short_prepositional(fragment: str) -> bool:
    spoken = fragment.lower().split()
    return 1 < len(spoken) <= _LONGEST_PHRASE and spoken[0] in PREPOSITIONS


def _parallel_clause(text: str, before: str) -> str | None:
    """End "who was the first woman" like the question before it, "who was the first man on the ice"."""
    if find_names(text) or find_dates(text):
        return None
    said, asked = (words(clause.rstrip(" ?.!")) for clause in (text, before))
    pairs = zip(said, asked, strict=False)
    alike = next((i for i, (a, b) in enumerate(pairs) if a.text.casefold() != b.text.casefold()), 0)
    rest = asked[alike + 1 :]
    if alike < _ALIKE or alike >= len(said) or any(word.text.lower() in PREPOSITIONS for word in said):
        return None
    start = next((word.start for word in rest if word.text.lower() in PREPOSITIONS), None)
    return None if start is None else f"{text} {before[start:].rstrip(' ?.!')}"


def _named_again(text: str, before: Turn) -> str:
    """Spell out "which one" with the noun that was asked for."""
    noun = cut_question(before.question).noun
    return re.sub(r"(?<=which )ones?\b", noun, text, flags=re.IGNORECASE) if noun else text


def _asks_something_else(text: str) -> bool:
    """Whether only a question word is there, with a noun at most: "why", "with what budget"."""
    match = _INSTEAD.fullmatch(text)
    if match is None:
        return False
    noun = match["noun"].split()
    endings = ("ed",) if text.lower().startswith(("which", "what")) else ("ed", "es")
    return not any(word in AUXILIARIES or word.endswith(endings) or word in STOP_WORDS for word in noun)


def _ask_something_else(text: str, before: Turn) -> str:
    wanted = re.sub(r"\b(?:exactly|else)\b", "", _named_again(text, before)).strip()
    if before.thing and _HOW_IT_IS.fullmatch(wanted):
        return f"{wanted} is {before.thing}"
    return ask_instead(wanted, before.question, answered=before.answered)


def _is_clause(text: str) -> bool:
    spoken = [word.text.lower().replace("’", "'") for word in words(text)]
    if not spoken:
        return False
    asks = spoken[0].removesuffix("'s") in _WANTED.split("|") or spoken[0] in ASKING_VERBS
    asks = asks or (len(spoken) > 1 and spoken[1] in ("which", "what", "whom", "whose", "how"))
    return asks or any(word in AUXILIARIES or word in ("i", "me", "you", "we", "i'm", "my") for word in spoken)


def _is_incomplete(text: str, *, linked: bool) -> bool:
    """Whether a question names nothing and says too little to be about something else."""
    if find_names(text) or find_dates(text) or re.search(r"\b(?:i|you)\b", text, re.IGNORECASE):
        return False
    terms = content_terms(text)
    return len(terms) <= 1 + linked


def _only_names(fragment: str) -> bool:
    """Whether a fragment is nothing but names, dates and function words: "LTS?", "in 2024"."""
    held = [*find_names(fragment), *find_dates(fragment)]
    rest = [word for word in words(fragment) if not any(name.start <= word.start < name.end for name in held)]
    function_words = all(fold(word.text) in STOP_WORDS for word in rest)
    return function_words and bool(held or re.search(r"\b(?:first|second|third|fourth|fifth|last)\b", fragment))
