"""Whatever is done to a store in whatever order, it holds what a plain dict holds.

`STATEFUL_EXAMPLES` and `STATEFUL_STEPS` make it longer: the soak takes 500 of 50.
"""

import os
import shutil
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test

from assistant.backup import back_up, restore
from assistant.catalog import CatalogChange, PathEntry, SourceKind, SourceRecord
from assistant.indexing import open_index
from assistant.settings import Settings
from assistant.vectors import rank_by_dot
from ingest.building import Builder
from ingest.texts import document_from_text

EXAMPLES = int(os.environ.get("STATEFUL_EXAMPLES", "4"))
STEPS = int(os.environ.get("STATEFUL_STEPS", "15"))
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""Thousands of commits are waited for: where there is a disk in memory, they are quick."""
SOURCE = "notes"
SENTENCES = (
    "The harbour of Vell was opened in 1931.",
    "A colony of bees holds about 40,000 workers.",
    "The dough of rye bread rests for sixteen hours.",
    "Ada Brandt designed the lighthouse.",
    "Honey is harvested in late July.",
)
TEXTS = st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=3).map("\n\n".join)
NAMES = st.sampled_from([f"{letter}.md" for letter in "abcdef"])


class Store(RuleBasedStateMachine):
    """A store beside a dict of its texts."""

    documents = Bundle("documents")
    embedder = None

    def __init__(self):
        super().__init__()
        self.root = Path(tempfile.mkdtemp(dir=MEMORY))
        self.copies = 0
        self.texts = {}
        self.settings = Settings(data_dir=self.root / "0", exact_scan_limit=0)
        self.open()
        self.index.catalog.set_source(SourceRecord(name=SOURCE, kind=SourceKind.FOLDER, root=""))

    def open(self):
        self.index = open_index(self.settings, write=True)
        self.builder = Builder(self.index.catalog, self.embedder, chunk_tokens=256, cancel=threading.Event())

    def put(self, name, text, *, removed=()):
        document = document_from_text(name, text, title="")
        contents = self.builder.embed([self.builder.cut(document)])
        path = PathEntry(document_id=name, source=SOURCE, digest=document.digest, size=len(text), mtime_ns=0)
        self.index.apply(CatalogChange(contents=contents, paths=[path], removed=removed))
        self.texts[name] = text

    @rule(target=documents, name=NAMES, text=TEXTS)
    def add_or_edit(self, name, text):
        self.put(name, text)
        return name

    @rule(target=documents, name=consumes(documents), new=NAMES)
    def move(self, name, new):
        if name in self.texts and new not in self.texts:
            self.put(new, self.texts[name], removed=(name,))
            del self.texts[name]
        return new

    @rule(name=consumes(documents))
    def delete(self, name):
        self.index.apply(CatalogChange(removed=(name,) if name in self.texts else ()))
        self.texts.pop(name, None)

    @rule(text=st.sampled_from(SENTENCES))
    def query(self, text):
        vector, catalog = self.embedder.embed_query(text), self.index.catalog
        table = catalog.vectors()
        found = self.index.candidates(vector, k=5)
        assert found == rank_by_dot(vector, table.ids, table.matrix, k=5)
        places = catalog.place([hit.chunk_id for hit in found.hits])
        assert len(places) == len(found.hits)
        for place in (place for all_ in places.values() for place in all_):
            chunk = place.chunk
            assert self.texts[place.document_id][chunk.start : chunk.end] == chunk.text

    @rule()
    def restart(self):
        self.index.close()
        with open_index(self.settings) as reader:
            assert set(reader.catalog.chunk_ids()) == set(reader.catalog.vectors().ids)
            assert reader.catalog.file_fault() is None
        self.open()

    @rule()
    def kill(self):
        """Go on from what a kill at this moment leaves on the disk."""
        self.copies += 1
        left = self.root / str(self.copies)
        shutil.copytree(self.settings.data_dir, left)
        self.index.close()
        self.settings = self.settings.model_copy(update={"data_dir": left})
        self.open()

    @rule()
    def back_up_and_restore(self):
        self.copies += 1
        there = self.settings.model_copy(update={"data_dir": self.root / str(self.copies)})
        back_up(self.settings, self.root / "backup.zip")
        self.index.close()
        restore(there, self.root / "backup.zip", replace=False)
        self.settings = there
        self.open()

    @invariant()
    def holds_what_the_dict_holds(self):
        catalog = self.index.catalog
        assert {record.document_id: catalog.text(record.document_id) for record in catalog.documents()} == self.texts

    def teardown(self):
        assert self.index.catalog.check() == []
        self.index.close()
        shutil.rmtree(self.root)


@pytest.mark.slow
@pytest.mark.timeout(int(os.environ.get("STATEFUL_TIMEOUT", "300")))
def test_a_store_holds_what_a_dict_holds(embedder):
    Store.embedder = embedder
    run_state_machine_as_test(
        Store,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
