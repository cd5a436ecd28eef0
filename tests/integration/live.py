"""A real web server on loopback in a thread, and browser tabs that talk to it: for tests of the live boards."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

import msgspec
import uvicorn
from django.db import connections
from websockets.asyncio.client import ClientConnection, connect

from leaderboard_project.draining import DrainingServer
from leaderboard_project.socket_protocol import BoundedSocketProtocol
from realtime import board as boards
from realtime import lifespan, routing, running
from realtime.board import Board, Diff
from realtime.hub import Hub

T = TypeVar("T")

#: Longer than anything promised, so that a slow machine fails nothing; a hang fails by it.
PATIENCE_S = 15.0


async def application(scope: Any, receive: Any, send: Any) -> None:
    """The live boards without the rest of the project."""
    if scope["type"] == "websocket":
        await routing.websocket(scope, receive, send)
        return
    await receive()
    await lifespan.startup()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await lifespan.shutdown()
    await send({"type": "lifespan.shutdown.complete"})


class _Patient(BoundedSocketProtocol):
    """Lets a test clog its own socket with more questions than anybody may ask."""

    burst = 1_000_000


class Server:
    """uvicorn as the project runs it, in a thread of the tests' process."""

    def __init__(self, sockets: list[socket.socket] | None = None) -> None:
        config = uvicorn.Config(
            application,
            host="127.0.0.1",
            port=0,
            ws=_Patient,
            ws_per_message_deflate=False,
            lifespan="on",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=5,
        )
        self._server = DrainingServer(config)
        self._thread = threading.Thread(target=self._server.run, args=(sockets,), name="uvicorn")

    @property
    def port(self) -> int:
        port: int = self._server.servers[0].sockets[0].getsockname()[1]
        return port

    @property
    def hub(self) -> Hub:
        assert running._hub is not None
        return running._hub

    def start(self) -> None:
        self._thread.start()
        eventually(lambda: self._server.started or not self._thread.is_alive())
        assert self._server.started

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()


@contextmanager
def serving(sockets: list[socket.socket] | None = None) -> Iterator[Server]:
    """A server that runs for the duration of a block, on its own port or on listening sockets."""
    server = Server(sockets)
    server.start()
    try:
        yield server
    finally:
        server.stop()


class Tab:
    """A browser tab: obeys the rules for a client, and remembers every frame."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.frames: list[dict[str, Any]] = []
        self.boards: dict[str, Board] = {}

    async def say(self, **frame: Any) -> None:
        await self.connection.send(json.dumps(frame))

    async def hears(self, kind: str, **fields: Any) -> dict[str, Any]:
        """The next frame of that type with those fields; others are applied and passed over."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                frame = await self._next()
                if frame["type"] == kind and fields.items() <= frame.items():
                    return frame

    async def watches(self, board: str = "global", **more: Any) -> dict[str, Any]:
        """Subscribe; the snapshot."""
        await self.say(op="subscribe", board=board, **more)
        return await self.hears("snapshot")

    async def until(
        self, holds: Callable[[Board], bool], board: str = "global", *, within_s: float = PATIENCE_S
    ) -> Board:
        """Follow the board until something holds of it."""
        async with asyncio.timeout(within_s):
            while board not in self.boards or not holds(self.boards[board]):
                await self._next()
        return self.boards[board]

    async def hears_nothing(self, for_s: float) -> None:
        """Nothing but beats arrives for so long."""
        try:
            async with asyncio.timeout(for_s):
                while (frame := await self._next())["type"] == "beat":
                    pass
        except TimeoutError:
            return
        raise AssertionError(f"heard {frame}")

    async def _next(self) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(await self.connection.recv())
        self.frames.append(frame)
        if frame["type"] == "snapshot":
            self.boards[frame["board"]] = msgspec.convert(frame, Board)
        elif frame["type"] == "diff":
            await self._apply(read_diff(frame))
        return frame

    async def _apply(self, diff: Diff) -> None:
        before = self.boards[diff.board]
        verdict = boards.judge(before, diff)
        if verdict == "apply":
            self.boards[diff.board] = boards.apply(before, diff)
        elif verdict == "resync":
            await self.say(op="resync", board=diff.board)


def read_diff(frame: dict[str, Any]) -> Diff:
    """The difference that a diff frame tells."""
    return msgspec.convert({**frame, "from_seq": frame["from"]}, Diff)


@asynccontextmanager
async def tab(server: Server, *, query: str = "", **more: Any) -> AsyncIterator[Tab]:
    """A tab of the server's own page."""
    own = f"http://127.0.0.1:{server.port}"
    options: dict[str, Any] = {"origin": own, "subprotocols": ["lb.v1"], "compression": None, **more}
    async with connect(f"ws://127.0.0.1:{server.port}/ws/leaderboard/{query}", **options) as connection:
        yield Tab(connection)


async def in_thread(function: Callable[..., T], *arguments: Any) -> T:
    """Call something that may use the database; its connection goes back to the pool with the call."""

    def called() -> T:
        try:
            return function(*arguments)
        finally:
            connections.close_all()

    return await asyncio.to_thread(called)


def eventually(holds: Callable[[], Any], *, within_s: float = PATIENCE_S) -> Any:
    """Ask until something holds, from a thread that may block; what it gave."""
    deadline = time.monotonic() + within_s
    while not (result := holds()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)
    return result
