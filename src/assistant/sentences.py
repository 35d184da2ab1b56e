"""Splitting prose into sentences with a trained Punkt model for English.

The model's data is shipped inside llama-index-core, which is located here without being imported.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from assistant.types import Span

PUNKT_FOLDER = Path("core/_static/nltk_cache/tokenizers/punkt_tab/english")
_NUMBERED = re.compile(r"(?:^|[\s(\[])(?:Nos?|Arts?|Figs?|Secs?|Vols?|Eqs?|Chs?|Res|pp?|approx|ca)\.$", re.IGNORECASE)


def split_sentences(text: str) -> list[Span]:
    """Split prose into sentences.

    Args:
        text: One paragraph or several.

    Returns:
        The sentences in order, not overlapping, each without white space around it. Together they hold
        every character of the text that is not white space.
    """
    raw = [(int(start), int(end)) for start, end in _splitter().span_tokenize(text)]
    return [span for start, end in _rejoined(text, raw) if (span := _stripped(text, start, end)) is not None]


def _rejoined(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Undo cuts between an abbreviation such as "No." and its number, and close the gaps."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and text[start : start + 1].isdigit() and _NUMBERED.search(text, joined[-1][0], joined[-1][1]):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((joined[-1][1] if joined else 0, end))
    if joined:
        joined[-1] = (joined[-1][0], len(text))
    elif text:
        joined = [(0, len(text))]
    return joined


def _stripped(text: str, start: int, end: int) -> Span | None:
    piece = text[start:end]
    words = piece.strip()
    if not words:
        return None
    first = start + len(piece) - len(piece.lstrip())
    return Span(start=first, end=first + len(words))


@lru_cache(maxsize=1)
def _splitter() -> Any:
    # nltk takes over a second to import, and only an ingest that changes something needs it.
    from nltk.tabdata import PunktDecoder  # type: ignore[import-untyped]
    from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer  # type: ignore[import-untyped]

    folder, decoder, trained = _punkt_folder(), PunktDecoder(), PunktParameters()
    with (folder / "collocations.tab").open(encoding="utf-8") as lines:
        trained.collocations = set(decoder.tab2tups(lines))
    with (folder / "sent_starters.txt").open(encoding="utf-8") as lines:
        trained.sent_starters = decoder.txt2set(lines)
    with (folder / "abbrev_types.txt").open(encoding="utf-8") as lines:
        trained.abbrev_types = decoder.txt2set(lines)
    with (folder / "ortho_context.tab").open(encoding="utf-8") as lines:
        trained.ortho_context = decoder.tab2intdict(lines)
    return PunktSentenceTokenizer(trained)


def _punkt_folder() -> Path:
    found = find_spec("llama_index")
    for root in () if found is None else found.submodule_search_locations or ():
        if (folder := Path(root) / PUNKT_FOLDER).is_dir():
            return folder
    raise ModuleNotFoundError(f"no folder {PUNKT_FOLDER} below llama_index: install llama-index-core again")
