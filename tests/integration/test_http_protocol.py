"""The bounds of a request's head, against uvicorn with a tiny application."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from leaderboard_project.http_protocol import WHOLE_BODY, BoundedHttpProtocol
from tests.integration.bare import connection


class Hasty(BoundedHttpProtocol):
    head_s = 0.3


async def _hello(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


async def _refused(reader: asyncio.StreamReader) -> bool:
    try:
        return (await reader.read()).startswith(b"HTTP/1.1 400")
    except ConnectionResetError:  # closed with bytes of ours still unread: TCP may drop the answer then
        return True


async def test_a_connection_that_says_nothing_is_closed() -> None:
    async with connection(_hello, http=Hasty) as (reader, _), asyncio.timeout(5):
        assert await reader.read() == b""


async def test_a_head_that_comes_too_slowly_is_closed() -> None:
    async with connection(_hello, http=Hasty) as (reader, writer), asyncio.timeout(5):
        writer.write(b"GET / HTTP/1.1\r\nHost: board.test\r\n")

        assert await reader.read() == b""


async def test_a_head_in_time_is_answered_and_the_next_request_has_its_own_time() -> None:
    async with connection(_hello, http=Hasty) as (reader, writer), asyncio.timeout(5):
        for _ in range(2):
            writer.write(b"GET / HTTP/1.1\r\nHost: board.test\r\n\r\n")
            assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200")

        writer.write(b"GET /")

        assert await reader.read() == b""


async def test_a_header_without_an_end_is_refused() -> None:
    async with connection(_hello, http=BoundedHttpProtocol) as (reader, writer), asyncio.timeout(5):
        writer.write(b"GET / HTTP/1.1\r\nHost: ")
        for _ in range(40):
            writer.write(b"x" * 1024)

        assert await _refused(reader)


async def test_a_head_that_is_too_large_all_at_once_is_refused() -> None:
    async with connection(_hello, http=BoundedHttpProtocol) as (reader, writer), asyncio.timeout(5):
        writer.write(b"GET / HTTP/1.1\r\n" + b"X-Filler: x\r\n" * 4000 + b"\r\n")

        assert await _refused(reader)


async def test_what_cannot_be_parsed_is_refused_in_the_shape_of_every_error() -> None:
    async with connection(_hello, http=BoundedHttpProtocol) as (reader, writer), asyncio.timeout(5):
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n")

        head, _, body = (await reader.read()).partition(b"\r\n\r\n")

        assert json.loads(body)["error"]["code"] == "bad_request"
        assert b"\r\nx-content-type-options: nosniff" in head
        assert b"\r\ncontent-length: %d" % len(body) in head


async def test_the_application_is_told_of_a_body_that_came_in_one_piece() -> None:
    told = asyncio.Queue[bool]()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        told.put_nowait(WHOLE_BODY in scope.get("extensions", {}))
        while (await receive())["more_body"]:
            pass
        await _hello(scope, receive, send)

    async with connection(app, http=BoundedHttpProtocol) as (reader, writer), asyncio.timeout(5):
        writer.write(b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody")
        assert await told.get()
        await reader.readuntil(b"hello")

        writer.write(b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbo")
        assert not await told.get()
        writer.write(b"dy")
        await reader.readuntil(b"hello")
