"""Questions in other words: such as ask the same, and such as ask what the passage does not say."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence

from assistant.terms import stems
from evals.reader.questions import TrainingQuestion

Pools = Mapping[str, Sequence[str]]
"""Names and numbers that questions hold, by shape."""
_REPLACE, _DROP = 0.55, 0.25
_WORD = re.compile(r"[A-Za-z]+(?:['’]\w+)?|\S")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][\w'’-]*[a-z](?: [A-Z][\w'’-]*[a-z])*|\b\d[\d,.]*\d\b")


def reword(text: str, passage: str, near: dict[str, list[str]], chance: random.Random) -> str:
    """Take from a question the words that it shares with a passage, so that meaning has to do.

    Args:
        text: The question.
        passage: What it is asked of.
        near: Words of like meaning, for some words.
        chance: Decides which words are replaced, dropped or left.
    """
    held, said = set(stems(passage)), []
    for word in _WORD.findall(text):
        stem = stems(word)
        shared = bool(stem) and stem[0] in held and word[0].islower()
        fate = chance.random() if shared else 1.0
        free = [other for other in near.get(word, ()) if not held.intersection(stems(other))] if shared else []
        if free and fate < _REPLACE + _DROP / 2:
            said.append(chance.choice(free))
        elif fate >= _DROP or not shared:
            said.append(word)
    return " ".join(said)


def name_pools(questions: Sequence[TrainingQuestion]) -> Pools:
    """Collect what names and numbers the questions hold: those of one number of words or digits are alike."""
    pools: dict[str, dict[str, None]] = {}
    for question in questions:
        for found in _NAME.findall(question.text):
            pools.setdefault(_shape(found), {})[found] = None
    return {shape: tuple(names) for shape, names in pools.items()}


def falsify(text: str, passage: str, pools: Pools, chance: random.Random) -> str | None:
    """Put another name or number into a question for one that its passage holds, so that the passage does not answer.

    Args:
        text: The question.
        passage: What answers it.
        pools: What may be put in.
        chance: Decides what is replaced by what.

    Returns:
        The false question; None where there is nothing to replace.
    """
    places = [found for found in _NAME.finditer(text) if found.group() in passage]
    if not places:
        return None
    place = chance.choice(places)
    others = [name for name in pools[_shape(place.group())] if name not in passage and name not in text]
    return text[: place.start()] + chance.choice(others) + text[place.end() :] if others else None


def _shape(name: str) -> str:
    return f"digits {len(name)}" if name[0].isdigit() else f"words {name.count(' ') + 1}"
