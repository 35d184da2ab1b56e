"""A restore or a rebuild that is killed: run in a process of its own.

Arguments: the data directory, the archive, then the point at which to die.
"""

import os
import signal
import sys
from pathlib import Path

from assistant import backup
from assistant.catalog import Catalog
from assistant.settings import Settings


def dying(function, *, before=False):
    def wrapped(*arguments, **options):
        if not before:
            function(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)

    return wrapped


if __name__ == "__main__":
    data_dir, archive, point = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    if point == "staged":
        backup._place_uploads = dying(backup._place_uploads)
    if point == "indexed":
        Catalog.set_index_folder = dying(Catalog.set_index_folder)
    if point in ("before swap", "after swap"):
        Catalog.replace_with = dying(Catalog.replace_with, before=point == "before swap")
    backup.restore(Settings(data_dir=data_dir), archive, replace=True)
