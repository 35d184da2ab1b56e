"""Counting tokens as language models count them, from the vocabulary that is shipped with llama-index-core.

`assistant.environment.prepare_environment` points tiktoken at that vocabulary; without it tiktoken would
try a download, so it is called here too, for who uses this as a library.
"""

from __future__ import annotations

from functools import lru_cache

import tiktoken

from assistant.environment import prepare_environment

ENCODING = "o200k_base"


@lru_cache(maxsize=1)
def _encoding() -> tiktoken.Encoding:
    prepare_environment()
    return tiktoken.get_encoding(ENCODING)


def count_tokens(text: str) -> int:
    """Count a text's tokens.

    Args:
        text: Any text; special tokens in it are counted as ordinary characters.

    Returns:
        The number of tokens in `ENCODING`.
    """
    return len(_encoding().encode(text, disallowed_special=()))
