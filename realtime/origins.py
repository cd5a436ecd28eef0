"""Which pages may open a live socket: those of this server, and those of the origins we name."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

_DEFAULT_PORTS = {"http": 80, "https": 443}

#: Scheme, host and port, as browsers compare them.
Origin = tuple[str, str, int]


def is_our_page(scope: dict[str, Any]) -> bool | None:
    """Whether a handshake comes from a page that may connect; None where it names no page: no browser sent it."""
    origins = header(scope, b"origin")
    if not origins:
        return None
    hosts = header(scope, b"host")
    if len(origins) > 1 or len(hosts) != 1:
        return False
    scheme = {"ws": "http", "wss": "https"}.get(scope.get("scheme", "ws"), "")
    return is_allowed(origins[0], host=hosts[0], scheme=scheme)


def is_allowed(origin: str, *, host: str, scheme: str) -> bool:
    """Whether a page of `origin` may connect to a server that was asked for as `scheme://host`."""
    return _is_allowed(origin, host, scheme, tuple(settings.ALLOWED_ORIGINS), tuple(settings.ALLOWED_HOSTS))


@lru_cache(maxsize=256)  # when a crowd comes its thousands ask the same, and this is a tenth of a handshake
def _is_allowed(
    origin: str, host: str, scheme: str, allowed_origins: tuple[str, ...], allowed_hosts: tuple[str, ...]
) -> bool:
    asking = parse(origin)
    if asking is None:
        return False
    if asking in {parse(allowed) for allowed in allowed_origins}:
        return True
    # The page's own server, but only under a name that is ours: a foreign name that was made to
    # point here (DNS rebinding) has the same host in both headers.
    domain, _ = split_domain_port(host)
    return asking == parse(f"{scheme}://{host}") and validate_host(domain, allowed_hosts)


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


def header(scope: dict[str, Any], name: bytes) -> list[str]:
    """Every value of the handshake's header."""
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    return [value.decode("latin-1") for key, value in headers if key.lower() == name]
