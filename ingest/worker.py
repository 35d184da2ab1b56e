"""The child process that parses files: `python -m ingest.worker MEMORY_MIB TIMEOUT_SECONDS`.

Files come on standard input, results go to standard output, as `ingest.wire` frames them.
"""

from __future__ import annotations

import os
import sys
from typing import BinaryIO

from ingest.confinement import allow_processor_seconds, confine
from ingest.readers.language import detect_language
from ingest.reading import read_or_refuse
from ingest.verdicts import Refusal
from ingest.wire import encode_parsed, receive, send


def serve(requests: BinaryIO, replies: BinaryIO, *, timeout_seconds: float) -> None:
    """Parse one file after the other until the parent closes the pipe.

    Args:
        requests: Messages with `name` and the file's bytes.
        replies: Receives a message per file: `parsed`, or `code` and `detail`.
        timeout_seconds: Processor time that one file may take.
    """
    send(replies, {"ready": True})
    while True:
        try:
            header, data = receive(requests)
        except EOFError:
            return
        allow_processor_seconds(timeout_seconds)
        result = read_or_refuse(data, name=str(header["name"]))
        if isinstance(result, Refusal):
            send(replies, {"code": result.code.value, "detail": result.detail})
        else:
            send(replies, {"parsed": encode_parsed(result)})


def main() -> None:
    """Confine this process and serve."""
    replies = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):  # What a C library prints must not reach the pipe.
        os.dup2(null, descriptor)
    detect_language("Loads the model while files may still be opened. " * 3)
    confine(memory_mib=int(sys.argv[1]))
    serve(sys.stdin.buffer, replies, timeout_seconds=float(sys.argv[2]))


if __name__ == "__main__":
    main()
