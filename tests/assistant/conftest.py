"""The real command in a process of its own, for the tests of the command line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("assistant")
_NAMING_IMPORTS = """
import atexit, sys
from assistant import cli
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
sys.argv[0] = "assistant"
cli.main()
"""


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


@pytest.fixture
def imported_by():
    """Run the command and name the packages that its process imported."""

    def run(*arguments, cwd):
        done = subprocess.run(
            [sys.executable, "-c", _NAMING_IMPORTS, *arguments], cwd=cwd, capture_output=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return {name.partition(".")[0] for name in done.stderr.decode().splitlines()[-1].split()}

    return run
