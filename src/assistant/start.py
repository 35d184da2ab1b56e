"""The first thing that runs: from here on Ctrl-C ends the program cleanly, also while it is still being loaded.

It imports next to nothing itself (not even `typing`), since what runs before its handler is set can't end cleanly.
"""

from __future__ import annotations

import os
import signal
from types import FrameType

INTERRUPTED = 130


def main() -> None:
    """Load the command line and run it."""
    heard = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # not so in a shell's background jobs
    try:
        if heard:
            signal.signal(signal.SIGINT, _end)
        from assistant.cli import main as run_command_line

        if heard:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        run_command_line()
    except KeyboardInterrupt:
        os._exit(INTERRUPTED)


def _end(number: int, frame: FrameType | None) -> None:
    """End at once: nothing was opened yet, and an exception inside an import may be swallowed or retold as another."""
    os._exit(INTERRUPTED)
