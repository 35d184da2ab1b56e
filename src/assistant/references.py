"""Pronouns, definite nouns and ordinals of a follow-up, replaced by what they refer to."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.antecedents import Turn, latest
from assistant.clauses import PARTICIPLE, cut_question
from assistant.phrases import AUXILIARIES, FUNCTION_WORDS, PREPOSITIONS, Phrase, find_names, find_own_names, words
from assistant.substitution import ORDINALS
from assistant.terms import STOP_WORDS, content_terms, fold, stem

_PLACES = {name: index for index, name in enumerate(ORDINALS)} | {"last": -1, "latter": -1, "former": 0}
_NTH = re.compile(
    rf"\bthe (?P<nth>{'|'.join(_PLACES)})(?P<one> ones?\b)?(?P<of> of (?:them|these|those|the \w+))?"
    r"(?P<noun> [a-z][\w-]*)?(?P<more> [\w-]+)?",
    re.IGNORECASE,
)
_EXPLETIVE = re.compile(
    r"\b(?:is|was|would|will|be)\s+it\s+(?:\w+\s+){0,2}(?:that|to|for|whether)\b|\bdoes it take\b|\btime is it\b"
    r"|\bit\s+(?:takes?|took|seems?|appears?|rains?|snows?)\b|\bit (?:is|was) (?:\w+ )?(?:that|to|whether)\b",
    re.IGNORECASE,
)
_SUBORDINATE = re.compile(
    r"\b(?:that|because|since|while|if|after|before|once|as|which|who)\b(?=[^,]*$)", re.IGNORECASE
)
_EMBEDDED = re.compile(r"\b(?:when|where|why|how|whether)\b(?=[^,]*$)", re.IGNORECASE)
_NOT_A_NOUN = frozenset(("same", "only", "other", "next", "most", "first", "last", "one", "ones"))
_TIMES = ("time", "times", "year", "month", "week", "day", "days", "century", "decade", "moment", "spring", "summer",
          "autumn", "winter")  # fmt: skip
_SUBJECTS = {
    "it": "thing", "its": "thing", "itself": "thing",
    "he": "person", "she": "person", "him": "person", "her": "person", "his": "person", "hers": "person",
    "they": "things", "them": "things", "their": "things", "theirs": "things",
}  # fmt: skip
_SAYS_ENOUGH = 3
"""Content words of a question that is found without the topic of the talk."""
_POSSESSIVE = frozenset(("its", "his", "her", "hers", "their", "theirs"))


def resolve_references(text: str, turns: Sequence[Turn], *, clause: bool) -> str:
    """Replace what refers to the turns before.

    Args:
        text: A question or a part of one.
        turns: The turns before it, oldest first, at least one.
        clause: Whether the text is a whole question; in a part of one a plain "the ship" is a new thing.

    Returns:
        The text with names in their places; unchanged where nothing refers to an earlier turn.
    """
    rules = (
        (_did_so, _nth_item, _pronouns, _one, _demonstrative, _there, _definite) if clause else (_nth_item, _pronouns)
    )
    for rule in rules:
        resolved = rule(text, turns)
        if resolved is not None:
            return resolved
    return text


def add_topic(text: str, turns: Sequence[Turn]) -> str:
    """Add what the talk is about to a question that does not name it."""
    topic = _topic(turns)
    return f"{text.rstrip(' ?.!')} ({topic})" if topic else text


def _topic(turns: Sequence[Turn]) -> str | None:
    for turn in reversed(turns):
        names = [name.text for name in turn.names]
        if found := list(dict.fromkeys([turn.answered_thing, *names] if turn.answered_thing else names))[:2]:
            return ", ".join(found)
    return None


def _nth_item(text: str, turns: Sequence[Turn]) -> str | None:
    match = _NTH.search(text)
    if match is None:
        return None
    place = _PLACES[match["nth"].lower()]
    turn = next((turn for turn in reversed(turns) if len(turn.items) > max(place, 1)), None)
    if turn is None:
        return _nth_like_before(text, match, turns)
    item = turn.items[place]
    if match["one"] or match["of"] or match["nth"].lower() in ("latter", "former"):
        ends = next(group for group in ("of", "one", "nth") if match[group])
        return _with_topic(text, match.start(), match.end(ends), item, turn)
    noun = (match["noun"] or "").strip()
    if not noun or fold(noun) in STOP_WORDS or _is_verb(noun, text[: match.start()], more=match["more"]):
        return _with_topic(text, match.start(), match.end("nth"), item, turn)
    whole = noun.islower() and _ends_phrase(text, match)
    if whole and not find_own_names(text) and any(turn.speaks_of(noun) for turn in turns[-2:]):
        return _about(f"{text[: match.end('noun')]} ({item}){text[match.end('noun') :]}", turn)
    return None


def _ends_phrase(text: str, match: re.Match[str]) -> bool:
    """Whether the noun after an ordinal is the whole of its phrase: "the first stage", not "the first stage rocket"."""
    following = [fold(word.text) for word in words(text[match.end("noun") :])]
    run = next((i for i, word in enumerate(following) if word in FUNCTION_WORDS), len(following))
    supported = re.search(r"\b(?:do|does|did|will|can) $", text[: match.start()], re.IGNORECASE) is not None
    return run <= int(supported)


def _nth_like_before(text: str, match: re.Match[str], turns: Sequence[Turn]) -> str | None:
    """Read "the third one" after a question about "the first stage of the plan"."""
    if not match["one"]:
        return None
    for turn in reversed(turns):
        said = re.search(rf"\bthe (?:{'|'.join(ORDINALS)})(?P<what> [a-z][\w-]*(?: of [^?.,]+)?)", turn.question)
        if said is not None:
            return f"{text[: match.end('nth')]}{said['what']}{text[match.end('one') :]}"
    return None


def _with_topic(text: str, start: int, end: int, item: str, turn: Turn) -> str:
    resolved = text[:start] + item + text[end:]
    told = len(content_terms(text[:start] + text[end:])) > 1 and find_names(item)
    return resolved if told or find_own_names(text) else _about(resolved, turn)


def _about(text: str, turn: Turn) -> str:
    names = [name.text for name in turn.names if name.text not in text][:2]
    return f"{text.rstrip(' ?.!')} ({', '.join(names)})" if names else text


def _is_verb(word: str, before: str, *, more: str | None) -> bool:
    """Whether a word after an ordinal is the question's verb."""
    spoken = [fold(found.text) for found in words(before)]
    if not spoken:
        return False
    if spoken[-1] in ("do", "does", "did", "will", "can", "may", "must", "should"):
        return more is None or fold(more) in STOP_WORDS
    return spoken[-1] in AUXILIARIES and PARTICIPLE.search(word) is not None


def _pronouns(text: str, turns: Sequence[Turn]) -> str | None:
    """Replace personal pronouns that nothing in the question itself explains."""
    names = find_own_names(text)
    resolved, changed = text, False
    several = any(word.text.lower() in ("they", "them", "their") for word in words(text))
    for word in reversed(words(text)):
        said = re.sub(r"['’](?:s|re)$", "", word.text.lower())
        kind = _SUBJECTS.get(said)
        if kind is None or (said == "it" and _EXPLETIVE.search(text)):
            continue
        possessive = _is_possessive(said, text[word.end :])
        if _is_explained(text, word, names, possessive=possessive):
            continue
        found = turns[-1].topic if several and kind == "thing" else _antecedent(kind, turns)
        if found is None:
            continue
        contracted = word.text[len(said) :].replace("’", "'")
        verb = {"'s": " is", "'re": " are"}.get(contracted, "") if not possessive else ""
        resolved = resolved[: word.start] + (_own(found) if possessive else found) + verb + resolved[word.end :]
        changed = True
    return resolved if changed else None


def _is_possessive(pronoun: str, after: str) -> bool:
    if pronoun != "her":
        return pronoun in _POSSESSIVE
    following = words(after)
    return bool(following) and fold(following[0].text) not in FUNCTION_WORDS


def _is_explained(text: str, word: Phrase, names: Sequence[Phrase], *, possessive: bool) -> bool:
    """Whether a pronoun refers to something within its own question."""
    before, after = text[: word.start], text[word.end :]
    named = any(name.end <= word.start for name in names)
    if possessive:
        asked = cut_question(text)
        ahead = len(asked.wanted) > word.start and any(name.start > len(asked.wanted) for name in find_names(text))
        return named or ahead or after.startswith(" own") or re.search(r"\bthe [a-z]", before) is not None
    if any(content_terms(before[: found.start()]) for found in _SUBORDINATE.finditer(before)):
        return True
    spoken = words(before)
    if named and spoken and fold(spoken[-1].text) not in FUNCTION_WORDS:
        following = words(after)  # "the craft it had in tow"
        return bool(following) and following[0].text.lower() in AUXILIARIES
    return named and any(found.start() > 0 for found in _EMBEDDED.finditer(before))


def _antecedent(kind: str, turns: Sequence[Turn]) -> str | None:
    if kind == "things":
        return latest(turns[-1:], "things") or latest(turns[-1:], "thing") or latest(turns, "things")
    return latest(turns, kind) or (latest(turns, "thing") if kind == "person" else None)


def _did_so(text: str, turns: Sequence[Turn]) -> str | None:
    """Say what "do so" does."""
    asked = cut_question(turns[-1].question)
    if asked.inverted or not asked.wanted or re.search(r"\bd(?:o|id|oes) so\b", text) is None:
        return None
    return f"{text.rstrip(' ?.!')} ({asked.rest})"


def _own(owner: str) -> str:
    return f"{owner}'" if owner.endswith("s") else f"{owner}'s"


def _one(text: str, turns: Sequence[Turn]) -> str | None:
    """Spell out "which one" and "the red one"."""
    match = re.search(r"\b(?:which|the [\w-]+) (ones?)\b", text, re.IGNORECASE)
    noun = next((noun for turn in reversed(turns) if (noun := cut_question(turn.question).noun)), None)
    if match is None or noun is None:
        return None
    return add_topic_unless_named(text[: match.start(1)] + noun + text[match.end(1) :], turns)


def add_topic_unless_named(text: str, turns: Sequence[Turn]) -> str:
    """Add the topic to a question without a name of its own."""
    return text if find_own_names(text) or len(content_terms(text)) > _SAYS_ENOUGH else add_topic(text, turns)


def _demonstrative(text: str, turns: Sequence[Turn]) -> str | None:
    """Replace "that country", "this law", or "that" alone."""
    spoken = words(text)
    for index, word in enumerate(spoken):
        said = word.text.lower()
        if said not in ("that", "this", "these", "those"):
            continue
        before = fold(spoken[index - 1].text) if index else ""
        after = spoken[index + 1].text if index + 1 < len(spoken) else ""
        leads = not before or before in AUXILIARIES | PREPOSITIONS
        if (said == "that" and not leads) or after.lower() in ("of", "who", "which", *_TIMES):
            continue
        if not after or fold(after) in FUNCTION_WORDS:
            if said in ("these", "those") and (several := latest(turns[-1:], "things")):
                return text[: word.start] + several + text[word.end :]
            return add_topic_unless_named(text, turns)
        return _that_noun(text, word, spoken[index + 1], turns, several=said in ("these", "those"))
    return None


def _that_noun(text: str, word: Phrase, noun: Phrase, turns: Sequence[Turn], *, several: bool) -> str | None:
    named = next((found for turn in reversed(turns) if (found := turn.named(noun.text))), None)
    if named is not None:
        return text[: word.start] + named + text[noun.end :]
    found = latest(turns, "things" if several else "thing")
    asked = cut_question(turns[-1].question).noun
    if found is None:
        return None
    if asked and stem(asked) == stem(noun.text):
        return text[: word.start] + found + text[noun.end :]
    return f"{text[: noun.end]} ({found}){text[noun.end :]}"


def _there(text: str, turns: Sequence[Turn]) -> str | None:
    """Replace "there" where it is a place."""
    match = re.search(
        r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )\bthere\b(?! (?:is|are|was|were)\b)", text, re.IGNORECASE
    )
    place = latest(turns, "thing")
    if match is None or place is None:
        return None
    return f"{text[: match.start()]}at {place}{text[match.end() :]}"


def _definite(text: str, turns: Sequence[Turn]) -> str | None:
    """Replace "the ship" by the ship that was named, or add the topic to what belongs to it."""
    if find_own_names(text):
        return None
    bare = [
        match
        for match in re.finditer(
            r"\bthe (?P<noun>[a-z][\w-]*)(?P<own>['’]s)?(?!(?: [\w-]+){0,2} (?:of|that|which|who|whose)\b)", text
        )
        if match["noun"] not in _NOT_A_NOUN and match["noun"] not in _TIMES and fold(match["noun"]) not in STOP_WORDS
    ]
    for match in bare:
        for turn in reversed(turns):
            if named := turn.named(match["noun"]):
                return text[: match.start()] + named + (match["own"] or "") + text[match.end() :]
    return add_topic(text, turns) if bare and _shares_talk(text, bare, turns) else None


def _shares_talk(text: str, bare: Sequence[re.Match[str]], turns: Sequence[Turn]) -> bool:
    """Whether a question without a name goes on with the talk: a plain noun with "the", and little else."""
    told = len(content_terms(text))
    known = any(turn.speaks_of(match["noun"]) for match in bare for turn in turns[-2:])
    return told <= _SAYS_ENOUGH + known
