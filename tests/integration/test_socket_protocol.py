"""The bounds of a socket, against uvicorn with a tiny application."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from leaderboard_project.socket_protocol import BoundedSocketProtocol
from tests.integration.bare import connection

_HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: board.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)
_MASK = bytes(4)
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
