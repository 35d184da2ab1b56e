"""Facts about what every response carries and which requests are refused."""

from __future__ import annotations

import socket

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from assistant.errors import HostRefused, PortInUse
from ui.app import PageSettings, build_app
from ui.examples import read_examples
from ui.jobs import IngestJobs
from ui.library import Library
from ui.listening import listen, require_loopback
from ui.security import SecurityMiddleware, allowed_hosts, inline_script_hashes
from ui.testing import FakeAssistant, FakeCatalog, make_programs, make_record

OWN = "http://127.0.0.1:7860"
PAGE = "<script>first()</script><script src='/x.js'></script><script type=module>\nsecond()</script>"


def directives(response):
    policy = response.headers["content-security-policy"]
    return {name: values.split() for name, _, values in (part.strip().partition(" ") for part in policy.split(";"))}


def boom(request):
    raise ZeroDivisionError


@pytest.fixture
def small():
    """The guards around a small application."""

    async def page(request):
        return HTMLResponse(PAGE)

    async def stream(request):
        return StreamingResponse(iter(["a", "b"]))

    async def other(request):
        return PlainTextResponse("done")

    routes = [
        Route("/", page),
        Route("/stream", stream),
        Route("/html", page),
        Route("/post", other, methods=["POST"]),
        Route("/boom", boom),
    ]
    guarded = SecurityMiddleware(Starlette(routes=routes), hosts=allowed_hosts("127.0.0.1", 7860))
    with TestClient(guarded, base_url=OWN, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="module")
def real():
    """The guards around the page itself."""
    library = Library(open_assistant=FakeAssistant, open_catalog=lambda: FakeCatalog([make_record()]))
    jobs = IngestJobs(make_programs(), list_documents=list)
    page = PageSettings(host="127.0.0.1", port=7860, examples=("What orbits?",), max_file_mib=1)
    with TestClient(build_app(library, jobs, page=page), base_url=OWN, raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/stream", "/html", "/missing", "/boom", "/post"])
def test_every_response_carries_the_policy(small, path):
    response = small.get(path)
    found = directives(response)
    assert found["default-src"] == ["'self'"]
    assert found["object-src"] == found["frame-src"] == found["frame-ancestors"] == ["'none'"]
    assert found["img-src"] == found["media-src"] == ["'self'", "data:", "blob:"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"


def test_only_the_pages_own_inline_scripts_may_run(small):
    hashes = [f"'{digest}'" for digest in inline_script_hashes(PAGE.encode())]
    assert len(hashes) == 2
    assert directives(small.get("/"))["script-src"] == ["'self'", *hashes]
    assert directives(small.get("/html"))["script-src"] == ["'self'"]


def test_the_real_page_needs_neither_eval_nor_inline_handlers(real):
    found = directives(real.get("/"))
    assert "'unsafe-inline'" not in found["script-src"]
    assert "'unsafe-eval'" not in found["script-src"]
    assert found["script-src-attr"] == ["'none'"]


@pytest.mark.parametrize(
    "path", ["/config", "/gradio_api/info", "/page/page.js", "/page/../page.css", "/theme.css", "/nothing"]
)
def test_every_route_of_the_page_carries_the_policy(real, path):
    assert "content-security-policy" in real.get(path).headers


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:7860", "127.0.0.1", "127.0.0.1:7861", "localhost.evil.example:7860", "", "[::1]"],
)
def test_a_foreign_host_is_misdirected(small, host):
    response = small.get("/", headers={"host": host})
    assert response.status_code == 421
    assert "content-security-policy" in response.headers


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost:7860", "LOCALHOST:7860", "[::1]:7860"])
def test_the_loopback_names_are_served(small, host):
    assert small.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "https://127.0.0.1:7860"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_another_pages_request_changes_nothing(small, headers):
    assert small.post("/post", headers=headers).status_code == 403


@pytest.mark.parametrize("headers", [{"origin": OWN}, {}, {"origin": OWN, "sec-fetch-site": "same-origin"}])
def test_the_pages_own_requests_pass(small, headers):
    assert small.post("/post", headers=headers).status_code == 200


def test_a_file_above_the_limit_is_refused_before_it_is_read(real):
    response = real.post("/gradio_api/upload", files={"files": ("big.txt", b"x" * (2**20 + 1))})
    assert response.status_code == 413


@pytest.mark.parametrize(
    "path", ["/gradio_api/file=/etc/passwd", "/gradio_api/file=../../etc/passwd", "/page/%2e%2e/app.py"]
)
def test_no_file_outside_the_page_is_served(real, path):
    assert real.get(path).status_code in (403, 404)


def test_no_handler_of_the_page_is_a_public_endpoint(real):
    info = real.get("/gradio_api/info").json()
    assert info["named_endpoints"] == {}
    assert info["unnamed_endpoints"] == {}


def test_the_page_names_no_other_server(real):
    config = real.get("/config").text
    assert "googleapis" not in config
    assert '"analytics_enabled":false' in config.replace(" ", "")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.org", "", "127.0.0.1.evil.example"])
def test_a_host_beyond_this_machine_is_refused_by_name(host):
    with pytest.raises(HostRefused, match="this machine only"):
        listen(host, 0)


@pytest.mark.parametrize(("given", "bare"), [("localhost", "localhost"), ("127.0.0.2", "127.0.0.2"), ("[::1]", "::1")])
def test_loopback_hosts_are_taken(given, bare):
    assert require_loopback(given) == bare


def test_a_taken_port_is_named():
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(PortInUse, match=f"Port {port} is taken"):
            listen("127.0.0.1", port)


def test_port_zero_takes_a_free_one():
    with listen("127.0.0.1", 0) as taken:
        assert isinstance(taken, socket.socket)
        assert taken.getsockname()[1] > 0


def test_examples_come_from_the_corpus_folder(tmp_path):
    (tmp_path / ".examples.txt").write_text("What?\n\n  Who?  \n" + "x" * 200 + "\n", encoding="utf-8")
    assert read_examples(tmp_path) == ("What?", "Who?")


def test_a_corpus_without_examples_offers_none(tmp_path):
    assert read_examples(tmp_path) == ()
    (tmp_path / ".examples.txt").write_bytes(b"\xff\xfe\xff")
    assert read_examples(tmp_path) == ()


def test_the_starter_corpus_offers_examples(starter_corpus):
    assert len(read_examples(starter_corpus)) >= 4
