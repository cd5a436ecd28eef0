"""One WebSocket of a client that does nothing else: opens, sends, and hands on every text that comes."""

from __future__ import annotations

import asyncio
from typing import cast

from typing_extensions import override

from leaderboard_project.bench.load.frames import Closed, Frames


class OpenSocket(asyncio.Protocol):
    """Opens a socket; whoever needs the texts overrides `heard`, and `lost`.

    Attributes:
        opened: done when the handshake is.
    """

    def __init__(self, handshake: bytes) -> None:
        self._handshake = handshake
        self._head = b""
        self._frames: Frames | None = None
        self._transport: asyncio.Transport | None = None
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def heard(self, text: bytes) -> None:
        """A frame came."""

    def lost(self, error: Exception) -> None:
        """The socket is closed; may be told twice."""
        give_up(self.opened, error)

    def send(self, frame: bytes) -> None:
        """Send one frame."""
        assert self._transport is not None
        self._transport.write(frame)

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none of asyncio's classes
        self._transport.write(self._handshake)

    @override
    def data_received(self, data: bytes) -> None:
        if self._frames is None:
            data = self._answered(data)
        if self._frames is not None and data:
            try:
                for text in self._frames.feed(data):
                    self.heard(text)
            except Closed:
                self.connection_lost(None)
            if self._frames.pongs:
                self.send(self._frames.pongs)
                self._frames.pongs = b""

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.lost(exc or ConnectionError("closed"))

    def _answered(self, data: bytes) -> bytes:
        """Read the answer to the handshake; give what came behind it."""
        self._head += data
        head, complete, rest = self._head.partition(b"\r\n\r\n")
        if complete and b" 101 " in head[:16]:
            self._frames = Frames()
            self.opened.set_result(None)
        elif complete:
            self.connection_lost(ConnectionError(head[:40].decode(errors="replace")))
        return rest


def give_up(waited_for: asyncio.Future[None], error: Exception) -> None:
    """Let nobody wait for what will not come."""
    if not waited_for.done():
        waited_for.set_exception(error)
        waited_for.exception()  # looked at: whoever waited for it may have given up
