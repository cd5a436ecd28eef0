"""Bodies of HTTP requests, bounded before the application sees them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from leaderboard_project import body_limit
from leaderboard_project.http_protocol import WHOLE_BODY

_LIMIT = 64 * 1024


def _scope(*headers: tuple[bytes, bytes], path: str = "/api/leaderboard/submit") -> Any:
    return {"type": "http", "path": path, "headers": list(headers)}


class Client:
    """Sends a body in pieces and keeps what comes back; `None` as a piece never comes."""

    def __init__(self, *pieces: bytes | None) -> None:
        self._pieces = list(pieces)
        self.sent: list[Any] = []
        self.seen = 0

    async def receive(self) -> Any:
        piece = self._pieces.pop(0) if self._pieces else None
        if piece is None:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": piece, "more_body": bool(self._pieces)}

    async def send(self, event: Any) -> None:
        self.sent.append(event)

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        """Reads the whole body as Django does, and answers unless the client went away."""
        more = True
        while more:
            event = await receive()
            if event["type"] == "http.disconnect":
                return
            self.seen += len(event["body"])
            more = event["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def ask(self, scope: Any) -> int:
        await body_limit.bounded(self.app, scope, self.receive, self.send)
        status: int = self.sent[0]["status"]
        return status


def _code(client: Client) -> str:
    code: str = json.loads(client.sent[1]["body"])["error"]["code"]
    return code


async def test_a_body_of_exactly_the_limit_passes() -> None:
    client = Client(b"x" * 1000, b"x" * (_LIMIT - 1000))

    assert await client.ask(_scope((b"content-length", str(_LIMIT).encode()))) == 200
    assert client.seen == _LIMIT


async def test_a_request_without_a_body_passes_untouched() -> None:
    assert await Client(b"").ask(_scope()) == 200


async def test_a_declared_length_beyond_the_limit_never_reaches_the_application() -> None:
    client = Client(b"x" * (_LIMIT + 1))

    assert await client.ask(_scope((b"content-length", str(_LIMIT + 1).encode()))) == 413
    assert (client.seen, _code(client)) == (0, "body_too_large")


async def test_a_body_without_a_length_is_counted() -> None:
    client = Client(b"x" * _LIMIT, b"x", b"x")

    assert await client.ask(_scope((b"transfer-encoding", b"chunked"))) == 413
    assert (client.seen, _code(client)) == (0, "body_too_large")


async def test_only_batches_may_be_larger() -> None:
    batch = _scope((b"transfer-encoding", b"chunked"), path="/api/leaderboard/submit/batch")

    assert await Client(b"x" * (1024 * 1024)).ask(batch) == 200
    assert await Client(b"x" * (1024 * 1024 + 1)).ask(batch) == 413


async def test_a_body_that_does_not_arrive_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_limit, "_BODY_S", 0.05)
    monkeypatch.setattr(body_limit, "_DISCARD_S", 0.05)
    client = Client(b"x", None)

    assert await client.ask(_scope((b"content-length", b"2"))) == 408
    assert _code(client) == "body_too_slow"


async def test_a_body_that_came_in_one_piece_is_not_waited_for() -> None:
    client = Client(b"x" * 100)
    scope = _scope((b"content-length", b"100")) | {"extensions": {WHOLE_BODY: {}}}

    assert await client.ask(scope) == 200
    assert client.seen == 100


@pytest.mark.parametrize("header", [(b"content-length", b"65537"), (b"transfer-encoding", b"chunked")])
async def test_a_body_that_came_in_one_piece_is_bounded_all_the_same(header: tuple[bytes, bytes]) -> None:
    client = Client(b"x" * (_LIMIT + 1))

    assert await client.ask(_scope(header) | {"extensions": {WHOLE_BODY: {}}}) == 413
