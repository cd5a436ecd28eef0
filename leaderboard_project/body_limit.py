"""Bounds the size and the pace of HTTP request bodies, and hands them on whole."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING

from leaderboard_project.answers import answer_error
from leaderboard_project.http_protocol import WHOLE_BODY
from scores.api.documents import MAX_BATCH_BODY, MAX_BODY

if TYPE_CHECKING:
    from asgiref.typing import (
        ASGI3Application,
        ASGIReceiveCallable,
        ASGIReceiveEvent,
        ASGISendCallable,
        HTTPScope,
    )

_BATCH_PATH = "/submit/batch"
#: How long a whole body may take to arrive, in seconds.
_BODY_S = 30.0
#: How much of a refused body is read and thrown away, and for how long: closing a connection with unread
#: bytes resets it, and the client would never see the answer.
_DISCARD_BYTES = 4 * 1024 * 1024
_DISCARD_S = 2.0


class _Refused(Exception):
    """The body is too large or too slow."""

    complete = False  # whether all of the body has arrived all the same

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail


async def bounded(
    app: ASGI3Application, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable
) -> None:
    """Run `app` for one HTTP request once its body is here and within the limit; answer 413 or 408 otherwise.

    The length that the client declares is believed only when it is too large; bodies without one are counted.
    A body that trickles in costs its connection, never one of the threads that answer requests.
    """
    length = _announced(scope)
    if length == 0 or (length <= most_bytes(scope["path"]) and WHOLE_BODY in (scope.get("extensions") or ())):
        await app(scope, receive, send)
        return
    try:
        body = await _read(scope, receive, length)
    except _Refused as refused:
        if not refused.complete:
            await _discard(receive)
        # What is left of the body must not be read as the next request.
        closing = [(b"connection", b"close")]
        await answer_error(send, refused.status, refused.code, refused.detail, headers=closing)
        return
    if body is None:
        return  # the client went away
    whole: ASGIReceiveEvent | None = {"type": "http.request", "body": body, "more_body": False}

    async def replayed() -> ASGIReceiveEvent:
        nonlocal whole
        if whole is not None:
            event, whole = whole, None
            return event
        return await receive()  # nothing but the disconnect is left to come

    await app(scope, replayed, send)


async def _read(scope: HTTPScope, receive: ASGIReceiveCallable, length: float) -> bytes | None:
    limit = most_bytes(scope["path"])
    too_large = _Refused(413, "body_too_large", f"The body may hold at most {limit} bytes.")
    if limit < length < math.inf:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_S):
            while True:
                event = await receive()
                if event["type"] != "http.request":
                    return None
                body += event["body"]
                if len(body) > limit:
                    too_large.complete = not event["more_body"]
                    raise too_large
                if not event["more_body"]:
                    return bytes(body)
    except TimeoutError:
        raise _Refused(408, "body_too_slow", f"The body must arrive within {_BODY_S:.0f} seconds.") from None


def most_bytes(path: str) -> int:
    """How large the body of a request to this path may be."""
    return MAX_BATCH_BODY if path.endswith(_BATCH_PATH) else MAX_BODY


def _announced(scope: HTTPScope) -> float:
    """How long the body is to be, in bytes: 0 without one, infinite where no length is told."""
    length: float = 0
    for name, value in scope["headers"]:
        if name == b"content-length":
            length = int(value)  # the HTTP parser has refused what is no number, negative, or given twice
        elif name == b"transfer-encoding":
            return math.inf
    return length


async def _discard(receive: ASGIReceiveCallable) -> None:
    discarded = 0
    try:
        async with asyncio.timeout(_DISCARD_S):
            while discarded < _DISCARD_BYTES:
                event = await receive()
                if event["type"] != "http.request" or not event["more_body"]:
                    return
                discarded += len(event["body"])
    except TimeoutError:
        return
