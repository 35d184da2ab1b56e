"""From questions and passages to the tensors of one step."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from tokenizers import Tokenizer
from torch import Tensor

from evals.reader.preparation import Prepared
from evals.reader.questions import TrainingQuestion, TrainingSet
from evals.reader.wording import Pools, falsify, name_pools, reword

LONGEST_QUESTION = 40
"""Tokens of a question that are read."""
_WINDOW = 200
"""Tokens of a passage that are read in training; a longer one is cut at random around an answer."""
_REVIEWS = ("squadshifts_reddit", "squadshifts_amazon")
_REVIEW_NEGATIVES = 0.4
"""Questions about a review that are given a wrong passage besides; the others get their own alone."""
_NEGATIVES, _TRAPPED = 2, 2
_REWORDED, _FALSIFIED = 0.2, 0.4
_POOL, _PADDED_TOKENS = 240, 1800


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A question's passage, cut to a window of its tokens."""

    passage: int
    first: int
    last: int
    """Half-open with `first`."""
    holds: bool
    """Whether it answers."""

    @property
    def tokens(self) -> int:
        """How long the window is."""
        return self.last - self.first


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A question with one passage that answers, if there is one, and some that don't."""

    question: str
    answers: tuple[str, ...]
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Pairs of some groups; rows are pairs, columns are tokens of the question and then of the passage."""

    ids: Tensor
    types: Tensor
    """1 for the passage's tokens."""
    attended: Tensor
    group: Tensor
    """Number of each pair's question within the batch."""
    body: Tensor
    """Passage tokens in which an answer may begin."""
    starts: Tensor
    ends: Tensor
    """Passage tokens that begin and end an answer."""
    sentences: Tensor
    """Number of each passage token's sentence within the batch, -1 for none."""
    sentence_group: Tensor
    sentence_right: Tensor
    holds: Tensor


def draw_batches(
    training: TrainingSet, prepared: Prepared, tokenizer: Tokenizer, *, seed: int, rounds: int
) -> Iterator[Batch]:
    """Draw every question once a round, negatives and wordings anew; those about a review in the first round only."""
    chance = random.Random(seed)
    numbers = [
        number
        for at in range(rounds)
        for number, question in enumerate(training.questions)
        if question.benchmark not in _REVIEWS or at == 0
    ]
    chance.shuffle(numbers)
    pools = name_pools(training.questions)
    for begin in range(0, len(numbers), _POOL):
        groups = [
            group
            for number in numbers[begin : begin + _POOL]
            for group in _draw(number, training, prepared, pools, chance)
        ]
        groups.sort(key=lambda group: max(pair.tokens for pair in group.pairs))
        packs = list(_packs(groups))
        chance.shuffle(packs)
        for pack in packs:
            yield collate(pack, training, prepared, tokenizer)


def _packs(groups: Sequence[Group]) -> Iterator[list[Group]]:
    pack: list[Group] = []
    for group in groups:
        width = max(pair.tokens for pair in group.pairs) + 20
        if pack and width * (len(group.pairs) + sum(len(other.pairs) for other in pack)) > _PADDED_TOKENS:
            yield pack
            pack = []
        pack.append(group)
    if pack:
        yield pack


def _draw(
    number: int, training: TrainingSet, prepared: Prepared, pools: Pools, chance: random.Random
) -> Iterator[Group]:
    """Draw a question with its passages and, of some, the same with another name in it, which nothing answers."""
    question, negatives = training.questions[number], prepared.negatives[number]
    right = prepared.positives[number]
    if question.gold and not right:
        return
    chosen = [chance.choice(right)] if right else []
    if right:
        wanted, depth = _NEGATIVES, 12
        if question.benchmark in _REVIEWS:
            wanted, depth = int(chance.random() < _REVIEW_NEGATIVES), 24
        others = chance.sample(negatives[:depth], min(wanted, len(negatives[:depth])))
    else:
        others = [*negatives[:1], *chance.sample(negatives[1:8], min(_TRAPPED - 1, len(negatives[1:8])))]
    pairs = [_window(passage, question, training, prepared, chance, holds=True) for passage in chosen]
    pairs += [_window(passage, question, training, prepared, chance, holds=False) for passage in others]
    text = question.text
    own = training.passages[chosen[0]].text if chosen else ""
    if chosen and chance.random() < _REWORDED:
        text = reword(text, own, prepared.near_words, chance)
    if pairs:
        yield Group(question=text, answers=question.answers, pairs=tuple(pairs))
    false = falsify(question.text, own, pools, chance) if chosen and chance.random() < _FALSIFIED else None
    if false:
        yield Group(question=false, answers=(), pairs=(replace(pairs[0], holds=False),))


def _window(
    passage: int,
    question: TrainingQuestion,
    training: TrainingSet,
    prepared: Prepared,
    chance: random.Random,
    *,
    holds: bool,
) -> Pair:
    size = len(prepared.ids[passage])
    first = 1  # the token that begins every text stands before the question
    if size - first > _WINDOW:
        low, high = first, size - _WINDOW
        places = _occurrences(training.passages[passage].text, question.answers) if holds else []
        if places:
            place = chance.choice(places)[0]
            at = next((token for token, (_, end) in enumerate(prepared.offsets[passage]) if end > place), first)
            low, high = max(first, at + 12 - _WINDOW), max(first, min(high, at - 1))
        first = chance.randint(min(low, high), high)
    return Pair(passage=passage, first=first, last=min(size, first + _WINDOW), holds=holds)


def collate(groups: Sequence[Group], training: TrainingSet, prepared: Prepared, tokenizer: Tokenizer) -> Batch:
    """Lay some groups out as tensors."""
    asked = [tokenizer.encode(group.question).ids[:LONGEST_QUESTION] for group in groups]
    pairs = [(at, pair) for at, group in enumerate(groups) for pair in group.pairs]
    shape = len(pairs), max(len(asked[at]) + pair.tokens for at, pair in pairs)
    batch = Batch(
        ids=torch.zeros(shape, dtype=torch.long),
        types=torch.zeros(shape, dtype=torch.long),
        attended=torch.zeros(shape, dtype=torch.bool),
        group=torch.tensor([at for at, _ in pairs]),
        body=torch.zeros(shape, dtype=torch.bool),
        starts=torch.zeros(shape, dtype=torch.bool),
        ends=torch.zeros(shape, dtype=torch.bool),
        sentences=torch.full(shape, -1),
        sentence_group=torch.empty(0),
        sentence_right=torch.empty(0),
        holds=torch.tensor([pair.holds for _, pair in pairs]),
    )
    of_group: list[int] = []
    right: list[bool] = []
    for row, (at, pair) in enumerate(pairs):
        begin = len(asked[at])
        ids = asked[at] + prepared.ids[pair.passage][pair.first : pair.last]
        batch.ids[row, : len(ids)] = torch.tensor(ids)
        batch.types[row, begin : len(ids)] = 1
        batch.attended[row, : len(ids)] = True
        marked = _fill(batch, (row, begin), pair, groups[at].answers, training, prepared, sentences=len(of_group))
        of_group += [at] * len(marked)
        right += marked
    return Batch(
        **{name: getattr(batch, name) for name in Batch.__slots__ if not name.startswith("sentence_")},
        sentence_group=torch.tensor(of_group, dtype=torch.long),
        sentence_right=torch.tensor(right, dtype=torch.bool),
    )


def _fill(
    batch: Batch,
    place: tuple[int, int],
    pair: Pair,
    answers: Sequence[str],
    training: TrainingSet,
    prepared: Prepared,
    *,
    sentences: int,
) -> list[bool]:
    """Mark what a row has to find, from `place` on; return which of its sentences, from number `sentences`, hold it."""
    passage, offsets = training.passages[pair.passage], prepared.offsets[pair.passage]
    row, begin = place
    places = _occurrences(passage.text, answers) if pair.holds else []
    numbers: dict[int, int] = {}
    marked: list[bool] = []
    for token in range(pair.first, pair.last):
        start, end = offsets[token]
        at = next((n for n, span in enumerate(passage.sentences) if span.start <= start < span.end), None)
        if at is None or start == end:
            continue
        if at not in numbers:
            numbers[at] = sentences + len(marked)
            marked.append(False)
        column = begin + token - pair.first
        batch.body[row, column] = True
        batch.sentences[row, column] = numbers[at]
        for first, last in places:
            if start <= first < end:
                batch.starts[row, column] = True
                marked[numbers[at] - sentences] = True
            if start < last <= end:
                batch.ends[row, column] = True
    return marked


def _occurrences(text: str, answers: Sequence[str]) -> list[tuple[int, int]]:
    """Find where whole words of a text are an answer, as half-open characters."""
    return sorted(
        {
            match.span()
            for answer in answers
            if answer.strip()
            for match in re.finditer(rf"(?<!\w){re.escape(answer.strip())}(?!\w)", text, re.IGNORECASE)
        }
    )
