"""How long a person waits: for help, for an answer in a new process, for the page, for the next answer."""

from __future__ import annotations

import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np

from assistant.settings import Settings
from assistant.wiring import open_assistant
from evals.benches.measuring import Measurement, note, repeat, time_process

SEED = 20251123
WARM_QUESTIONS = 60
WARM_ROUNDS = 9
PAGE_TIMEOUT_SECONDS = 60
STOP_TIMEOUT_SECONDS = 20
POLL_SECONDS = 0.02


def measure_startup(settings: Settings, *, questions: Sequence[str]) -> Iterator[Measurement]:
    """Measure new processes and warm questions on an ingested corpus.

    Args:
        settings: With a data directory that was ingested into.
        questions: Of the gold set; the first is asked in new processes, a seeded sample in this one.

    Yields:
        A measurement at a time.
    """
    program = str(Path(sys.executable).with_name("assistant"))
    environment = {
        "ASSISTANT_DATA_DIR": str(settings.data_dir.resolve()),
        "ASSISTANT_CORPUS": str(settings.corpus.resolve()),
    }
    yield repeat("assistant --help", lambda: time_process([program, "--help"], environment=environment))
    ask = [program, "ask", questions[0]]
    yield repeat("assistant ask, new process", lambda: time_process(ask, environment=environment))
    yield repeat("assistant ui to a served page", lambda: _time_page(program, environment=environment))
    yield from measure_warm(settings, questions=questions)


def measure_warm(settings: Settings, *, questions: Sequence[str]) -> Iterator[Measurement]:
    """Measure questions in one process, after one round that is not counted.

    Args:
        settings: With a data directory that was ingested into.
        questions: To draw a seeded sample from.

    Yields:
        The medians of all rounds, then their 95th percentiles.
    """
    sample = random.Random(SEED).sample(list(questions), min(WARM_QUESTIONS, len(questions)))
    rounds = []
    with open_assistant(settings) as assistant:
        for _ in range(WARM_ROUNDS + 1):
            times = []
            for question in sample:
                started = time.perf_counter()
                assistant.ask(question)
                times.append((time.perf_counter() - started) * 1000)
            rounds.append(times)
    counted = rounds[1:]
    asked = f"{len(sample)} questions a round"
    yield note(f"warm ask p50, {asked}", [statistics.median(times) for times in counted], unit="ms")
    yield note(f"warm ask p95, {asked}", [float(np.quantile(times, 0.95)) for times in counted], unit="ms")


def _time_page(program: str, *, environment: Mapping[str, str]) -> float:
    """Start the page in a new process, take the time until it is served, and stop it."""
    port = _free_port()
    started = time.perf_counter()
    process = subprocess.Popen(
        [program, "ui", "--port", str(port)],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for_page(f"http://127.0.0.1:{port}/", process)
        return time.perf_counter() - started
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for_page(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PAGE_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ChildProcessError(f"`assistant ui` ended with exit code {process.returncode}")
        try:
            with urlopen(url, timeout=PAGE_TIMEOUT_SECONDS) as page:
                page.read()
            return
        except (URLError, ConnectionError):
            time.sleep(POLL_SECONDS)
    raise TimeoutError(f"no page at {url} after {PAGE_TIMEOUT_SECONDS} seconds")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
