"""Facts about the command `assistant ui`, told without serving a page."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = str(Path(sys.executable).with_name("assistant"))


def run_ui(*arguments):
    return subprocess.run([COMMAND, "ui", *arguments], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1"])
def test_a_host_beyond_this_machine_is_a_named_error(host):
    done = run_ui("--host", host)
    assert done.returncode == 1
    assert done.stderr.startswith("error[HostRefused]: ")
    assert done.stdout == ""


def test_a_taken_port_is_a_named_error():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run_ui("--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert done.stderr.startswith("error[PortInUse]: ")


@pytest.mark.parametrize("module", ["ui.cli", "ui.handlers", "ui.render", "ui.jobs"])
def test_what_the_page_does_is_loaded_without_gradio(module):
    code = f"import sys, {module}; sys.exit('gradio' in sys.modules or 'torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
