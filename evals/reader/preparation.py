"""What is made of the training set once: tokens, hard negatives, and words of like meaning."""

from __future__ import annotations

import logging
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from tokenizers import Tokenizer

from assistant.terms import stems
from evals.matching import answer_tokens
from evals.reader.network import load_packaged
from evals.reader.questions import TrainingPassage, TrainingSet

logger = logging.getLogger(__name__)

MOST_TOKENS = 256
MINED = 24
"""Hard negatives that are kept of a question, best first."""
_DENSE_WEIGHT = 0.6
_BATCH_TOKENS = 3000
_K1, _B = 1.2, 0.75
_NEIGHBOURS, _NEAR = 6, 0.62
_CLS = 101


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The training set, ready to be trained on; lists run parallel to the set's passages and questions."""

    ids: list[list[int]]
    offsets: list[list[tuple[int, int]]]
    positives: list[list[int]]
    """Passages of a question's own documents that hold an answer."""
    negatives: list[list[int]]
    """Passages without an answer, the hardest first."""
    near_words: dict[str, list[str]]
    """Words of like meaning and another stem."""


class Encoder:
    """The packaged encoder as it embeds: the mean of a text's tokens."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(MOST_TOKENS)
        self._network = load_packaged(load_file(folder / "model.safetensors")).eval()

    @torch.inference_mode()
    def embed(self, ids: Sequence[list[int]]) -> NDArray[np.float32]:
        """Embed sequences of token ids: unit vectors of shape (sequences, 384)."""
        vectors = np.zeros((len(ids), 384), dtype=np.float32)
        order = sorted(range(len(ids)), key=lambda number: len(ids[number]))
        while order:
            size = max(1, _BATCH_TOKENS // len(ids[order[0]]))
            batch, order = order[:size], order[size:]
            width = max(len(ids[number]) for number in batch)
            tokens = torch.tensor([ids[number] + [0] * (width - len(ids[number])) for number in batch])
            attended = torch.tensor([[place < len(ids[number]) for place in range(width)] for number in batch])
            top = self._network.encode(tokens, torch.zeros_like(tokens), attended)
            mean = (top * attended[..., None]).sum(1) / attended.sum(1, keepdim=True)
            vectors[batch] = torch.nn.functional.normalize(mean, dim=1).numpy()
        return vectors


def prepare(training: TrainingSet, folder: Path) -> Prepared:
    """Tokenise, encode and mine.

    Args:
        training: What is learned from.
        folder: The packaged model's.
    """
    encoder = Encoder(folder)
    encoded = encoder.tokenizer.encode_batch([passage.text for passage in training.passages])
    ids = [encoding.ids for encoding in encoded]
    vectors = encoder.embed(ids)
    logger.info("encoded %d passages", len(ids))
    asked = encoder.tokenizer.encode_batch([question.text for question in training.questions])
    wanted = encoder.embed([encoding.ids for encoding in asked])
    logger.info("encoded %d questions", len(asked))
    positives, negatives = _mine(training, vectors, wanted)
    return Prepared(
        ids=ids,
        offsets=[encoding.offsets for encoding in encoded],
        positives=positives,
        negatives=negatives,
        near_words=_near_words(training, encoder),
    )


def _mine(
    training: TrainingSet, vectors: NDArray[np.float32], wanted: NDArray[np.float32]
) -> tuple[list[list[int]], list[list[int]]]:
    members: dict[str, list[int]] = defaultdict(list)
    of_document: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, passage in enumerate(training.passages):
        members[passage.benchmark].append(number)
        of_document[passage.benchmark, passage.document_id].append(number)
    words = [_spelled(passage.text) for passage in training.passages]
    searches = {name: _Bm25([training.passages[number] for number in numbers]) for name, numbers in members.items()}
    positives, negatives = [], []
    for question, vector in zip(training.questions, wanted, strict=True):
        own = members[question.benchmark]
        answers = [_spelled(answer) for answer in question.answers]
        dense, lexical = vectors[own] @ vector, searches[question.benchmark].scores(question.text)
        fused = _DENSE_WEIGHT * _min_max(dense) + (1 - _DENSE_WEIGHT) * _min_max(lexical)
        gold = [number for key in question.gold for number in of_document[question.benchmark, key]]
        positives.append([number for number in gold if any(one in words[number] for one in answers)])
        traps = [number for key in question.traps for number in of_document[question.benchmark, key]]
        mined = [own[place] for place in np.argsort(-fused, kind="stable")[: MINED + len(gold) + 10]]
        free = [
            number
            for number in dict.fromkeys((*traps, *mined))
            if number not in gold and not any(one in words[number] for one in answers)
        ]
        negatives.append(free[:MINED])
    return positives, negatives


def _spelled(text: str) -> str:
    """Spell a text's normalised tokens with a space around each, so that `in` finds whole ones."""
    return f" {' '.join(answer_tokens(text))} "


def _min_max(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    low, high = scores.min(), scores.max()
    return np.asarray((scores - low) / (high - low) if high > low else np.zeros_like(scores))


class _Bm25:
    """BM25 over a set's passages."""

    def __init__(self, passages: Sequence[TrainingPassage]) -> None:
        self._postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        lengths = []
        for number, passage in enumerate(passages):
            counts = Counter(stems(passage.text))
            lengths.append(sum(counts.values()))
            for stem, count in counts.items():
                self._postings[stem].append((number, count))
        self._norm = _K1 * (1 - _B + _B * np.array(lengths) / max(1.0, float(np.mean(lengths))))

    def scores(self, question: str) -> NDArray[np.float32]:
        """Score every passage."""
        total = np.zeros(len(self._norm), dtype=np.float32)
        for stem in set(stems(question)):
            found = self._postings.get(stem, ())
            rarity = np.log(1 + (len(self._norm) - len(found) + 0.5) / (len(found) + 0.5))
            for number, count in found:
                total[number] += rarity * count * (_K1 + 1) / (count + self._norm[number])
        return total


def _near_words(training: TrainingSet, encoder: Encoder) -> dict[str, list[str]]:
    """Find words of like meaning by the encoder's own vectors of single words."""
    vocabulary = encoder.tokenizer.get_vocab()
    seen = Counter(word for passage in training.passages for word in re.findall(r"[a-z]{3,}", passage.text))
    words = sorted(word for word, count in seen.items() if count >= 2 and word in vocabulary and stems(word))
    stem_of = [stems(word)[0] for word in words]
    vectors = encoder.embed([[_CLS, vocabulary[word], _CLS + 1] for word in words])
    near = {}
    for number, word in enumerate(words):
        cosines = vectors @ vectors[number]
        best = np.argsort(-cosines)[: 2 * _NEIGHBOURS]
        others = [words[at] for at in best if cosines[at] >= _NEAR and stem_of[at] != stem_of[number]]
        if others:
            near[word] = others[:_NEIGHBOURS]
    logger.info("%d of %d words have words of like meaning", len(near), len(words))
    return near
