"""The page's address: on this machine only, and free."""

from __future__ import annotations

import errno
import ipaddress
import socket

from assistant.errors import HostRefused, PortInUse


def require_loopback(host: str) -> str:
    """Let only addresses of this machine pass.

    Args:
        host: A name or an address, an IPv6 one with or without brackets.

    Returns:
        The host without brackets.

    Raises:
        HostRefused: If others could reach it.
    """
    bare = host.strip().removeprefix("[").removesuffix("]")
    if bare.lower() == "localhost":
        return "localhost"
    try:
        loopback = ipaddress.ip_address(bare).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise HostRefused(host)
    return bare


def listen(host: str, port: int) -> socket.socket:
    """Take the page's port.

    Args:
        host: A loopback name or address.
        port: 0 picks a free one.

    Returns:
        A listening socket.

    Raises:
        HostRefused: If `host` is reachable from elsewhere.
        PortInUse: If another program listens there.
    """
    bare = require_loopback(host)
    family = socket.AF_INET6 if ":" in bare else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((bare, port))
        taken.listen(128)
    except OSError as error:
        taken.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise PortInUse(port) from error
        raise
    return taken
