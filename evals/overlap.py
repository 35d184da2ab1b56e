"""How many words a question takes from its evidence.

A question in the document's own words is easy for any search. `python -m evals.overlap GOLD` prints, for
every answerable question, the content words it shares with its evidence, and how many share none but names.

A content word is a casefolded, stemmed, alphabetic word that is not in the stop list and spells no number.
A shared word is a name, and not counted, when the question writes it as one: capitalised inside a sentence or
with two capitals; a capitalised word that opens a sentence is a name when the evidence writes it as one.
"""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from Stemmer import Stemmer

STOP_WORDS_FILE = Path("_static/nltk_cache/corpora/stopwords/english")
# Function words that the shipped list lacks.
MORE_STOP_WORDS = re.compile(
    "also|among|could|else|ever|every|many|may|might|much|must|per|shall|upon|via|within|without|would|yet"
)
NUMBER_WORDS = re.compile(
    "zero|ten|eleven|twelve|(?:four|six|seven|eigh|nine)(?:teen|ty)|(?:thir|fif)(?:teen|ty)|twenty|forty|"
    "one|two|three|four|five|six|seven|eight|nine|hundred|thousand|million|billion|"
    "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth"
)
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
OPENS_SENTENCE = re.compile(r"(?:^|[.!?:…]|\n)[\s\"'“”‘’(\[*#>|-]*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word of a text as the measure sees it."""

    text: str
    stem: str
    name: bool
    """Capitalised inside a sentence, or with two capitals anywhere."""
    opens: bool
    """Capitalised, but perhaps only because it opens a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """What one answerable question shares with its evidence."""

    question_id: str
    question: str
    shared: tuple[str, ...]
    """Content words of the question that the evidence holds too, in order, names left out."""
    names: tuple[str, ...]
    """Shared words that are names."""


@cache
def stop_words() -> frozenset[str]:
    """Read NLTK's English stop words from the copy that llama-index ships, without importing it."""
    spec = importlib.util.find_spec("llama_index.core")
    if spec is None or spec.submodule_search_locations is None:
        raise FileNotFoundError("llama-index-core is not installed: its stop words are needed")
    shipped = Path(spec.submodule_search_locations[0], STOP_WORDS_FILE).read_text(encoding="utf-8")
    return frozenset(shipped.casefold().split())


@cache
def _stemmer() -> Stemmer:
    return Stemmer("english")


def _is_content(folded: str) -> bool:
    alphabetic = folded.replace("'", "").isalpha()
    known = folded in stop_words() or MORE_STOP_WORDS.fullmatch(folded) or NUMBER_WORDS.fullmatch(folded)
    return alphabetic and not known


def content_words(text: str) -> Iterator[Word]:
    """Yield the content words of a text in order.

    Args:
        text: A question or a quote.

    Yields:
        Its words without stop words, number words and words that hold a digit.
    """
    for match in WORD.finditer(text):
        written = match.group().replace("’", "'")
        folded = written.casefold().removesuffix("'s")
        if not _is_content(folded):
            continue
        capitalised = written[0].isupper()
        opens = capitalised and OPENS_SENTENCE.search(text[: match.start()]) is not None
        acronym = sum(letter.isupper() for letter in written) > 1
        yield Word(
            text=written,
            stem=_stemmer().stemWord(folded),
            name=acronym or (capitalised and not opens),
            opens=opens,
        )


def measure_overlap(question: str, quotes: Iterable[str], *, question_id: str = "") -> Overlap:
    """Find the content words that a question shares with its evidence.

    Args:
        question: The question as asked.
        quotes: Its evidence.
        question_id: Carried into the result.

    Returns:
        The shared words, each once, names apart.
    """
    evidence = [word for quote in quotes for word in content_words(quote)]
    held = {word.stem for word in evidence}
    named = {word.stem for word in evidence if word.name}
    shared: dict[str, str] = {}
    names: dict[str, str] = {}
    for word in content_words(question):
        if word.stem in held:
            is_name = word.name or (word.opens and word.stem in named)
            (names if is_name else shared).setdefault(word.stem, word.text)
    return Overlap(
        question_id=question_id, question=question, shared=tuple(shared.values()), names=tuple(names.values())
    )


def measure_file(path: Path) -> list[Overlap]:
    """Measure every answerable question with quotes of a gold file, which needs not be valid otherwise."""
    lines = path.read_text(encoding="utf-8").splitlines()
    measured = []
    for row in (json.loads(line) for line in lines if line.strip()):
        quotes = [item["quote"] for item in row.get("evidence") or [] if item.get("quote")]
        if row.get("answerable") and quotes:
            measured.append(measure_overlap(row["question"], quotes, question_id=row["id"]))
    return measured


def main(arguments: Sequence[str]) -> int:
    """Print the overlap of each question of the gold files named, then the totals.

    Args:
        arguments: Paths of gold files.

    Returns:
        The exit code: 2 without a path, else 0.
    """
    if not arguments:
        sys.stderr.write("usage: python -m evals.overlap GOLD…\n")
        return 2
    for path in map(Path, arguments):
        measured = measure_file(path)
        for overlap in measured:
            words = " ".join(overlap.shared) or "-"
            sys.stdout.write(f"{overlap.question_id:<12} {words:<40} {overlap.question}\n")
        free = sum(not overlap.shared for overlap in measured)
        share = f" ({free / len(measured):.1%})" if measured else ""
        counts = f"{free} of {len(measured)}"
        sys.stdout.write(f"{path}: {counts} answerable questions share no content word but names{share}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
