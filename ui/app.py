"""The web application: the page behind its guards, and the server that runs it."""

from __future__ import annotations

import socket
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
import uvicorn
from fastapi import FastAPI
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from assistant.errors import AssistantError
from ui.handlers import Handlers
from ui.jobs import IngestJobs
from ui.library import Library
from ui.page import HEAD, build_page
from ui.security import SecurityMiddleware, allowed_hosts

STATIC = Path(__file__).parent / "static"
_SYSTEM_FONTS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSettings:
    """What the page itself needs to know."""

    host: str
    port: int
    examples: Sequence[str]
    max_file_mib: int


def build_app(library: Library, jobs: IngestJobs, *, page: PageSettings) -> ASGIApp:
    """Put the page behind its guards.

    Args:
        library: The documents and the assistant; opened in the background when the server starts, closed with it.
        jobs: Those of this server; closed with it.
        page: Where it is served and what it offers.

    Returns:
        The application.
    """

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        threading.Thread(target=_warm, args=(library,), name="warm-up", daemon=True).start()
        yield
        jobs.close()
        library.close()

    app = FastAPI(title="Assistant", openapi_url=None, docs_url=None, redoc_url=None, lifespan=life)
    app.mount("/page", StaticFiles(directory=STATIC), name="page")
    blocks = build_page(Handlers(library, jobs), examples=page.examples, max_file_mib=page.max_file_mib)
    gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        server_name=page.host,
        server_port=page.port,
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=page.max_file_mib * 2**20,
        ssr_mode=False,
        enable_monitoring=False,
        theme=gr.themes.Base(font=list(_SYSTEM_FONTS), font_mono=["ui-monospace", "Consolas", "monospace"]),
        head=HEAD,
    )
    # Around the whole application, so that its own error pages carry the policy too.
    return SecurityMiddleware(app, hosts=allowed_hosts(page.host, page.port))


def serve(app: ASGIApp, listening: socket.socket, *, ready: Callable[[], None]) -> None:
    """Serve until the person stops it.

    Args:
        app: From `build_app`.
        listening: From `listen`.
        ready: Called when the first request would be answered.
    """
    config = uvicorn.Config(
        app, log_level="warning", server_header=False, date_header=False, timeout_graceful_shutdown=2, ws="none"
    )
    _Server(config, ready=ready).run(sockets=[listening])


class _Server(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, *, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


def _warm(library: Library) -> None:
    """Open the assistant before the first question needs it. What keeps it shut is told to who asks."""
    try:
        library.assistant()
    except AssistantError:
        return
