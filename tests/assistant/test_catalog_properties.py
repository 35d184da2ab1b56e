"""What holds for every history of the catalog."""

import importlib.util
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.catalog import Catalog, CatalogChange, sections_of
from assistant.lexical import Lexical
from assistant.terms import stems
from assistant.types import Block, BlockKind, Span

spec = importlib.util.spec_from_file_location("corpora", Path(__file__).with_name("corpora.py"))
corpora = importlib.util.module_from_spec(spec)
spec.loader.exec_module(corpora)

paragraph = st.sampled_from(["Moon ice", "Mars dust", "a\nb", "# Orbit", "naïve 月 🚀", "x"])
texts = st.lists(paragraph, max_size=4).map("\n\n".join)
names = st.sampled_from(["a.md", "b.md", "c/d.md", "e.md"])
steps = st.lists(
    st.tuples(st.dictionaries(names, texts, max_size=3), st.sets(names, max_size=2), st.sets(names, max_size=1)),
    max_size=6,
)


def state_of(catalog):
    """All that a question can see, without keys and generations."""
    table = catalog.vectors()
    lexical = Lexical(catalog.reading)
    return {
        "fingerprint": catalog.corpus_fingerprint(),
        "documents": catalog.documents(),
        "places": catalog.place(table.ids),
        "vectors": (table.ids, table.matrix.tobytes()),
        "lexical": [lexical.search(stems(word), k=50) for word in ("moon ice", "orbit", "naïve 月", "mars b")],
        "sentences": [
            (s.ordinal, s.sentence, s.text, s.vector.tobytes())
            for record in catalog.documents()
            if record.digest
            for s in catalog.sentences(record.digest, within=Span(start=0, end=10**6))
        ],
    }


@settings(max_examples=25, deadline=None)
@given(steps)
def test_any_history_ends_like_a_fresh_build_of_what_is_left(history):
    with tempfile.TemporaryDirectory() as folder:
        model = {}
        with Catalog.open(Path(folder) / "synced", write=True) as synced:
            synced.set_source(corpora.SOURCE)
            for changed, removed, broken in history:
                gone, problems = removed - set(changed), broken - set(changed) - removed
                change = corpora.change_of(changed, removed=sorted(gone))
                synced.apply(
                    CatalogChange(
                        contents=change.contents,
                        paths=change.paths,
                        problems=[corpora.problem(name) for name in sorted(problems)],
                        removed=change.removed,
                    )
                )
                model = {name: text for name, text in model.items() if name not in gone} | changed
                model |= dict.fromkeys(problems)
            assert synced.check() == []
            assert not set(synced.stale_vectors()) & synced.chunk_ids()
            with Catalog.open(Path(folder) / "fresh", write=True) as fresh:
                fresh.set_source(corpora.SOURCE)
                fresh.apply(corpora.change_of({name: text for name, text in model.items() if text is not None}))
                problems = [corpora.problem(name) for name, text in model.items() if text is None]
                fresh.apply(CatalogChange(problems=problems))
                assert state_of(synced) == state_of(fresh)


@st.composite
def headed_texts(draw):
    lines = draw(st.lists(st.text(alphabet="ab #", min_size=1, max_size=6), max_size=8))
    text, blocks = "", []
    for line in lines:
        level = draw(st.integers(0, 3))
        kind = BlockKind.HEADING if level else BlockKind.PARAGRAPH
        blocks.append(Block(start=len(text), end=len(text) + len(line), kind=kind, level=level))
        text += line + "\n"
    return text, blocks


@given(headed_texts())
def test_sections_cover_the_text_and_start_at_its_headings(case):
    text, blocks = case
    sections = sections_of(text, blocks)
    assert "".join(text[section.start : section.end] for section in sections) == text
    headings = [block for block in blocks if block.kind is BlockKind.HEADING]
    assert [section.start for section in sections if section.path] == [heading.start for heading in headings]
    for section, heading in zip([section for section in sections if section.path], headings, strict=True):
        assert section.path[-1] == " ".join(text[heading.start : heading.end].split())
        assert len(section.path) <= heading.level


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=60).filter(lambda text: "\0" not in text))
def test_any_text_is_stored_exactly(text):
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    with tempfile.TemporaryDirectory() as folder, Catalog.open(Path(folder), write=True) as catalog:
        catalog.set_source(corpora.SOURCE)
        catalog.apply(corpora.change_of({"a": text}))
        assert catalog.text("a") == text
        assert catalog.check() == []
        assert np.isfinite(catalog.vectors().matrix).all()
