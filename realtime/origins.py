"""Who may open a live socket: pages of this server, pages of the origins we name, and programs with a key."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import close_old_connections
from django.http.request import split_domain_port, validate_host

from scores import api_keys

_DEFAULT_PORTS = {"http": 80, "https": 443}

#: Scheme, host and port, as browsers compare them.
Origin = tuple[str, str, int]


async def may_connect(scope: dict[str, Any]) -> bool:
    """Whether this handshake may be accepted.

    A browser always sends an Origin, and a page that is not ours must not use its visitor's
    cookies here. A program sends none, and proves itself by its key.
    """
    origins = _header(scope, b"origin")
    if not origins:
        return await _has_key(scope)
    hosts = _header(scope, b"host")
    if len(origins) > 1 or len(hosts) != 1:
        return False
    scheme = {"ws": "http", "wss": "https"}.get(scope.get("scheme", "ws"), "")
    return is_allowed(origins[0], host=hosts[0], scheme=scheme)


def is_allowed(origin: str, *, host: str, scheme: str) -> bool:
    """Whether a page of `origin` may connect to a server that was asked for as `scheme://host`."""
    asking = parse(origin)
    if asking is None:
        return False
    if asking in {parse(allowed) for allowed in settings.ALLOWED_ORIGINS}:
        return True
    # The page's own server, but only under a name that is ours: a foreign name that was made to
    # point here (DNS rebinding) has the same host in both headers.
    domain, _ = split_domain_port(host)
    return asking == parse(f"{scheme}://{host}") and validate_host(domain, settings.ALLOWED_HOSTS)


def parse(text: str) -> Origin | None:
    """The origin that a header or a setting names; None unless it is exactly a scheme, a host and perhaps a port.

    >>> parse("https://Play.example")
    ('https', 'play.example', 443)
    >>> parse("null")
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    default = _DEFAULT_PORTS.get(parts.scheme)
    if default is None or parts.hostname is None or "@" in parts.netloc:
        return None
    if parts.path or parts.query or parts.fragment:
        return None
    return parts.scheme, parts.hostname, default if port is None else port


async def _has_key(scope: dict[str, Any]) -> bool:
    for value in _header(scope, b"authorization"):
        kind, _, secret = value.partition(" ")
        if kind.lower() == "api-key" and await asyncio.to_thread(_is_valid, secret.strip()):
            return True
    return False


def _is_valid(secret: str) -> bool:
    try:
        return api_keys.verify(secret) is not None
    finally:
        close_old_connections()  # this thread serves no request at whose end Django would do so


def _header(scope: dict[str, Any], name: bytes) -> list[str]:
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    return [value.decode("latin-1") for key, value in headers if key.lower() == name]
