"""What every response carries and which requests are refused: CSP, Host and Origin.

The page needs no inline script but the few that gradio's own template holds, so `script-src` lists their hashes,
computed from the page as it is sent. Evaluated code, inline event handlers and any other inline script don't run.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
_INLINE_SCRIPT = re.compile(rb"<script(?![^>]*\ssrc\s*=)[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)
_DIRECTIVES = (
    "default-src 'self'",
    "style-src 'self' 'unsafe-inline'",  # gradio's components set style attributes
    "img-src 'self' data: blob:",
    "media-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self' data: blob:",
    "worker-src 'self'",
    "manifest-src 'self'",
    "frame-src 'none'",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
)
_FIXED_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


def allowed_hosts(host: str, port: int) -> frozenset[str]:
    """List the values of the Host header that name this page.

    Args:
        host: Where the page listens; a loopback address.
        port: The port it listens on.

    Returns:
        `name:port` for every loopback name and for `host`; without a port as well where it is the scheme's own.
    """
    own = f"[{host}]" if ":" in host else host
    names = {*LOOPBACK_NAMES, own.lower()}
    return frozenset({f"{name}:{port}" for name in names} | (names if port == 80 else set()))


def content_security_policy(script_hashes: Iterable[str] = ()) -> str:
    """Write the policy.

    Args:
        script_hashes: `sha256-…` of the inline scripts that may run.

    Returns:
        The value of the Content-Security-Policy header.
    """
    scripts = " ".join(["'self'", *(f"'{digest}'" for digest in script_hashes)])
    return "; ".join([*_DIRECTIVES, f"script-src {scripts}", "script-src-attr 'none'"])


def inline_script_hashes(page: bytes) -> list[str]:
    """Hash the inline scripts of a page as CSP wants them.

    Args:
        page: HTML that this program wrote, UTF-8.

    Returns:
        `sha256-…` of each script, in order.
    """
    return [
        "sha256-" + base64.b64encode(hashlib.sha256(script).digest()).decode("ascii")
        for script in _INLINE_SCRIPT.findall(page)
    ]


class SecurityMiddleware:
    """Refuse foreign hosts and origins, and put the policy on every response."""

    def __init__(self, app: ASGIApp, *, hosts: frozenset[str], page_paths: frozenset[str] = frozenset({"/"})) -> None:
        """Wrap an application.

        Args:
            app: What answers the requests that pass.
            hosts: Accepted values of the Host header, lower case, with their port.
            page_paths: The paths whose HTML this program wrote: only there inline scripts get their hashes.
        """
        self._app, self._hosts, self._page_paths = app, hosts, page_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # the page opens no web socket
            await send({"type": "websocket.close", "code": 1008})
            return
        is_page = scope["path"] in self._page_paths
        guarded = _PageSend(send) if is_page else _HeaderSend(send)
        if (refusal := self._refusal(scope)) is not None:
            await refusal(scope, receive, guarded)
            return
        if is_page:  # hashing needs the plain bytes
            scope = {**scope, "headers": [item for item in scope["headers"] if item[0] != b"accept-encoding"]}
        await self._app(scope, receive, guarded)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        """Decide on one request; None lets it pass."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return PlainTextResponse("Misdirected request: this page is served to this machine only.", 421)
        origin = headers.get("origin")
        if origin is not None and not self._own_origin(origin):
            return PlainTextResponse("Requests from other pages are refused.", 403)
        if (
            scope["method"] not in SAFE_METHODS
            and origin is None
            and headers.get("sec-fetch-site", "none")
            not in (
                "none",
                "same-origin",
            )
        ):
            return PlainTextResponse("Requests from other pages are refused.", 403)
        return None

    def _own_origin(self, origin: str) -> bool:
        parts = urlsplit(origin)
        return parts.scheme == "http" and parts.netloc.lower() in self._hosts


class _HeaderSend:
    """Adds the headers to a response that is passed on as it comes."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            _protect(message, content_security_policy())
        await self._send(message)


class _PageSend:
    """Holds a page back until it is whole, so that the policy can name its scripts."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        if message["type"] != "http.response.body" or self._start is None:
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if message.get("more_body", False):
            return
        html = Headers(raw=self._start["headers"]).get("content-type", "").startswith("text/html")
        _protect(self._start, content_security_policy(inline_script_hashes(self._body) if html else ()))
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": self._body})


def _protect(start: Message, policy: str) -> None:
    """Put the headers on the message that starts a response."""
    headers = MutableHeaders(scope=start)
    headers["content-security-policy"] = policy
    for name, value in _FIXED_HEADERS.items():
        headers[name] = value
