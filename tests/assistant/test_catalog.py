import importlib.util
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assistant.catalog import Catalog, CatalogChange, IndexedContent, IndexState, PathEntry
from assistant.errors import DocumentNotFound
from assistant.types import DocumentState, Filters, Span

spec = importlib.util.spec_from_file_location("corpora", Path(__file__).with_name("corpora.py"))
corpora = importlib.util.module_from_spec(spec)
spec.loader.exec_module(corpora)

MOON = "# Moon\n\nThe Moon has no air.\nIt has ice.\n\n## Landing\n\nLanders need engines."
MARS = "# Mars\n\nMars has thin air.\n\nLanders need parachutes."


@pytest.fixture
def catalog(tmp_path):
    with Catalog.open(tmp_path, write=True) as opened:
        opened.set_source(corpora.SOURCE)
        yield opened


@pytest.fixture
def filled(catalog):
    catalog.apply(corpora.change_of({"moon.md": MOON, "mars.md": MARS}))
    return catalog


def ids_of(text):
    return [chunk.id for chunk in corpora.content_of(text).chunks]


def test_a_document_comes_back_as_it_was_read(filled):
    document = filled.document("moon.md")
    assert document == replace(corpora.content_of(MOON).document, id="moon.md")
    assert filled.text("moon.md") == filled.content_text(document.digest) == MOON
    assert [section.path for section in filled.sections(document.digest)] == [("# Moon",), ("# Moon", "## Landing")]


def test_documents_are_listed_by_id_with_problems(filled):
    filled.apply(CatalogChange(problems=[corpora.problem("bad.pdf")]))
    records = filled.documents()
    assert [(r.document_id, r.state, r.chunks) for r in records] == [
        ("bad.pdf", DocumentState.PROBLEM, 0),
        ("mars.md", DocumentState.INDEXED, 3),
        ("moon.md", DocumentState.INDEXED, 4),
    ]
    assert (records[0].code, records[0].reason, records[0].title) == ("empty", "Nothing in it.", None)
    assert (records[1].pages, records[1].title, records[1].date) == (1, "Title", "2024-05")


def test_an_unknown_document_is_refused_with_the_nearest_ids(filled):
    with pytest.raises(DocumentNotFound, match=r"moon\.md") as refused:
        filled.document("moon.txt")
    assert "moon.md" in refused.value.nearest


def test_a_move_keeps_the_content(filled):
    filled.apply(CatalogChange(paths=corpora.change_of({"new/moon.md": MOON}).paths, removed=["moon.md"]))
    assert filled.text("new/moon.md") == MOON
    assert filled.stale_vectors() == []
    assert filled.check() == []


def test_equal_files_share_one_content_and_the_smallest_id_speaks(filled):
    before = filled.chunk_count()
    filled.apply(corpora.change_of({"a-copy.md": MOON}))
    (chunk, *_) = ids_of(MOON)
    assert filled.chunk_count() == before
    assert [p.document_id for p in filled.place([chunk])[chunk]] == ["a-copy.md"]
    filtered = filled.place([chunk], filters=Filters(documents=("moon.md", "mars.md")))
    assert [p.document_id for p in filtered[chunk]] == ["moon.md"]
    filled.apply(CatalogChange(removed=["a-copy.md"]))
    assert filled.place([chunk])[chunk][0].document_id == "moon.md"


def test_an_edit_changes_only_the_chunks_it_touches(filled):
    edited = MOON.replace("engines", "wings")
    filled.apply(corpora.change_of({"moon.md": edited}))
    gone = set(ids_of(MOON)) - set(ids_of(edited))
    assert len(gone) == 1
    assert filled.stale_vectors() == sorted(gone)
    assert filled.place(sorted(gone)) == {}
    assert filled.text("moon.md") == edited
    assert filled.check() == []


def test_a_chunk_in_two_contents_stands_in_both_and_is_stored_once(filled):
    filled.apply(corpora.change_of({"more.md": MOON + "\n\nAnd more."}))
    (first, *_) = ids_of(MOON)
    assert [p.document_id for p in filled.place([first])[first]] == ["moon.md", "more.md"]
    filled.apply(CatalogChange(removed=["moon.md"]))
    assert [p.document_id for p in filled.place([first])[first]] == ["more.md"]
    assert filled.stale_vectors() == []


def test_a_chunk_that_comes_back_is_no_longer_stale(filled):
    filled.apply(CatalogChange(removed=["moon.md"]))
    assert filled.stale_vectors() == sorted(ids_of(MOON))
    filled.apply(corpora.change_of({"moon.md": MOON}))
    assert filled.stale_vectors() == []


def test_a_document_that_breaks_becomes_a_problem(filled):
    filled.apply(CatalogChange(problems=[corpora.problem("moon.md", digest="d")]))
    with pytest.raises(DocumentNotFound):
        filled.text("moon.md")
    assert [(f.document_id, f.state, f.digest) for f in filled.files("corpus")][1] == (
        "moon.md",
        DocumentState.PROBLEM,
        "d",
    )
    assert set(filled.vectors().ids) == set(ids_of(MARS))


def test_placed_chunks_are_spans_of_their_document(filled):
    for places in filled.place(filled.vectors().ids).values():
        for place in places:
            chunk = place.chunk
            assert filled.text(place.document_id)[chunk.start : chunk.end] == chunk.text
            assert (chunk.section, chunk.page, place.title) == (("Part",), 1, "Title")


def test_sentences_overlap_the_span_that_was_asked_for(filled):
    digest = corpora.digest_of(MOON)
    start = MOON.index("It has")
    found = filled.sentences(digest, within=Span(start=start - 2, end=start + 3))
    assert [sentence.text for sentence in found] == ["The Moon has no air.", "It has ice."]
    assert [sentence.ordinal for sentence in found] == [1, 2]
    assert found[1].vector @ corpora.vector_of("It has ice.") > 0.999
    assert filled.sentences("unknown", within=Span(start=0, end=9)) == []
    assert len(filled.sentences(digest, within=Span(start=0, end=len(MOON)))) == 5


def test_vectors_come_back_exactly_and_sorted(filled):
    table = filled.vectors()
    assert list(table.ids) == sorted(ids_of(MOON) + ids_of(MARS))
    assert np.array_equal(table.matrix, corpora.vectors_of(table.ids))
    backwards = table.ids[::-1]
    assert np.array_equal(filled.vectors_of(backwards), table.matrix[::-1])
    assert set(filled.known_vectors([table.ids[0], "unknown"])) == {table.ids[0]}
    with pytest.raises(ValueError, match="1 chunks have no stored vector"):
        filled.vectors_of(["unknown"])


def test_a_chunk_has_the_vectors_of_the_sentences_that_lie_within_it(filled):
    (identifier,) = [
        name for name, (place, *_) in filled.place(ids_of(MOON)).items() if "It has ice." in place.chunk.text
    ]
    found = filled.sentence_vectors([identifier, "unknown"])
    assert set(found) == {identifier}
    assert found[identifier].shape[0] == 2 and found[identifier].dtype == np.float32
    assert found[identifier][1] @ corpora.vector_of("It has ice.") > 0.999


def test_vectors_are_loaded_once_per_generation(filled):
    assert filled.vectors() is filled.vectors()
    before = filled.vectors()
    filled.apply(CatalogChange(removed=["moon.md"]))
    assert filled.vectors() is not before


def test_filters_by_document_and_tag(filled):
    filled.apply(corpora.change_of({"tagged.md": "By path."}, tags=("space",)))
    own = corpora.content_of("By content.", tags=("space", "law"))
    entry = PathEntry(document_id="own.md", source="corpus", digest=own.document.digest, size=1, mtime_ns=1)
    filled.apply(CatalogChange(contents=[own], paths=[entry]))
    assert filled.allowed_chunks(Filters()) is None
    assert filled.allowed_chunks(Filters(documents=("mars.md", "unknown"))) == set(ids_of(MARS))
    assert filled.allowed_chunks(Filters(tags=("space",))) == set(ids_of("By path.") + ids_of("By content."))
    assert filled.allowed_chunks(Filters(tags=("law", "art"))) == set(ids_of("By content."))
    assert filled.allowed_chunks(Filters(documents=("mars.md",), tags=("law",))) == frozenset()
    assert filled.documents()[2].tags == ("law", "space")


def test_the_generation_counts_visible_changes_only(filled):
    before = filled.generation()
    filled.apply(corpora.change_of({"moon.md": MOON}))
    filled.begin_run("ingest")
    filled.apply(CatalogChange(removed=["unknown"]))
    assert filled.generation() == before
    filled.apply(CatalogChange(removed=["moon.md"]))
    assert filled.generation() == before + 1


def test_the_corpus_fingerprint_depends_on_documents_and_build_alone(filled, tmp_path):
    first = filled.corpus_fingerprint()
    filled.apply(CatalogChange(removed=["moon.md"]))
    second = filled.corpus_fingerprint()
    filled.apply(corpora.change_of({"moon.md": MOON}))
    assert filled.corpus_fingerprint() == first != second
    filled.set_build_fingerprint("another")
    assert filled.corpus_fingerprint() != first
    with Catalog.open(tmp_path / "other", write=True) as other:
        other.set_source(corpora.SOURCE)
        other.set_build_fingerprint("another")
        other.apply(corpora.change_of({"mars.md": MARS, "moon.md": MOON}))
        assert other.corpus_fingerprint() == filled.corpus_fingerprint()


def test_a_refused_change_changes_nothing(filled):
    before = (filled.documents(), filled.generation(), filled.chunk_count())
    good = corpora.change_of({"new.md": "New text."})
    dangling = PathEntry(document_id="x", source="corpus", digest="none", size=1, mtime_ns=1)
    with pytest.raises(ValueError, match="not stored"):
        filled.apply(replace(good, paths=[*good.paths, dangling]))
    with pytest.raises(ValueError, match="set_source comes first"):
        filled.apply(replace(good, paths=[replace(good.paths[0], source="elsewhere")]))
    with pytest.raises(ValueError, match="dimension"):
        filled.apply(CatalogChange(contents=[corpora.content_of("Other size.", dimension=8)]))
    assert (filled.documents(), filled.generation(), filled.chunk_count()) == before


def test_one_chunk_id_for_two_texts_is_refused(filled):
    content = corpora.content_of("Forged text.")
    (chunk,) = content.chunks
    (stored, *_) = ids_of(MOON)
    forged = IndexedContent(
        document=content.document,
        chunks=[replace(chunk, id=stored)],
        vectors=content.vectors,
        sentences=(),
        sentence_vectors=None,
    )
    with pytest.raises(ValueError, match="two different texts"):
        filled.apply(CatalogChange(contents=[forged]))


def test_a_content_that_breaks_a_promise_is_refused():
    good = corpora.content_of(MOON)
    with pytest.raises(ValueError, match="not the text of its span"):
        replace(good, document=replace(good.document, text=MOON.upper()))
    with pytest.raises(ValueError, match="overlaps or lies outside"):
        replace(good, sentences=good.sentences[::-1])
    with pytest.raises(ValueError, match="shape"):
        replace(good, vectors=good.vectors[1:])
    with pytest.raises(ValueError, match="no number"):
        replace(good, vectors=good.vectors * np.nan)
    with pytest.raises(ValueError, match="does not stand at"):
        replace(good, chunks=good.chunks[::-1])


def test_a_snapshot_is_not_torn_by_a_writer(filled, tmp_path):
    with Catalog.open(tmp_path) as reader, reader.snapshot():
        before = (reader.generation(), reader.documents())
        filled.apply(CatalogChange(removed=["moon.md"]))
        assert (reader.generation(), reader.documents()) == before
        assert reader.text("moon.md") == MOON
        seen_by_another_thread = []
        thread = threading.Thread(target=lambda: seen_by_another_thread.append(reader.generation()))
        thread.start()
        thread.join()
    assert seen_by_another_thread == [before[0] + 1]


def test_threads_read_while_one_writes(filled):
    torn, stop = [], threading.Event()

    def read():
        while not stop.is_set():
            with filled.snapshot():
                listed = sum(record.chunks for record in filled.documents())
                if listed != filled.chunk_count() or set(filled.vectors().ids) != filled.chunk_ids():
                    torn.append(listed)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(30):
        filled.apply(corpora.change_of({f"n{number}.md": f"Note {number}."}, removed=[f"n{number - 3}.md"]))
    stop.set()
    for thread in threads:
        thread.join()
    assert torn == []
    assert filled.check() == []


def test_a_reader_in_another_process_sees_the_new_generation(filled, tmp_path):
    script = (
        "import sys; from pathlib import Path; from assistant.catalog import Catalog\n"
        "with Catalog.open(Path(sys.argv[1])) as catalog:\n"
        "    for _ in sys.stdin:\n"
        "        print(catalog.generation(), len(catalog.documents()), catalog.chunk_count(), flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def ask():
        process.stdin.write("\n")
        process.stdin.flush()
        return [int(number) for number in process.stdout.readline().split()]

    first = ask()
    filled.apply(corpora.change_of({"new.md": "New."}))
    assert ask() == [first[0] + 1, first[1] + 1, first[2] + 1]
    process.communicate()


def test_the_journal_shows_interrupted_runs(catalog):
    first, second = catalog.begin_run("ingest"), catalog.begin_run("ingest")
    catalog.finish_run(first, "3 added")
    runs = catalog.runs()
    assert [(run.run_id, run.summary) for run in runs] == [(first, "3 added"), (second, None)]
    assert runs[0].finished_at >= runs[0].started_at
    assert runs[1].finished_at is None


def test_sources_are_kept_until_they_are_empty(filled):
    filled.set_source(replace(corpora.SOURCE, root="/elsewhere"))
    assert [source.root for source in filled.sources()] == ["/elsewhere"]
    with pytest.raises(ValueError, match="still has documents"):
        filled.remove_source("corpus")
    filled.apply(CatalogChange(removed=["moon.md", "mars.md"]))
    filled.remove_source("corpus")
    assert filled.sources() == []


def test_a_reader_does_not_write(filled, tmp_path):
    with Catalog.open(tmp_path) as reader, pytest.raises(ValueError, match="opened for reading"):
        reader.set_index_state(IndexState.DIRTY)


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE contents SET text = replace(text, 'ice', 'oil')", "the text was altered"),
        ("UPDATE chunks SET text = upper(text)", "is not the text of its span"),
        ("UPDATE occurrences SET start_at = start_at + 1", "is not the text of its span"),
        ("UPDATE sentences SET end_at = 100000", "overlaps or lies outside"),
        ("UPDATE sentences SET end_at = end_at - 4", "was altered"),
        ("UPDATE occurrences SET seal = x'00'", "was altered"),
        ("UPDATE pages SET end_at = end_at - 1", "a page or a section was altered"),
        ("DELETE FROM chunk_vectors", "chunks without a vector: 7"),
        ("UPDATE chunk_vectors SET vector = x'00'", "chunk vectors of another dimension: 7"),
        ("DELETE FROM lexical WHERE rowid = 1", "chunks without a lexical row: 1"),
        ("DELETE FROM paths WHERE document_id = 'moon.md'", "contents that no document points to: 1"),
        ("DELETE FROM sections", "sections are not those"),
        ("DELETE FROM occurrences WHERE ordinal = 0", "chunks that stand nowhere: 2"),
    ],
)
def test_the_check_finds_what_was_altered_by_hand(filled, tmp_path, statement, fault):
    assert filled.check() == []
    connection = sqlite3.connect(tmp_path / "catalog.sqlite3")
    connection.execute(statement)
    connection.commit()
    connection.close()
    assert any(fault in found for found in filled.check())
