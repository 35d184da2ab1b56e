"""Example questions, which belong to a corpus and not to the program."""

from __future__ import annotations

from pathlib import Path

EXAMPLES_FILE = ".examples.txt"
"""In the corpus folder: one question a line. Ingest passes hidden files over."""
_MOST, _LONGEST = 5, 160


def read_examples(corpus: Path) -> tuple[str, ...]:
    """Read the example questions of a corpus.

    Args:
        corpus: The folder of documents.

    Returns:
        At most five questions; none where the folder has no such file or it can't be read.
    """
    try:
        lines = (corpus / EXAMPLES_FILE).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return ()
    questions = (line.strip() for line in lines)
    return tuple(question for question in questions if question and len(question) <= _LONGEST)[:_MOST]
