"""The host names that a server started by `serve` answers to."""

from __future__ import annotations

import ipaddress
import os
import socket
import sys

from django.conf import settings
from django.http.request import validate_host


def allowed(listening_host: str) -> list[str]:
    """ALLOWED_HOSTS as it is set, or else this machine's names for somebody who comes by `listening_host`.

    Who listens beyond the machine itself without naming its hosts is told so in one line: no
    server can know by which names it is reached.
    """
    names = list(settings.ALLOWED_HOSTS)
    if os.environ.get("ALLOWED_HOSTS", "").strip() or _is_loopback(listening_host):
        return names
    names += [f"[{listening_host}]" if ":" in listening_host else listening_host, socket.gethostname().lower()]
    sys.stderr.write(
        f"Listening beyond this machine, as {', '.join(names)}; set ALLOWED_HOSTS for other names,"
        " and RANKCAST_PRODUCTION=1 to serve people.\n"
    )
    return names


def accepted(host: str, names: list[str]) -> str:
    """A name by which the server, which is reached at `host`, lets itself be called."""
    if validate_host(host, names):
        return host
    return names[0].removeprefix(".") if names else host


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
