"""A writer that is killed: run in a process of its own by the tests of the index.

Arguments: the data directory, then the point at which to die, or `loop` to write documents until killed from outside.
"""

import importlib.util
import os
import signal
import sys
from pathlib import Path

from assistant.indexing import open_index
from assistant.settings import Settings
from assistant.vectors import ChromaVectors

spec = importlib.util.spec_from_file_location("corpora", Path(__file__).with_name("corpora.py"))
corpora = importlib.util.module_from_spec(spec)
spec.loader.exec_module(corpora)

EDIT = {"a.md": corpora.paragraphs(4, prefix="edited"), "c.md": corpora.paragraphs(5, prefix="new")}


class KilledVectors:
    """A Chroma index whose process dies at a named point."""

    def __init__(self, path, *, point):
        self._vectors, self._point = ChromaVectors(path), point

    def upsert(self, ids, matrix):
        self._die_at("before upsert")
        self._vectors.upsert(ids[: len(ids) // 2], matrix[: len(ids) // 2])
        self._die_at("within upsert")
        self._vectors.upsert(ids, matrix)
        self._die_at("before commit")

    def delete(self, ids):
        self._die_at("after commit")
        self._vectors.delete(ids)
        self._die_at("after delete")

    def query(self, vector, *, k):
        return self._vectors.query(vector, k=k)

    def ids(self):
        return self._vectors.ids()

    def count(self):
        return self._vectors.count()

    def close(self):
        self._die_at("before close")
        self._vectors.close()
        self._die_at("after close")

    def _die_at(self, point):
        if point == self._point:
            os.kill(os.getpid(), signal.SIGKILL)


def write_until_killed(settings):
    with open_index(settings, write=True) as index:
        number = len(index.catalog.documents())
        while True:
            name, gone = f"n{number:04d}.md", f"n{number - 20:04d}.md"
            text = corpora.paragraphs(8, prefix=name)
            index.apply(corpora.change_of({name: text}, removed=[gone]))
            sys.stdout.write(f"{name}\n")
            sys.stdout.flush()
            number += 1


if __name__ == "__main__":
    settings = Settings(data_dir=Path(sys.argv[1]))
    if sys.argv[2] == "loop":
        write_until_killed(settings)
    with open_index(settings, write=True, open_vectors=lambda path: KilledVectors(path, point=sys.argv[2])) as index:
        index.apply(corpora.change_of(EDIT, removed=["b.md"]))
