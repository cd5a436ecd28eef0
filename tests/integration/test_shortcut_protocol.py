"""Requests that are answered past ASGI, against uvicorn: their order, ends of connections, and slow readers."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from leaderboard_project.shortcut_protocol import ShortcutHttpProtocol
from scores.fast_door import Answer

HOT = b"GET /hot HTTP/1.1\r\nHost: board.test\r\n\r\n"
COLD = b"GET /cold HTTP/1.1\r\nHost: board.test\r\n\r\n"


class Board:
    """An application with a shortcut for /hot and /slow; everything else is answered by ASGI, with what it was told."""

    def __init__(self, body: bytes = b"hot") -> None:
        self.body = body
        self.answered = 0
        self.may_answer = asyncio.Event()
        self.asked = asyncio.Event()
        self.shortcut = self

    def take(self, method: bytes, target: bytes, headers: Sequence[tuple[bytes, bytes]], **_: Any) -> bytes | None:
        return target if target in {b"/hot", b"/slow", b"/broken"} else None

    async def answer(self, taken: bytes, body: bytes) -> Answer:
        self.asked.set()
        try:
            if taken == b"/slow":
                await self.may_answer.wait()
        except asyncio.CancelledError:
            return Answer(503, b"going down")
        if taken == b"/broken":
            raise RuntimeError("a defect")
        self.answered += 1
        return Answer(200, self.body + body)

    def head(self, answer: Answer, taken: bytes, of_server: Sequence[tuple[bytes, bytes]]) -> bytes:
        return b"HTTP/1.1 %d Well\r\n" % answer.status

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b"cold " + scope["path"].encode()
        while (event := await receive())["type"] == "http.request":
            body += event["body"]
            if not event["more_body"]:
                break
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def serving(
    board: Board, **options: Any
) -> AsyncIterator[tuple[uvicorn.Server, asyncio.StreamReader, asyncio.StreamWriter]]:
    """A server and a connection to it."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        board,
        http=ShortcutHttpProtocol,
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        **options,
    )
    server = uvicorn.Server(config)
    config.load()
    task = asyncio.create_task(server._serve([listening]))
    reader, writer = await asyncio.open_connection(*listening.getsockname())
    try:
        async with asyncio.timeout(10):
            yield server, reader, writer
    finally:
        writer.close()
        server.should_exit = True
        await task


async def answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """The head and the body of the next answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.split(b"\r\n") if line.startswith(b"content-length: "))
    return head, await reader.readexactly(int(length.partition(b": ")[2]))


def connections(server: uvicorn.Server) -> list[ShortcutHttpProtocol]:
    """The open ones."""
    return [each for each in server.server_state.connections if isinstance(each, ShortcutHttpProtocol)]


async def until(condition: Callable[[], object]) -> None:
    while not condition():  # noqa: ASYNC110  nobody tells
        await asyncio.sleep(0.01)


async def test_one_connection_is_answered_by_either_way_in_turns() -> None:
    async with serving(Board()) as (_, reader, writer):
        for asked, told in ((HOT, b"hot"), (COLD, b"cold /cold"), (HOT, b"hot"), (HOT, b"hot")):
            writer.write(asked)

            assert (await answer(reader))[1] == told


async def test_a_body_that_is_there_is_handed_on() -> None:
    async with serving(Board()) as (_, reader, writer):
        writer.write(b"POST /hot HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody")

        assert (await answer(reader))[1] == b"hotbody"


@pytest.mark.parametrize("pieces", [[b"", b"body"], [b"bo", b"dy"], [b"b", b"o", b"dy"]])
async def test_a_body_that_comes_in_pieces_is_left_to_asgi(pieces: list[bytes]) -> None:
    async with serving(Board()) as (server, reader, writer):
        sent = b"POST /hot HTTP/1.1\r\nContent-Length: 4\r\n\r\n" + pieces[0]
        for piece in (sent, *pieces[1:]):
            writer.write(piece)
            await until(lambda: server.server_state.tasks)  # the piece before has arrived

        assert (await answer(reader))[1] == b"cold /hotbody"


async def test_a_head_that_comes_in_pieces_is_answered_all_the_same() -> None:
    async with serving(Board()) as (server, reader, writer):
        await until(lambda: server.server_state.connections)
        for place in range(0, len(HOT), 8):
            writer.write(HOT[place : place + 8])
            await asyncio.sleep(0)

        assert (await answer(reader))[1] == b"hot"


async def test_an_older_http_is_left_to_asgi() -> None:
    async with serving(Board()) as (_, reader, writer):
        writer.write(b"GET /hot HTTP/1.0\r\n\r\n")

        assert (await answer(reader))[1] == b"cold /hot"
        assert await reader.read() == b""


async def test_pipelined_requests_are_answered_in_their_order() -> None:
    board = Board()
    async with serving(board) as (_, reader, writer):
        writer.write(b"GET /slow HTTP/1.1\r\n\r\n" + HOT + COLD + HOT)
        await board.asked.wait()
        board.may_answer.set()

        assert [(await answer(reader))[1] for _ in range(4)] == [b"hot", b"cold /hot", b"cold /cold", b"cold /hot"]
        writer.write(HOT)
        assert (await answer(reader))[1] == b"hot"


async def hears_the_last_answer(reader: asyncio.StreamReader) -> None:
    """The answer comes, it says that the connection is closed, and so it is."""
    head, body = await answer(reader)
    assert b"\r\nconnection: close\r\n" in head
    assert body == b"hot"
    assert await reader.read() == b""


async def test_a_connection_that_is_to_close_is_closed_and_told_so() -> None:
    async with serving(Board()) as (_, reader, writer):
        writer.write(b"GET /hot HTTP/1.1\r\nConnection: close\r\n\r\n")

        await hears_the_last_answer(reader)


async def test_the_answer_to_a_client_that_has_left_is_dropped() -> None:
    board = Board()
    async with serving(board) as (server, _, writer):
        writer.write(b"GET /slow HTTP/1.1\r\n\r\n")
        await board.asked.wait()
        writer.close()
        await until(lambda: not server.server_state.connections)

        board.may_answer.set()

        await until(lambda: not server.server_state.tasks)
        assert board.answered == 1


async def test_bytes_that_are_no_request_end_the_connection_ahead_of_an_answer_under_way() -> None:
    board = Board()
    async with serving(board) as (server, reader, writer):
        writer.write(b"GET /slow HTTP/1.1\r\n\r\n" + b"?\r\n\r\n")

        assert (await reader.readline()).startswith(b"HTTP/1.1 400 ")
        await reader.read()
        board.may_answer.set()
        await until(lambda: not server.server_state.tasks)


async def test_a_stopping_server_lets_an_answer_finish_and_then_closes() -> None:
    board = Board()
    async with serving(board) as (server, reader, writer):
        writer.write(b"GET /slow HTTP/1.1\r\n\r\n")
        await board.asked.wait()

        server.should_exit = True
        await until(lambda: not connections(server)[0].cycle.keep_alive)
        board.may_answer.set()

        await hears_the_last_answer(reader)


async def test_who_still_waits_when_the_grace_is_over_is_told_something() -> None:
    board = Board()
    async with serving(board, timeout_graceful_shutdown=1) as (server, reader, writer):
        writer.write(b"GET /slow HTTP/1.1\r\n\r\n")
        await board.asked.wait()

        server.should_exit = True

        head, body = await answer(reader)
        assert head.startswith(b"HTTP/1.1 503 ")
        assert body == b"going down"


async def test_a_defect_lets_no_client_wait(caplog: pytest.LogCaptureFixture) -> None:
    async with serving(Board()) as (server, reader, writer):
        writer.write(b"GET /broken HTTP/1.1\r\n\r\n")

        assert await reader.read() == b""
        assert not server.server_state.tasks
        gc.collect()
        assert "a defect" in caplog.text


async def test_a_client_that_never_reads_is_not_answered_for_ever() -> None:
    board, requests = Board(b"x" * 256 * 1024), 200
    async with serving(board) as (server, reader, writer):
        for _ in range(requests):
            writer.write(HOT)
            await asyncio.sleep(0)
        # asyncio's reader takes a little, the kernel some megabytes, and then the server waits.
        await until(lambda: any(connection.flow.write_paused for connection in connections(server)))
        assert board.answered < requests

        answers = [len((await answer(reader))[1]) for _ in range(requests)]

        assert all(length in {len(board.body), len(b"cold /hot")} for length in answers)


async def test_a_silent_connection_is_closed_after_an_answer() -> None:
    async with serving(Board(), timeout_keep_alive=1) as (_, reader, writer):
        writer.write(HOT)
        await answer(reader)

        assert await reader.read() == b""
