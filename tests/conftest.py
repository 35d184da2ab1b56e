"""What every test shares: no network, no foreign settings, one exported model."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.environment import prepare_environment
from assistant.settings import Settings

prepare_environment()

REPOSITORY = Path(__file__).resolve().parent.parent
CHROMIUM_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Nothing of the browser's own goes out either."""
_NAMING_IMPORTS = """
import atexit, sys
from assistant import cli
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
sys.argv[0] = "assistant"
cli.main()
"""
LOOPBACK = {"127.0.0.1", "::1", "localhost", "0.0.0.0"}


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    """Refuse every connection beyond this machine."""
    connect, getaddrinfo = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in LOOPBACK:
            raise AssertionError(f"a test tried to connect to {address}")
        return connect(self, address)

    def guarded_getaddrinfo(host, *args, **kwargs):
        if host is not None and (host.decode() if isinstance(host, bytes) else host) not in LOOPBACK:
            raise AssertionError(f"a test tried to look up {host!r}")
        return getaddrinfo(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch, tmp_path, models_dir):
    """Let no setting of the person who runs the tests reach them."""
    for name in [name for name in os.environ if name.startswith("ASSISTANT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ASSISTANT_MODELS_DIR", str(models_dir))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def models_dir(tmp_path_factory) -> Path:
    """Where this run exports the embedding model, once; child processes get it by the environment."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return tmp_path_factory.mktemp("models")
    from filelock import FileLock

    shared = tmp_path_factory.getbasetemp().parent
    with FileLock(shared / "models.lock"):  # The first worker exports for all.
        _open_packaged(shared / "models", tmp_path_factory)
    return shared / "models"


def _open_packaged(models_dir, tmp_path_factory):
    from assistant.embedding import open_embedder

    return open_embedder(Settings(data_dir=tmp_path_factory.mktemp("embedder"), models_dir=models_dir))


@pytest.fixture(scope="session")
def starter_corpus() -> Path:
    """The corpus that ships with the project."""
    return REPOSITORY / "corpus"


@pytest.fixture
def settings(tmp_path, models_dir) -> Settings:
    """Settings of an empty data directory and an empty corpus folder."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    return Settings(data_dir=tmp_path / "data", corpus=corpus, models_dir=models_dir)


@pytest.fixture(scope="session")
def embedder(models_dir, tmp_path_factory) -> Iterator:
    """The packaged embedding model, exported."""
    yield _open_packaged(models_dir, tmp_path_factory)


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium; where none is, tests skip unless they are required."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        message = "no Chromium on this machine; `make browser` installs it"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=executable, args=list(CHROMIUM_OPTIONS))
        yield opened
        opened.close()


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
