"""The shortest set of exact sentences that answers, in an order that reads well."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from assistant.catalog import Catalog, StoredSentence
from assistant.clauses import cut_question
from assistant.evidence import ScoredSentence, is_evidence, points_back
from assistant.questions import Question
from assistant.settings import Settings
from assistant.terms import stem, stems
from assistant.types import BlockKind, Span

NEAR_DUPLICATE = 0.8
"""Share of the smaller sentence's words that the other holds, from which on one of the two is enough."""
SCORE_MARGIN = 3.0
"""A sentence this much below the best adds nothing; on the scale of `evidence_signals.WEIGHTS`. With the weights of
decision 005, none of 2.5, 3.5 and 6 changed how many development questions were answered right, and a lower one makes
shorter answers."""
NEW_TERMS_WORTH = 1.0
"""What a sentence gains for covering all of the question that the chosen ones leave open."""
CONTINUATION_WORTH = 1.0
"""What a sentence gains for going on from a chosen one ("It consists of …")."""
MOST_LIST_ITEMS = 12
NEWEST_FIRST_MARGIN = 1.5
"""Documents whose best sentences are this close both answer; then their dates decide the order."""
_LOOKS_BACK = 1200
"""Characters before a sentence in which its predecessor or its list's introduction is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How long an answer may be."""

    sentences: int
    words: int

    @classmethod
    def of(cls, question: Question, settings: Settings) -> Budget:
        """Give each further part of a question a sentence and half of the words more, a list its items."""
        parts = max(question.parts, len(question.sides))
        sentences = settings.answer_sentences + parts - 1
        words = settings.answer_words * (1 + parts) // 2
        if question.wants_list:
            return cls(sentences=max(sentences, MOST_LIST_ITEMS), words=max(words, settings.answer_words * 3 // 2))
        return cls(sentences=sentences, words=words)


def compose(
    question: Question,
    sentences: Sequence[ScoredSentence],
    *,
    leads: Sequence[ScoredSentence] = (),
    settings: Settings,
    catalog: Catalog,
) -> tuple[ScoredSentence, ...]:
    """Choose the sentences of an answer.

    Args:
        question: What is asked.
        sentences: Scored, best first.
        leads: The best sentence for each thing that the question names side by side.
        settings: How long an answer may be.
        catalog: Where neighbours of the sentences are, within the same snapshot.

    Returns:
        In reading order: documents by their best sentence (the newer first where both answer), within a document by
        position. Never empty if `sentences` is not.
    """
    draft = _Draft(question=question, budget=Budget.of(question, settings), catalog=catalog, sentences=sentences)
    if sentences:
        draft.add_best()
        draft.add_leads(leads)
        if question.wants_list:
            draft.add_list_items()
        draft.add_others(most=settings.answer_sentences + max(question.parts, len(question.sides)) - 1)
    return _in_reading_order(draft.chosen, catalog)


class _Draft:
    """An answer while it is put together."""

    def __init__(
        self, *, question: Question, budget: Budget, catalog: Catalog, sentences: Sequence[ScoredSentence]
    ) -> None:
        self._question, self._budget, self._catalog, self._sentences = question, budget, catalog, sentences
        self.chosen: list[ScoredSentence] = []

    @cached_property
    def _best(self) -> ScoredSentence:
        """What the answer begins with; there is a sentence."""
        return self._asked_list() or self._sentences[0]

    def _asked_list(self) -> ScoredSentence | None:
        """Find the sentence that introduces a list of what is asked for: "The three conditions are these:"."""
        noun = cut_question(self._question.text).noun if self._question.wants_list else None
        if noun is None:
            return None
        floor = self._sentences[0].score - SCORE_MARGIN
        for found in self._sentences:
            if found.score < floor:
                return None
            introduces = found.text.rstrip().endswith(":") and stem(noun) in stems(found.text)
            if introduces and _list_around(found.stored, self._neighbours(found, before=0, after=_LOOKS_BACK)):
                return found
        return None

    def add_best(self) -> None:
        """Take the best sentence, with what it needs before it."""
        self._add_with_antecedent(self._best, always=True)

    def add_leads(self, leads: Sequence[ScoredSentence]) -> None:
        """Take the best sentence of each thing that is asked about."""
        for lead in leads:
            self._add_with_antecedent(lead, always=False)

    def add_list_items(self) -> None:
        """Take the other items of the list that the best sentence belongs to or introduces."""
        best = self._best
        around = self._neighbours(best, before=_LOOKS_BACK, after=_LOOKS_BACK)
        for stored in _list_around(best.stored, around):
            self._add(self._known_or_like(stored, best))

    def add_others(self, *, most: int) -> None:
        """Take further sentences while they add something, `most` in all."""
        floor = self._sentences[0].score - SCORE_MARGIN
        rest = [found for found in self._sentences if found.score >= floor]
        while rest and len(self.chosen) < most:
            rest.sort(key=lambda found: (-found.score - self._worth(found), found.place))
            self._add_with_antecedent(rest.pop(0), always=False)

    def _worth(self, found: ScoredSentence) -> float:
        """What a sentence gains by what is chosen already."""
        digest, ordinal = found.passage.chunk.digest, found.stored.ordinal
        goes_on = points_back(found.text) and any(
            other.passage.chunk.digest == digest and other.stored.ordinal == ordinal - 1 for other in self.chosen
        )
        return NEW_TERMS_WORTH * self._gain(found) + CONTINUATION_WORTH * goes_on

    def _gain(self, found: ScoredSentence) -> float:
        """Tell which share of the question's terms only this sentence would cover."""
        asked = self._question.stems
        covered = frozenset().union(*(other.stems for other in self.chosen))
        return len((asked & found.stems) - covered) / len(asked) if asked else 0.0

    def _add_with_antecedent(self, found: ScoredSentence, *, always: bool) -> None:
        if not (always or self._fits(found)):
            return
        if points_back(found.text) or found.stored.sentence.kind is BlockKind.ITEM:
            before = self._sentence_before(found)
            if before is not None and self._words() + _words(before.text) + _words(found.text) <= self._budget.words:
                self._add(before)
        self._add(found, always=always)

    def _sentence_before(self, found: ScoredSentence) -> ScoredSentence | None:
        """Find what a pronoun refers to, or what introduces the list of an item."""
        start = found.stored.sentence.start
        prose = found.stored.sentence.kind is not BlockKind.ITEM
        for stored in reversed(self._neighbours(found, before=_LOOKS_BACK, after=0)):
            if stored.sentence.start >= start or (stored.sentence.kind is BlockKind.ITEM and not prose):
                continue
            usable = is_evidence(stored) and stored.sentence.kind is BlockKind.PARAGRAPH
            introduces = prose or stored.text.rstrip().endswith(":")
            return self._known_or_like(stored, found) if usable and introduces else None
        return None

    def _neighbours(self, found: ScoredSentence, *, before: int, after: int) -> list[StoredSentence]:
        sentence = found.stored.sentence
        span = Span(start=max(0, sentence.start - before), end=sentence.end + after)
        return self._catalog.sentences(found.passage.chunk.digest, within=span)

    def _known_or_like(self, stored: StoredSentence, like: ScoredSentence) -> ScoredSentence:
        """Find a neighbour among the scored sentences, or let it stand by the one that brought it."""
        place = (like.passage.document_id, stored.sentence.start)
        known = next((found for found in self._sentences if found.place == place), None)
        return known or like.beside(stored)

    def _add(self, found: ScoredSentence, *, always: bool = False) -> None:
        if always or self._fits(found):
            self.chosen.append(found)

    def _fits(self, found: ScoredSentence) -> bool:
        room = len(self.chosen) < self._budget.sentences and self._words() + _words(found.text) <= self._budget.words
        return room and not any(_says_the_same(found, other) for other in self.chosen)

    def _words(self) -> int:
        return sum(_words(found.text) for found in self.chosen)


def _list_around(best: StoredSentence, around: Sequence[StoredSentence]) -> list[StoredSentence]:
    """Find the unbroken run of items that a sentence stands in or introduces; empty if there is none."""
    at = next((index for index, stored in enumerate(around) if stored.ordinal == best.ordinal), None)
    if at is None:
        return []
    first = last = at + (best.sentence.kind is not BlockKind.ITEM)
    is_item: Callable[[int], bool] = lambda index: (  # noqa: E731
        0 <= index < len(around) and around[index].sentence.kind is BlockKind.ITEM
    )
    if not is_item(first):
        return []
    while is_item(first - 1):
        first -= 1
    while is_item(last + 1):
        last += 1
    return [stored for stored in around[first : last + 1] if stored.ordinal != best.ordinal and is_evidence(stored)]


def _words(text: str) -> int:
    return len(text.split())


def _says_the_same(one: ScoredSentence, other: ScoredSentence) -> bool:
    if one.place == other.place or one.text == other.text:
        return True
    smaller = min(len(one.stems), len(other.stems))
    numbers = {stem for stem in one.stems ^ other.stems if any(character.isdigit() for character in stem)}
    return (
        not numbers
        and smaller > 0
        and len(one.stems & other.stems) >= NEAR_DUPLICATE * max(len(one.stems), len(other.stems))
    )


def _in_reading_order(chosen: Sequence[ScoredSentence], catalog: Catalog) -> tuple[ScoredSentence, ...]:
    by_document: dict[str, list[ScoredSentence]] = {}
    for found in chosen:
        by_document.setdefault(found.passage.document_id, []).append(found)
    groups = sorted(by_document.items(), key=lambda group: (-_best(group[1]), group[0]))
    close = [group for group in groups if _best(groups[0][1]) - _best(group[1]) <= NEWEST_FIRST_MARGIN]
    dates = {document_id: catalog.document(document_id).date for document_id, _ in close} if len(close) > 1 else {}
    if dates and all(dates.values()):
        groups[: len(close)] = sorted(close, key=lambda group: dates[group[0]] or "", reverse=True)
    return tuple(found for _, group in groups for found in sorted(group, key=lambda found: found.place))


def _best(group: Sequence[ScoredSentence]) -> float:
    return max(found.score for found in group)
