"""How a question is built: what it asks for, the clause that follows, and the nouns around a name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.phrases import AUXILIARIES, FUNCTION_WORDS, PREPOSITIONS, Phrase, words
from assistant.terms import STOP_WORDS, fold

PARTICIPLE = re.compile(r"(?:ed|en|made|built|set|held|sent|put|found|told|known|shown|born|done|gone)$")
"""How a word ends that may be a participle."""
_VERB = re.compile(
    r"(?<![sui])s$|ed$|^(?:took|gave|went|came|made|got|became|began|built|held|won|led|met|left|put|set|sent|flew|blew"
    r"|broke|brought|bought|caught|fell|found|grew|kept|knew|lost|paid|ran|rose|said|saw|sold|spoke|spent|stood|told"
    r"|wrote)$"
)
_ADJUNCT = re.compile(
    r"(?:when|where|why|how(?! many| much)|(?:in|on|at|by|since|until|from|to|for|with|under|during|after|before) "
    r"(?:which|what|whom|when|how))\b",
    re.IGNORECASE,
)
_QUESTION_WORDS = frozenset(("who", "whom", "whose", "what", "which", "when", "where", "why", "how"))


@dataclass(frozen=True, slots=True)
class AskedFor:
    """A question, cut before its first auxiliary."""

    wanted: str
    """What is asked for ("Which satellite"); empty for a question that wants yes or no."""
    rest: str
    """From the auxiliary on; without one, from the verb on."""
    inverted: bool
    """Whether an auxiliary leads the rest."""

    @property
    def is_adjunct(self) -> bool:
        """Whether a time, a place, a reason or a manner is asked for, so that the rest is a whole clause."""
        return _ADJUNCT.match(self.wanted) is not None

    @property
    def noun(self) -> str | None:
        """The noun of "which noun" or "what noun"; None without one."""
        match = re.match(r"(?:\w+ )?(?:which|what|how many|how much)((?: [\w'’-]+)+)", self.wanted, re.IGNORECASE)
        if match is None:
            return None
        led = match[1].split()
        before = [word for word in led[: next((i for i, w in enumerate(led) if w in PREPOSITIONS), len(led))]]
        return before[-1] if before and fold(before[-1]) not in STOP_WORDS else None


def cut_question(question: str) -> AskedFor:
    """Cut a question into what it asks for and the rest."""
    text = question.strip().rstrip("?!. ")
    spoken = words(text)
    opens = fold(spoken[0].text) if spoken else ""
    leads = opens in _QUESTION_WORDS or (len(spoken) > 1 and fold(spoken[1].text) in _QUESTION_WORDS)
    if not leads:
        return AskedFor(wanted="", rest=text, inverted=opens in AUXILIARIES)
    for word in spoken:
        if word.text.lower() in AUXILIARIES:
            return AskedFor(wanted=text[: word.start].strip(), rest=text[word.start :], inverted=True)
        if re.search(r"['’]s$", word.text) and fold(word.text) in _QUESTION_WORDS:
            return AskedFor(wanted=word.text[:-2], rest="is" + text[word.end :], inverted=True)
    size = 1
    if opens in ("which", "what") and len(spoken) > 1 and not PARTICIPLE.search(spoken[1].text):
        verbs = [_VERB.search(word.text) is not None for word in spoken[2:4]]
        size = 3 if verbs == [False, True] and fold(spoken[2].text) not in PREPOSITIONS else 2
    if opens == "how":
        size = 3
    size = min(size, len(spoken) - 1)
    return AskedFor(wanted=text[: spoken[size].start].strip(), rest=text[spoken[size].start :], inverted=False)


def ask_instead(wanted: str, question: str, *, answered: str | None) -> str:
    """Ask something else of what a question was about ("when?", "why?", "with what budget?").

    Args:
        wanted: What is asked for now.
        question: The question before.
        answered: What its answer named; None where it named nothing.

    Returns:
        One question.
    """
    asked = cut_question(question)
    if fold(wanted) == "who" and re.match(r"(?:is|are|was|were)\b", asked.rest) and PARTICIPLE.search(asked.rest):
        return f"{wanted} {asked.rest} by"
    if re.fullmatch(r"why not", wanted, re.IGNORECASE) and asked.inverted:
        helper, _, clause = asked.rest.partition(" ")
        return f"{wanted[:3]} {helper.lower()} not {clause}"
    if not asked.wanted:
        rest = asked.rest[0].lower() + asked.rest[1:] if asked.inverted else asked.rest
        return f"{wanted} {rest}"
    if not asked.is_adjunct and re.match(r"(?:which|what|who|how many|how much) ?\w", wanted, re.IGNORECASE):
        return f"{wanted} {asked.rest}"
    if not asked.inverted:
        someone = answered or (f"a {asked.noun}" if asked.noun else "someone")
        return f"{wanted} was it that {someone} {asked.rest}"
    copula = re.match(r"(?:is|are|was|were) (?=(?:the|a|an) )", asked.rest)
    if copula and answered and not asked.is_adjunct and fold(asked.wanted) != "what":
        return f"{wanted} {copula.group()}{answered} {asked.rest[copula.end() :]}"
    if asked.is_adjunct or not re.match(r"(?:do|does|did|has|have|had|will|can)\b", asked.rest):
        return f"{wanted} {asked.rest}"
    what = answered or (f"that {asked.noun}" if asked.noun else "that")
    return f"{wanted} {asked.rest} {what}"


def noun_phrase(question: str, name: Phrase) -> Phrase:
    """Extend a name to the nouns around it ("the weather satellite Fengyun-1C", "the Tiangong station").

    Args:
        question: A question.
        name: One of its names.

    Returns:
        The name with what belongs to it; the verb of an inverted question is left out.
    """
    spoken = words(question)
    left = [word for word in spoken if word.end <= name.start]
    right = [word for word in spoken if word.start >= name.end]
    led_by = re.search(r"\b(?:the|an?)\s+(?P<nouns>(?:[a-z][\w-]*\s+){0,2})$", question[: name.start], re.IGNORECASE)
    joined = led_by is not None and all(noun not in FUNCTION_WORDS for noun in led_by["nouns"].split())
    start = led_by.start() if led_by is not None and joined else name.start
    run: list[Phrase] = []
    end, stops = name.end, None
    for word in right:
        if question[end if not run else run[-1].end : word.start] != " ":
            break
        if fold(word.text) in FUNCTION_WORDS or not word.text.islower():
            stops = fold(word.text)
            break
        run.append(word)
    led = any(fold(word.text) in AUXILIARIES for word in left)
    if led and not re.match(r"(?:the|an?)\b", question[start:], re.IGNORECASE):
        run = []
    if run and led and stops not in AUXILIARIES:
        supported = any(fold(word.text) in ("do", "does", "did") for word in left)
        if supported or PARTICIPLE.search(run[-1].text):
            run.pop()
    elif run and not led and stops not in AUXILIARIES and len(run) > 1:
        run = run[:1]
    end = run[min(len(run), 2) - 1].end if run else name.end
    return Phrase(question[start:end], start, end)
