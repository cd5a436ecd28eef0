"""The bounds of a socket, and its way for ready-made frames, against uvicorn with a tiny application."""

from __future__ import annotations

import asyncio
import gc
import logging
import weakref
from typing import Any

import pytest

from leaderboard_project.socket_protocol import BoundedSocketProtocol
from realtime.ready_frames import FrameSink, ReadyFrame, sink_of
from tests.integration.bare import connection

_HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: board.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)
_MASK = bytes(4)
_TOO_OLD = _HANDSHAKE.replace(b"Version: 13", b"Version: 12")
_EMPTY = b"\x82\x80" + _MASK
_PING = b"\x89\xfd" + _MASK + bytes(125)  # the largest there is


async def _echo(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        if event.get("text"):
            await send({"type": "websocket.send", "text": event["text"]})


async def _is_cut_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, frames: bytes) -> bool:
    """Whether the server ends the connection while frames pour in, without reading a byte of its answers."""
    try:
        for _ in range(10_000):
            writer.write(frames)
            await writer.drain()
    except ConnectionError:
        return True
    return False


async def test_a_conversation_is_left_alone() -> None:
    async with connection(_echo, ws=BoundedSocketProtocol) as (reader, writer), asyncio.timeout(5):
        writer.write(_HANDSHAKE + b"\r\n")
        await reader.readuntil(b"\r\n\r\n")

        for _ in range(100):
            writer.write(b"\x81\x82" + _MASK + b"hi")
            assert await reader.readexactly(4) == b"\x81\x02hi"
            writer.write(b"\x89\x80" + _MASK)
            assert await reader.readexactly(2) == b"\x8a\x00"


@pytest.mark.parametrize("frame", [_EMPTY, _PING], ids=["empty frames", "pings"])
async def test_a_flood_of_frames_is_cut_off(frame: bytes) -> None:
    async with connection(_echo, ws=BoundedSocketProtocol) as (reader, writer), asyncio.timeout(10):
        writer.write(_HANDSHAKE + b"\r\n")
        await reader.readuntil(b"\r\n\r\n")

        assert await _is_cut_off(reader, writer, frame * 1000)


@pytest.mark.parametrize(
    "header",
    [b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"X-Long: " + b"x" * 9000 + b"\r\n"],
    ids=["length", "chunked", "long line"],
)
async def test_a_handshake_that_is_not_understood_is_answered_and_closed(header: bytes) -> None:
    async with connection(_echo, ws=BoundedSocketProtocol) as (reader, writer), asyncio.timeout(5):
        writer.write(_HANDSHAKE + header + b"\r\n")

        assert (await reader.read()).startswith(b"HTTP/1.1 400")


async def test_a_refused_handshake_leaves_no_error_behind(caplog: pytest.LogCaptureFixture) -> None:
    async with connection(_echo, ws=BoundedSocketProtocol) as (reader, writer), asyncio.timeout(5):
        writer.write(_TOO_OLD + b"\r\n")

        assert (await reader.read()).startswith(b"HTTP/1.1 400")

    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


# --- Ready-made frames ------------------------------------------------------------------------------


class _Offered:
    """An application that accepts a socket and keeps what the server offers for it."""

    def __init__(self) -> None:
        self.sinks: asyncio.Queue[FrameSink] = asyncio.Queue()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        sink = sink_of(scope)
        assert sink is not None
        self.sinks.put_nowait(sink)
        del sink
        while (await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": "heard"})


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
async def test_a_ready_made_frame_goes_out_as_it_is_between_the_others(size: int) -> None:
    app, text = _Offered(), b"x" * size
    async with connection(app, ws=BoundedSocketProtocol) as (reader, writer), asyncio.timeout(5):
        writer.write(_HANDSHAKE + b"\r\n")
        await reader.readuntil(b"\r\n\r\n")

        ready = ReadyFrame(text).on_the_wire
        (await app.sinks.get()).transport.write(ready)
        writer.write(b"\x81\x82" + _MASK + b"hi" + b"\x89\x80" + _MASK)

        assert await reader.readexactly(len(ready)) == ready
        assert ready.endswith(text)
        assert await reader.readexactly(9) in {b"\x81\x05heard\x8a\x00", b"\x8a\x00\x81\x05heard"}


async def test_a_sink_tells_when_its_peer_does_not_read_and_when_it_does_again() -> None:
    app, frame = _Offered(), ReadyFrame(b"x" * 4096).on_the_wire
    told: list[str] = []
    async with connection(app, ws=BoundedSocketProtocol) as (reader, writer), asyncio.timeout(10):
        writer.write(_HANDSHAKE + b"\r\n")
        await reader.readuntil(b"\r\n\r\n")
        sink = await app.sinks.get()
        sink.when_full(lambda: told.append("full"))

        sent = 0
        while not told:
            sink.transport.write(frame)
            sent += 1
            if sent % 16 == 0:
                await asyncio.sleep(0)
        assert sink.transport.get_write_buffer_size() <= 64 * 1024 + 16 * len(frame)
        assert sent * len(frame) < 1024 * 1024  # a kernel that is not told otherwise takes megabytes more

        late: list[str] = []
        sink.when_full(lambda: late.append("full already"))
        assert late == ["full already"]

        draining = asyncio.create_task(sink.drained())
        await reader.readexactly(sent * len(frame))
        await draining
        assert told == ["full"]


async def test_a_closed_socket_is_freed_without_the_garbage_collector() -> None:
    app = _Offered()
    async with asyncio.timeout(5):
        gc.collect()
        gc.disable()
        try:
            async with connection(app, ws=BoundedSocketProtocol) as (reader, writer):
                writer.write(_HANDSHAKE + b"\r\n")
                await reader.readuntil(b"\r\n\r\n")
                protocol: Any = weakref.ref(await app.sinks.get())
                assert protocol() is not None
            while protocol() is not None:  # noqa: ASYNC110 - the end of an object is told by no event
                await asyncio.sleep(0.01)
        finally:
            gc.enable()
