"""What `.assistantignore` and `.assistanttags` files in a folder do."""

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from assistant.catalog import Catalog
from assistant.errors import RuleFileError
from assistant.types import Filters
from ingest import sync
from ingest.scanning import scan
from ingest.sources import scopes_of
from ingest.summary import summarise

NOTE = "The probe number {0} was launched in {0}.\n"


def scanned(settings, *paths):
    scopes = scopes_of(paths, corpus=settings.corpus, known=[], taken=[])
    return [scan(scope, excluded=settings.data_dir) for scope in scopes]


def put(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def test_ignored_files_are_left_out_and_named_and_an_indexed_one_goes(settings):
    put(settings.corpus, {"a.md": NOTE.format(1), "b.md": NOTE.format(2), "drafts/c.md": NOTE.format(3)})
    assert len(sync([], settings=settings).added) == 3
    put(settings.corpus, {".assistantignore": "# not ready\ndrafts/\n"})
    planned, done = sync([], settings=settings, dry_run=True), sync([], settings=settings)
    assert planned.removed == done.removed == ("drafts/c.md",)
    assert planned.ignored == done.ignored == ("drafts/",)
    assert done.to_json()["ignored"] == ["drafts/"]
    assert "Left out by .assistantignore: drafts/" in list(summarise(sync([], settings=settings)))


def test_inner_rules_come_before_outer_ones_but_not_into_an_ignored_folder(settings):
    files = {
        ".assistantignore": "*.txt\nclosed/\n/top.md\n",
        "top.md": "x",
        "a.txt": "x",
        "deep/.assistantignore": "!kept.txt\n/only-here.md\n",
        "deep/top.md": "x",
        "deep/kept.txt": "x",
        "deep/lost.txt": "x",
        "deep/only-here.md": "x",
        "deep/er/only-here.md": "x",
        "closed/.assistantignore": "!*\n",
        "closed/b.md": "x",
    }
    put(settings.corpus, files)
    (whole,) = scanned(settings)
    assert [file.document_id for file in whole.files] == ["deep/er/only-here.md", "deep/kept.txt", "deep/top.md"]
    assert sorted(whole.ignored) == ["a.txt", "closed/", "deep/lost.txt", "deep/only-here.md", "top.md"]


def test_a_part_of_a_source_is_seen_as_within_the_whole(settings):
    put(
        settings.corpus,
        {".assistantignore": "*.txt\nclosed/\n", "deep/a.txt": "x", "deep/b.md": "x", "closed/c.md": "x"},
    )
    put(settings.corpus, {".assistanttags": "all\n", "deep/.assistanttags": "deep\n"})
    deep, closed, one = scanned(
        settings, settings.corpus / "deep", settings.corpus / "closed", settings.corpus / "deep" / "a.txt"
    )
    assert [(file.document_id, file.folder_tags) for file in deep.files] == [("deep/b.md", ("all", "deep"))]
    assert (closed.files, closed.ignored) == ([], ["closed/"])
    assert (one.files, one.ignored) == ([], ["deep/a.txt"])


_NAMES = st.sampled_from(["a", "b", "build", "x.log"])
_LEAVES = st.sampled_from(["a", "b", "x.log", "keep.log"])
_PATTERNS = st.sampled_from(["*.log", "build/", "/a", "!keep.log", "**/b", "a/*", "b", "a/**/b", "[ab]"])


@pytest.mark.skipif(shutil.which("git") is None, reason="no git to compare with")
@examples(max_examples=25, deadline=None)
@given(
    st.lists(_PATTERNS, max_size=4),
    st.lists(_PATTERNS, max_size=3),
    # A name that is taken back is never a folder's: there pathspec takes back what is below it too, which git does not.
    st.sets(
        st.tuples(st.lists(_NAMES, max_size=2), _LEAVES).map(lambda path: "/".join([*path[0], path[1]])), max_size=6
    ),
)
def test_rules_mean_what_they_mean_to_git(tmp_path_factory, outer, inner, paths):
    root = tmp_path_factory.mktemp("rules")
    (root / "a").mkdir()
    (root / ".assistantignore").write_text("\n".join(outer))
    (root / "a" / ".assistantignore").write_text("\n".join(inner))
    for path in sorted(paths, key=len, reverse=True):  # the longest first, so that no file takes a folder's place
        if not (root / path).exists():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text("x")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    listed = subprocess.run(
        ["git", "-c", "core.excludesFile=", "ls-files", "--others", "--exclude-per-directory=.assistantignore"],
        cwd=root, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    (scope,) = scopes_of([], corpus=root, known=[], taken=[])
    found = [file.document_id for file in scan(scope, excluded=root / "data").files]
    assert found == sorted(name for name in listed if not name.endswith(".assistantignore"))


@pytest.mark.parametrize(
    ("name", "data", "fault"),
    [
        (".assistantignore", b"\xff\xfe", "not UTF-8"),
        (".assistantignore", b"a" * (2**20 + 1), "larger than 1 MiB"),
        (".assistanttags", b"a\x1b[2Jb", "is no tag"),
        (".assistanttags", b"x" * 101, "is no tag"),
    ],
)
def test_a_rule_file_that_cannot_be_used_stops_the_run_before_anything_is_done(settings, name, data, fault):
    put(settings.corpus, {"a.md": NOTE.format(1)})
    (settings.corpus / name).write_bytes(data)
    with pytest.raises(RuleFileError, match=fault):
        sync([], settings=settings)
    with Catalog.open(settings.data_dir) as catalog:
        assert catalog.documents() == []


def test_a_rule_file_that_is_a_link_is_not_followed(settings, tmp_path):
    (tmp_path / "rules").write_text("*")
    (settings.corpus / ".assistantignore").symlink_to(tmp_path / "rules")
    with pytest.raises(RuleFileError, match="not an ordinary file"):
        sync([], settings=settings)


def tags_of(settings):
    with Catalog.open(settings.data_dir) as catalog:
        return {record.document_id: record.tags for record in catalog.documents()}


def test_folders_tag_what_is_below_them_without_a_look_into_unchanged_files(settings):
    put(settings.corpus, {"a.md": NOTE.format(1), "law/b.md": NOTE.format(2), "law/old/c.md": "# C\n\ntags: own\n"})
    put(settings.corpus, {"law/.assistanttags": "# by hand\nlegal\n\nin force\n"})
    sync([], settings=settings)
    assert tags_of(settings) == {
        "a.md": (), "law/b.md": ("in force", "legal"), "law/old/c.md": ("in force", "legal", "own"),
    }  # fmt: skip
    with Catalog.open(settings.data_dir, write=True) as catalog:
        catalog.set_tags("law/b.md", ["mine"])
    put(settings.corpus, {"law/.assistanttags": "legal\n"})
    (settings.corpus / "law" / "b.md").chmod(0)
    planned = sync([], settings=settings, dry_run=True)
    report = sync([], settings=settings)
    assert planned.retagged == report.retagged == ("law/b.md", "law/old/c.md")
    assert (report.embedded_chunks, report.nothing_done) == (0, False)
    assert "Tagged anew: 2" in list(summarise(report))
    assert tags_of(settings)["law/b.md"] == ("legal", "mine")
    (settings.corpus / "law" / ".assistanttags").unlink()
    sync([], settings=settings)
    assert tags_of(settings) == {"a.md": (), "law/b.md": ("mine",), "law/old/c.md": ("own",)}
    assert sync([], settings=settings).nothing_done


def test_a_move_takes_the_tags_of_its_new_folder(settings):
    put(settings.corpus, {"law/a.md": NOTE.format(1), "law/.assistanttags": "legal", "tax/.assistanttags": "money"})
    sync([], settings=settings)
    (settings.corpus / "law" / "a.md").rename(settings.corpus / "tax" / "a.md")
    assert sync([], settings=settings).moved == ("tax/a.md",)
    assert tags_of(settings) == {"tax/a.md": ("money",)}


def test_filters_by_folder_and_tag_let_through_what_both_do(settings):
    put(settings.corpus, {"law/a.md": NOTE.format(1), "law/old/b.md": NOTE.format(2), "lawful/c.md": NOTE.format(3)})
    put(settings.corpus, {"law/old/.assistanttags": "legal", "lawful/.assistanttags": "legal"})
    sync([], settings=settings)

    def documents(**filters):
        chosen = Filters(**filters)
        with Catalog.open(settings.data_dir) as catalog:
            placed = catalog.place(sorted(catalog.allowed_chunks(chosen)), filters=chosen)
        return sorted({place.document_id for places in placed.values() for place in places})

    assert documents(folders=("law",)) == documents(folders=("law/",)) == ["law/a.md", "law/old/b.md"]
    assert documents(folders=("law/old", "lawful")) == ["law/old/b.md", "lawful/c.md"]
    assert documents(tags=("legal",)) == ["law/old/b.md", "lawful/c.md"]
    assert documents(tags=("legal",), folders=("law",)) == ["law/old/b.md"]
    assert documents(folders=("la",)) == documents(folders=("law/a.md",)) == []
