"""Both doors of the API in process: Django's alone, and with the fast door in front.

The fast door is asked as the web process asks it: by the shortcut, and by ASGI where that does not take
the request. `BARE` is the same door by ASGI alone.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterable, Mapping
from functools import cache
from string import punctuation
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from django.http import HttpResponse

if TYPE_CHECKING:
    from scores.fast_door import Answer

DOORS = ("django", "fast")
BARE = "fast by ASGI"


class Response(HttpResponse):
    """What an ASGI application answered, in the clothes of Django's test client."""

    def json(self) -> Any:
        return json.loads(self.content)


def ask(door: str, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Response:
    """The response to one request at a door; `target` is path and query as they stand on the wire."""
    sent = {"Host": "localhost", **(headers or {})}
    if body or method == "POST":
        sent.setdefault("Content-Length", str(len(body)))
    return send(door, method, target, [(name.lower().encode(), text.encode()) for name, text in sent.items()], body)


def send(door: str, method: str, target: str, headers: Iterable[tuple[bytes, bytes]], body: bytes = b"") -> Response:
    """The same with headers as they stand on the wire."""
    return asyncio.run_coroutine_threadsafe(_exchange(door, scope(method, target, headers), body), _loop()).result(30)


async def _exchange(door: str, asked: Any, body: bytes) -> Response:
    shortcut = _application(door).shortcut if door == "fast" else None
    if shortcut is not None:
        target = asked["raw_path"] + (b"?" + asked["query_string"] if asked["query_string"] else b"")
        taken = shortcut.take(
            asked["method"].encode(), target, asked["headers"], scheme=asked["scheme"], peer=asked["client"][0]
        )
        if taken is not None:
            answer = await shortcut.answer(taken, body)
            return _response(answer.status, _lines(shortcut.head(answer, taken, ()), answer), answer.body or b"")
    return await _by_asgi(_application(door).http, asked, body)


async def _by_asgi(application: Any, asked: Any, body: bytes) -> Response:
    events: list[Any] = []
    unread = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        if unread:
            return unread.pop()
        return await asyncio.Event().wait()  # the client stays

    async def hear(event: Any) -> None:
        events.append(event)

    await application(asked, receive, hear)
    body = b"".join(event.get("body", b"") for event in events[1:])
    # The server lets no body of a HEAD out.
    return _response(events[0]["status"], events[0]["headers"], b"" if asked["method"] == "HEAD" else body)


def _lines(head: bytes, answer: Answer) -> list[tuple[bytes, bytes]]:
    """The headers that are written, and the one that the protocol adds."""
    first, *lines = head.removesuffix(b"\r\n").split(b"\r\n")
    assert first.startswith(b"HTTP/1.1 %d " % answer.status)
    length = [] if answer.body is None else [(b"content-length", b"%d" % len(answer.body))]
    return [(name, value) for name, _, value in (line.partition(b": ") for line in lines)] + length


def _response(status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> Response:
    response = Response(body, status=status)
    del response["Content-Type"]
    for name, value in headers:
        assert not response.has_header(name.decode()), f"{name!r} was sent twice"
        response[name.decode()] = value.decode("latin-1")
    return response


def scope(method: str, target: str, headers: Iterable[tuple[bytes, bytes]]) -> Any:
    """The scope of a request, as uvicorn makes it."""
    parts = urlsplit(quote(target, safe=punctuation))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(parts.path),
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": list(headers),
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 5000),
        "state": {},
    }


@cache
def _application(door: str) -> Any:
    from leaderboard_project import asgi  # noqa: PLC0415 - reads the models

    return asgi.Application(fast_door=door != "django")


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """A loop of its own, as a web process has, which outlives every test."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="web", daemon=True).start()
    return loop
