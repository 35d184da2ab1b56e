"""Every document of the starter corpus gives back the words of its reference text, in order."""

import re
from difflib import SequenceMatcher
from pathlib import Path

import pytest

from ingest.reading import read_any

REPOSITORY = Path(__file__).resolve().parents[2]
CORPUS, REFERENCE = REPOSITORY / "corpus", REPOSITORY / "tests" / "corpus" / "reference"
FILES = sorted(path for path in CORPUS.rglob("*") if path.is_file() and (REFERENCE / f"{path.stem}.txt").exists())
FORMATS = sorted({path.suffix for path in FILES})


def words(text):
    return re.findall(r"\w+", text)


def in_order(reference, found):
    """Count the words of a reference that are found in its order."""
    matcher = SequenceMatcher(None, reference, found, autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks())


@pytest.mark.parametrize("suffix", FORMATS)
def test_words_come_back_in_order(suffix, record_property):
    expected = found = surplus = 0
    for path in (path for path in FILES if path.suffix == suffix):
        reference = words((REFERENCE / f"{path.stem}.txt").read_text(encoding="utf-8"))
        got = words(read_any(path.read_bytes(), name=path.name).text)
        matching = in_order(reference, got)
        expected, found, surplus = expected + len(reference), found + matching, surplus + len(got) - matching
    record_property("extraction", f"{suffix}: {found} of {expected} words in order, {surplus} more")
    assert found / expected >= 0.995
    assert surplus / expected <= 0.01


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_facts_and_blocks_are_sound(path):
    parsed = read_any(path.read_bytes(), name=path.name)
    assert parsed.facts.title and parsed.facts.language == "en"
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", parsed.facts.date or "")
    assert parsed.facts.authors
    between, last = "", 0
    for block in parsed.blocks:
        between += parsed.text[last : block.start]
        last = block.end
        assert parsed.text[block.start : block.end].strip() == parsed.text[block.start : block.end] != ""
    assert not re.sub(r"(?m)^(-|\d+\.|[a-z]\)) $", "", between).strip()


@pytest.mark.parametrize("path", [path for path in FILES if path.suffix == ".pdf"], ids=lambda path: path.name)
def test_pages_hold_the_words_of_their_page(path):
    import pypdf

    parsed = read_any(path.read_bytes(), name=path.name)
    reader = pypdf.PdfReader(path)
    assert len(parsed.pages) == len(reader.pages)
    for page, original in zip(parsed.pages, reader.pages, strict=True):
        got = sorted(words(parsed.text[page.start : page.end]))
        wanted = sorted(words(re.sub(r"^Page \d+$", "", original.extract_text(), flags=re.MULTILINE)))
        # A line end after a hyphen may part a word in one extraction and not in the other.
        assert in_order(wanted, got) >= len(wanted) - 4
