"""The program that parses files: `python -m ingest.worker LIMITS`, with a socket to the parent as standard input.

The process itself only forks (`ingest.forkserver`); each fork gives up what parsing does not need and then parses.
Files come through one pipe, results go through another, as `ingest.wire` frames them.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from typing import BinaryIO

from ingest.confinement import allow_processor_seconds, confine, peak_memory_mib
from ingest.forkserver import serve_forks
from ingest.limits import Limits
from ingest.readers.language import detect_language
from ingest.reading import read_or_refuse
from ingest.verdicts import Refusal
from ingest.wire import encode_parsed, receive, send


def serve(requests: BinaryIO, replies: BinaryIO, *, limits: Limits) -> None:
    """Parse one file after the other until the parent closes the pipe.

    Args:
        requests: Messages with `name` and the file's bytes.
        replies: Receives a message per file: `parsed`, or `code` and `detail`, with `peak_mib`.
        limits: What one file may take.
    """
    while True:
        try:
            header, data = receive(requests)
        except EOFError:
            return
        allow_processor_seconds(limits.timeout_seconds)
        result = read_or_refuse(data, name=str(header["name"]), limits=limits)
        reply: dict[str, object] = (
            {"code": result.code.value, "detail": result.detail}
            if isinstance(result, Refusal)
            else {"parsed": encode_parsed(result)}
        )
        send(replies, {**reply, "peak_mib": peak_memory_mib()})


def parse(requests: int, replies: int, *, limits: Limits) -> None:
    """Confine this process and parse.

    Args:
        requests: The pipe that files come through.
        replies: The pipe for results.
        limits: What one file may take.
    """
    confine(memory_mib=limits.memory_mib)
    with os.fdopen(requests, "rb") as incoming, os.fdopen(replies, "wb") as outgoing:
        serve(incoming, outgoing, limits=limits)


def main() -> None:
    """Load what parsers share, then fork them as the parent asks."""
    limits = Limits(**json.loads(sys.argv[1]))
    detect_language("Loads the model while files may still be opened. " * 3)
    control = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):  # What a C library prints must not reach a pipe.
        os.dup2(null, descriptor)
    os.close(null)
    serve_forks(control, lambda requests, replies: parse(requests, replies, limits=limits))


if __name__ == "__main__":
    main()
