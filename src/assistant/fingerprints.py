"""What an answer depends on besides the question and the documents, as one hash."""

from __future__ import annotations

import hashlib
import json

from assistant import (
    abstention,
    answering,
    conflicts,
    evidence,
    evidence_signals,
    hops,
    questions,
    reading,
    short_answers,
)
from assistant.settings import Settings

_CONFIG_SETTINGS = (
    "top_k",
    "candidates",
    "fusion",
    "dense_weight",
    "exact_scan_limit",
    "passages_per_document",
    "read_passages",
    "cross_encoder_passages",
    "answer_sentences",
    "answer_words",
    "abstain_below",
    "max_wrong",
)
"""Settings that can change an answer from a given store, besides the embedder."""


def fingerprint_config(
    settings: Settings, *, embedder: str, reader: str | None, reranker: str | None, calibration: str | None
) -> str:
    """Hash all that can change an answer from a given store.

    Args:
        settings: All of them.
        embedder: The embedder's fingerprint.
        reader: The reader's fingerprint; None without one.
        reranker: The cross-encoder's; None without one.
        calibration: The digest of the calibration in use; None without one.
    """
    chosen = {name: getattr(settings, name) for name in _CONFIG_SETTINGS}
    weights = [
        evidence.VERSION,
        [evidence_signals.WEIGHTS, evidence_signals.READ_WEIGHTS],
        [abstention.INTERCEPT, abstention.WEIGHTS, abstention.READ_INTERCEPT, abstention.READ_WEIGHTS],
        [short_answers.BAR, short_answers.INTERCEPT, short_answers.WEIGHTS],
        [conflicts.BARS, conflicts.MARGIN, conflicts.MOST],
        [reading.RANK_WEIGHTS, reading.FARTHEST, reading.READ_CHARACTERS],
        [questions.MOST_SIDES, questions.MOST_TIMES],
        [answering.SCORE_MARGIN, answering.NEW_TERMS_WORTH, answering.CONTINUATION_WORTH, answering.MOST_LIST_ITEMS],
        [hops.KEPT, hops.MOST_PLACES, hops.UNCOVERED, hops.NAMED, hops.WEIGHTS, hops.ENOUGH, hops.CANDIDATES],
    ]
    parts = [embedder, reader, reranker, calibration, chosen, weights]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=dict).encode()).hexdigest()
