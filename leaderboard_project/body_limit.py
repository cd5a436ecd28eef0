"""Bounds the size and the pace of HTTP request bodies before Django spools them to disk."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asgiref.typing import (
        ASGI3Application,
        ASGIReceiveCallable,
        ASGIReceiveEvent,
        ASGISendCallable,
        ASGISendEvent,
        HTTPScope,
    )

_BODY_BYTES = 64 * 1024
_BATCH_BYTES = 1024 * 1024
_BATCH_PATH = "/submit/batch"
#: How long a whole body may take to arrive, in seconds.
_BODY_S = 30.0
#: How much of a refused body is read and thrown away, and for how long: closing a connection with unread
#: bytes resets it, and the client would never see the answer.
_DISCARD_BYTES = 4 * 1024 * 1024
_DISCARD_S = 2.0


async def bounded(
    app: ASGI3Application, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable
) -> None:
    """Run `app` for one HTTP request whose body stays within the limit; answer 413 or 408 otherwise.

    The length that the client declares is believed only when it is too large; bodies without one are counted.
    The app sees a refused body as a client that went away.
    """
    if not _has_body(scope):
        await app(scope, receive, send)
        return
    limit = _BATCH_BYTES if scope["path"].endswith(_BATCH_PATH) else _BODY_BYTES
    if _declared_length(scope) > limit:
        await _discard(receive)
        await _refuse(send, 413, "body_too_large", f"The body may hold at most {limit} bytes.")
        return
    body = _Body(receive, limit)
    answered = False

    async def watched_send(event: ASGISendEvent) -> None:
        nonlocal answered
        answered = True
        await send(event)

    await app(scope, body.receive, watched_send)
    if body.refusal is not None and not answered:
        status, code, detail = body.refusal
        await _discard(receive)
        await _refuse(send, status, code, detail)


class _Body:
    """Counts one request body on its way to the app."""

    def __init__(self, receive: ASGIReceiveCallable, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._received = 0
        self._complete = False
        self._deadline = asyncio.get_running_loop().time() + _BODY_S
        self.refusal: tuple[int, str, str] | None = None

    async def receive(self) -> ASGIReceiveEvent:
        """The next event; a disconnect once the body is refused."""
        if self.refusal is not None:
            return {"type": "http.disconnect"}
        if self._complete:  # nothing but the disconnect is left to wait for, and that may take for ever
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                event = await self._receive()
        except TimeoutError:
            self.refusal = (408, "body_too_slow", f"The body must arrive within {_BODY_S:.0f} seconds.")
            return {"type": "http.disconnect"}
        if event["type"] == "http.request":
            self._received += len(event["body"])
            self._complete = not event["more_body"]
            if self._received > self._limit:
                self.refusal = (413, "body_too_large", f"The body may hold at most {self._limit} bytes.")
                return {"type": "http.disconnect"}
        return event


def _has_body(scope: HTTPScope) -> bool:
    return any(name in {b"content-length", b"transfer-encoding"} for name, _ in scope["headers"])


def _declared_length(scope: HTTPScope) -> int:
    # The HTTP parser has already refused lengths that are no number, negative, or given twice.
    return next((int(value) for name, value in scope["headers"] if name == b"content-length"), 0)


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


async def _refuse(send: ASGISendCallable, status: int, code: str, detail: str) -> None:
    body = json.dumps({"error": {"code": code, "detail": detail}}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),  # what is left of the body must not be read as the next request
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers, "trailers": False})
    await send({"type": "http.response.body", "body": body, "more_body": False})
