"""An elliptical follow-up put into the question before it: what is new replaces what it runs parallel to."""

from __future__ import annotations

import re
from itertools import pairwise

from assistant.clauses import PARTICIPLE, cut_question, noun_phrase
from assistant.phrases import FUNCTION_WORDS, PREPOSITIONS, Phrase, find_dates, find_names, words
from assistant.terms import STOP_WORDS, fold, stem

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_ORDINAL = re.compile(rf"\b(?:{'|'.join(ORDINALS)}|last|latest|next|previous)\b", re.IGNORECASE)
_DETERMINERS = ("the", "a", "an", "this", "that", "these", "those", "its", "their", "his", "her", "my", "your", "our")


def put_in(fragment: str, question: str, *, instead_of: str | None = None) -> str:
    """Put a fragment into a question.

    Args:
        fragment: A name, a date, a noun phrase or a phrase with its preposition.
        question: Self-contained.
        instead_of: What it replaces, where the person said so.

    Returns:
        The question with the fragment in the place of what it runs parallel to; added at the end where nothing does.
    """
    fragment, question = fragment.strip(" ,.?!;:-–"), question.strip().rstrip("?!. ")
    fragment = re.sub(r"^(?:\w+ )?(?:the|that) ones? (?=(?:in|on|of|from|by|for|at|with)\b)", "", fragment)
    if not find_names(fragment.split(" ", 1)[0]):
        fragment = fragment[:1].lower() + fragment[1:]
    if instead_of and (place := _find(instead_of, question)):
        return _replace(question, place, fragment)
    parts = _parts(fragment, question)
    if len(parts) > 1:
        for part in parts:
            question = put_in(part, question)
        return question
    for find in (_parallel_date, _parallel_ordinal, _parallel_words, _parallel_preposition, _parallel_name):
        place = find(fragment, question)
        if place is not None:
            return _replace(question, place, fragment)
    if _preposition(fragment) or find_dates(fragment) or re.match(r"(?:if|unless|because|when|while)\b", fragment):
        return f"{question} {fragment}"
    place = _parallel_noun(fragment, question)
    return _replace(question, place, fragment) if place else f"{question} ({fragment})"


def _find(said: str, question: str) -> Phrase | None:
    said = re.sub(r"^(?:the|a|an)\s+", "", said.strip(" ,.?!"), flags=re.IGNORECASE)
    match = re.search(rf"(?<!\w){re.escape(said)}(?!\w)", question, re.IGNORECASE)
    return Phrase(match.group(), match.start(), match.end()) if match else None


def _replace(question: str, place: Phrase, fragment: str) -> str:
    """Replace, with one determiner and the possessive ending that the place had."""
    before, after = question[: place.start], question[place.end :]
    own = re.match(rf"(?:{'|'.join(_DETERMINERS)})\b", fragment, re.IGNORECASE)
    following = words(after)
    goes_on = bool(following) and following[0].text.islower() and fold(following[0].text) not in FUNCTION_WORDS
    if own or (find_names(fragment) and not (goes_on and after.startswith(" ") and not _verb_follows(question, after))):
        before = re.sub(r"\b(?:the|a|an)\s+$", "", before, flags=re.IGNORECASE)
    if re.match(r"['’]s?\b", after) and re.search(r"['’]s?$", fragment):
        after = re.sub(r"^['’]s?", "", after)
    return before + fragment + after


def _verb_follows(question: str, after: str) -> bool:
    """Whether what follows a name is the verb of an inverted question: its only word up to a function word."""
    following = [fold(word.text) for word in words(after)]
    run = next((i for i, word in enumerate(following) if word in FUNCTION_WORDS), len(following))
    return cut_question(question).inverted and run == 1 and following[run : run + 1] != ["do"]


def _parts(fragment: str, question: str) -> list[str]:
    """Cut a fragment at prepositions whose phrases the question has too, and at commas before prepositions."""
    cuts = [match.start() for match in re.finditer(r",\s+(?=(?:to|in|on|by|from|for|with|at)\b)", fragment)]
    asked = {fold(word.text) for word in words(question)}
    if find_names(fragment.split(" ", 1)[0]):
        cuts += [
            word.start
            for word in words(fragment)[1:]
            if fold(word.text) in PREPOSITIONS - {"of"} and fold(word.text) in asked
        ]
    edges = [0, *sorted(cuts), len(fragment)]
    return [part for start, end in pairwise(edges) if (part := fragment[start:end].strip(" ,"))]


def _preposition(fragment: str) -> str | None:
    first = fold(fragment.split(" ", 1)[0])
    return first if first in PREPOSITIONS and " " in fragment else None


def _parallel_date(fragment: str, question: str) -> Phrase | None:
    dates = find_dates(fragment)
    if not dates:
        return None
    rest = [word for word in words(fragment) if not any(d.start <= word.start < d.end for d in dates)]
    if any(fold(word.text) not in STOP_WORDS | PREPOSITIONS for word in rest):
        return None
    asked = find_dates(question)
    if not asked:
        return None
    start = asked[0].start
    if _preposition(fragment) and (led := re.search(rf"\b(?:{'|'.join(PREPOSITIONS)})\s+$", question[:start])):
        start = led.start()
    return Phrase(question[start : asked[0].end], start, asked[0].end)


def _parallel_ordinal(fragment: str, question: str) -> Phrase | None:
    bare = re.fullmatch(r"(the )?(\w+)(?: one)?", fragment, re.IGNORECASE)
    if bare is None or _ORDINAL.fullmatch(bare[2]) is None:
        return None
    found = re.search(rf"\b(?:the )?(?:{_ORDINAL.pattern})", question, re.IGNORECASE)
    return Phrase(found.group(), found.start(), found.end()) if found else None


def _parallel_words(fragment: str, question: str) -> Phrase | None:
    """Find the phrase of the question that shares words with the fragment ("the first crew": "crews")."""
    shared = Phrase(fragment, 0, len(fragment)).stems
    names = [name for name in find_names(question) if name.stems & shared or _alike(name.text, fragment)]
    if names and find_names(fragment):
        return names[0]
    spoken = words(question)
    hits = [word for word in spoken if stem(word.text) in shared and fold(word.text) not in STOP_WORDS]
    if not hits:
        return None
    start, end = hits[0].start, hits[-1].end
    if led := re.search(r"\b(?:the|a|an)\s+(?:\w+\s+)?$", question[:start], re.IGNORECASE):
        start = led.start()
    if re.search(r"\bof\b", fragment) and (tail := re.match(r"\s+of(?: the)?(?: [A-Z0-9][\w'’-]*)+", question[end:])):
        end += tail.end()
    return Phrase(question[start:end], start, end)


def _alike(name: str, fragment: str) -> bool:
    """Whether two names differ only in what follows a common stem of letters ("Alpha-1", "Alpha-2")."""
    first, second = (re.split(r"[-\s\d]", text, maxsplit=1)[0].casefold() for text in (name, fragment))
    return first == second and len(first) > 2


def _parallel_preposition(fragment: str, question: str) -> Phrase | None:
    led = _preposition(fragment)
    if led is None:
        return None
    pattern = rf"\b{led}\s+(?:the\s+)?"
    for match in re.finditer(pattern, question, re.IGNORECASE):
        name = next((name for name in find_names(question, joined=True) if name.start == match.end()), None)
        if name is not None:
            whole = noun_phrase(question, name)
            return Phrase(question[match.start() : whole.end], match.start(), whole.end)
    plain = re.search(rf"\b{led}\s+(?:the\s+)?[a-z][\w-]*$", question)
    if plain is None or find_names(fragment) or plain.group().split()[-1] in FUNCTION_WORDS:
        return None
    return Phrase(plain.group(), plain.start(), plain.end())


def _parallel_name(fragment: str, question: str) -> Phrase | None:
    """Find the name of the question that is written most like the fragment's; the earlier one where equal."""
    held = find_names(fragment, joined=True)
    asked = find_names(question)
    if not held or not asked or _preposition(fragment):
        return None
    best = max(asked, key=lambda name: (_likeness(name, held[0], question, fragment), -name.start))
    whole = [word for word in words(fragment) if word.text.islower() and fold(word.text) not in STOP_WORDS]
    return noun_phrase(question, best) if whole else best


def _likeness(name: Phrase, other: Phrase, question: str, fragment: str) -> float:
    possessive = bool(re.match(r"['’]s?\b", question[name.end :])) == bool(re.search(r"['’]s?$", fragment))
    alike = (
        name.text.isupper() == other.text.isupper(),
        any(map(str.isdigit, name.text)) == any(map(str.isdigit, other.text)),
        (" " in name.text) == (" " in other.text),
    )
    before = question[: name.start]
    aside = re.search(r"\b(?:according to|as)\s+(?:the\s+)?$", before, re.IGNORECASE)
    governed = re.search(rf"\b(?:{'|'.join(PREPOSITIONS)})\s+(?:the\s+)?$", before, re.IGNORECASE)
    return 2.0 * possessive + sum(alike) - 3.0 * bool(aside) - 1.5 * bool(governed)


def _parallel_noun(fragment: str, question: str) -> Phrase | None:
    """Find the noun phrase of a question that a plain noun runs parallel to: with a determiner like it, or the last."""
    determined = re.match(r"(?:the|an?)\b", fragment, re.IGNORECASE) is not None
    first = re.search(r"\bthe (?=(\w[\w'’-]*))", question)
    if determined and first and fold(first[1]) not in FUNCTION_WORDS:
        opening = Phrase(first[1], first.end(), first.end() + len(first[1]))
        name = next((name for name in find_names(question) if name.start <= opening.start < name.end), opening)
        return noun_phrase(question, name)
    names = find_names(question)
    spoken = words(question)
    if not spoken or find_dates(question[spoken[-1].start :]):
        return None
    held = next((name for name in names if name.start <= spoken[-1].start < name.end), None)
    if held is not None:
        return held if not determined else None
    run = [spoken[-1]]
    for word in reversed(spoken[:-1]):
        if question[word.end : run[0].start] != " " or fold(word.text) in FUNCTION_WORDS or not word.text.islower():
            break
        run.insert(0, word)
    if len(run) > 1 and cut_question(question).inverted:
        before = question[: run[0].start].split()
        run = run[2:] if before[-1].lower() in _DETERMINERS else run[1:]  # the subject's noun and the verb
    if not run or fold(run[0].text) in FUNCTION_WORDS or PARTICIPLE.search(run[-1].text):
        return None
    return Phrase(question[run[0].start : run[-1].end], run[0].start, run[-1].end)
