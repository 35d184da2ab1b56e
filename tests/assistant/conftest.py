"""The real command in a process of its own, for the tests of the command line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("assistant")


@pytest.fixture
def assistant():
    """Run the command and hand back what it wrote, after a look at its exit code."""

    def run(*arguments, cwd, code=0, **environment):
        done = subprocess.run(
            [COMMAND, *arguments],
            cwd=cwd,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, done.stderr.decode()
        return done

    return run


FILES = {
    "harbour.md": """---
title: The harbour of Vell
date: 2024-03-01
---
# The harbour of Vell

The harbour of Vell was opened in 1931. It has three piers and a lighthouse of 42 metres. Ada Brandt designed
the lighthouse.

## Ships

The fleet consists of:

- the tug Marten
- the ferry Otter
- the dredger Badger

Is the harbour deep enough? The fairway is 11 metres deep.
""",
    "harbour-2025.md": """---
title: News from Vell
date: 2025-06-10
---
# News from Vell

The lighthouse of Vell was raised to 45 metres in May 2025.
""",
    "bees.txt": (
        "Keeping bees\n\nA colony of bees holds about 40,000 workers in summer. "
        "The queen lays up to 2,000 eggs a day.\n\n"
        "Honey is harvested in late July, because the lime trees have stopped flowering by then.\n"
    ),
    "bread.txt": (
        "Rye bread\n\nThe dough of rye bread rests for sixteen hours. Bakers in Torun add caraway to the dough.\n"
    ),
}


@pytest.fixture(scope="session")
def house(models_dir, tmp_path_factory):
    """Settings of a data directory in which a few short documents were ingested."""
    from assistant.settings import Settings
    from ingest import sync

    root = tmp_path_factory.mktemp("house")
    folder = root / "corpus"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    settings = Settings(data_dir=root / "data", corpus=folder, models_dir=models_dir)
    sync([folder], settings=settings)
    return settings


@pytest.fixture
def asking(house):
    """An assistant over these documents."""
    from assistant.wiring import open_assistant

    with open_assistant(house) as opened:
        yield opened
