"""Requests and answers in httpx's words; the same for its blocking and its awaiting client."""

from __future__ import annotations

import ipaddress
from typing import Any

import httpx

from rankcast_client.exchange import Answer, Lost, Request

#: Of these it is certain that the server has not seen the request.
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def settings(url: str, timeout_s: float) -> dict[str, Any]:
    """How either client of httpx is made for a server.

    Raises:
        ValueError: the URL is not one of a server.
    """
    parsed = httpx.URL(url)
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise ValueError(f"{url!r} is not the URL of a server, such as https://rankcast.example.")
    return {
        "base_url": parsed,
        "timeout": timeout_s,
        "headers": {"User-Agent": "rankcast-client"},
        "trust_env": not is_this_machine(parsed.host),
    }


def is_this_machine(host: str | None) -> bool:
    """Whether that is the loopback: no proxy that the environment names leads there."""
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def arguments(request: Request) -> dict[str, Any]:
    """The arguments of `request` for either client of httpx."""
    return {
        "method": request.method,
        "url": request.path,
        "params": request.params or None,
        "headers": request.headers,
        "json": request.document,
    }


def answer(response: httpx.Response) -> Answer:
    """What the server said."""
    try:
        document = response.json()
    except ValueError:
        document = None
    return Answer(
        status=response.status_code,
        document=document if isinstance(document, dict) else {},
        retry_after_s=seconds(response.headers.get("Retry-After")),
        replayed=response.headers.get("Idempotent-Replayed") == "true",
    )


def lost(error: httpx.RequestError) -> Lost:
    """What is known of a request that got no answer."""
    return Lost(f"The server did not answer: {type(error).__name__}.", not isinstance(error, _NEVER_SENT))


def seconds(retry_after: str | None) -> float | None:
    """The seconds in a `Retry-After`; Rankcast never sends the other form, a date."""
    return float(retry_after) if retry_after is not None and retry_after.isdecimal() else None
