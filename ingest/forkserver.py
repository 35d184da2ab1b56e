"""A process that has everything a parser needs loaded, and forks a new parser in milliseconds.

Parent and fork server speak over a Unix socket: `fork` with the two pipes of a parser gives its process id, `reap` ends
a parser and gives its exit status. When either of them dies, the parsers die too.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from ingest.confinement import clean_environment
from ingest.limits import Limits

PARSER = (sys.executable, "-I", "-m", "ingest.worker")
START_SECONDS = 60.0
_MESSAGE = 4096


class ForkServerGone(OSError):
    """The fork server did not start, or died."""


class ForkServer:
    """The parent's side: starts the process when the first parser is wanted. Safe to use from several threads."""

    def __init__(self, limits: Limits, *, command: Sequence[str] = PARSER) -> None:
        self._limits, self._command = limits, command
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def fork(self, requests: int, replies: int) -> int:
        """Fork a parser.

        Args:
            requests: The end of a pipe that it reads.
            replies: The end of a pipe that it writes.

        Returns:
            Its process id, which stays its own until it is reaped.

        Raises:
            ForkServerGone: If no process can be had.
        """
        with self._lock:
            return int(self._ask({"do": "fork"}, descriptors=(requests, replies))["pid"])

    def reap(self, pid: int) -> int:
        """End a parser.

        Args:
            pid: Its process id; it is killed if it still runs.

        Returns:
            Its exit code, or minus the signal that ended it.

        Raises:
            ForkServerGone: If the server is gone, and its parsers with it.
        """
        with self._lock:
            if self._socket is None:
                raise ForkServerGone("no fork server: it died")
            return int(self._ask({"do": "reap", "pid": pid})["status"])

    def close(self) -> None:
        """End the process and every parser that it forked."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        process, self._process = self._process, None
        control, self._socket = self._socket, None
        if control is not None:
            control.close()
        if process is not None:
            process.kill()
            process.wait()

    def _ask(self, message: dict[str, Any], *, descriptors: Sequence[int] = ()) -> dict[str, Any]:
        try:
            control = self._started()
            socket.send_fds(control, [json.dumps(message).encode()], descriptors)
            answer = control.recv(_MESSAGE)
            return dict(json.loads(answer))
        except (OSError, ValueError) as error:
            self._close()
            raise ForkServerGone(f"no fork server: {type(error).__name__}") from error

    def _started(self) -> socket.socket:
        if self._socket is not None:
            return self._socket
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        ours.settimeout(START_SECONDS)
        self._socket = ours
        with theirs:
            self._process = subprocess.Popen(
                [*self._command, json.dumps(asdict(self._limits))],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=clean_environment(),
                start_new_session=True,  # Ctrl-C is for the parent, which ends its children itself.
            )
        return ours


def serve_forks(control: socket.socket, parse: Callable[[int, int], None]) -> None:
    """The server's side: fork and reap until the parent is gone.

    Args:
        control: The socket to the parent.
        parse: What a fork does with its two pipes; the fork ends after it.
    """
    children: set[int] = set()
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, _MESSAGE, 2)
        if not message:
            return
        wanted = json.loads(message)
        if wanted["do"] == "fork":
            answer = {"pid": _fork(control, parse, *descriptors)}
            children.add(answer["pid"])
        else:
            answer = {"status": _reap(int(wanted["pid"]), children)}
        control.send(json.dumps(answer).encode())


def _fork(control: socket.socket, parse: Callable[[int, int], None], requests: int, replies: int) -> int:
    pid = os.fork()
    if pid:
        os.close(requests)
        os.close(replies)
        return pid
    status = 1
    try:
        control.close()
        parse(requests, replies)
        status = 0
    finally:
        os._exit(status)


def _reap(pid: int, children: set[int]) -> int:
    """End one of our children; one of a server before us is dead already."""
    if pid not in children:
        return -signal.SIGKILL
    children.remove(pid)
    os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
