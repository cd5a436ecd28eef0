"""One open socket of an audience."""

from __future__ import annotations

import asyncio
from typing import Protocol, cast

from typing_extensions import override

from leaderboard_project.bench.load.frames import Closed, Frames


class Listener(Protocol):
    """Who hears what viewers are told."""

    def heard(self, viewer: Viewer, text: bytes) -> None:
        """A frame came."""

    def lost(self, viewer: Viewer) -> None:
        """The socket is closed; may be told twice."""


class Viewer(asyncio.Protocol):
    """Opens a socket and hands on every text that comes.

    Attributes:
        opened: done when the handshake is.
        shown: set by the listener when the board is there.
        total, seq: what it knows; set by the listener.
        kept: all of its frames, where the listener wants them.
        muted: whether it has stopped reading.
    """

    def __init__(self, handshake: bytes, listener: Listener) -> None:
        self._handshake = handshake
        self._listener = listener
        self._head = b""
        self._frames: Frames | None = None
        self._transport: asyncio.Transport | None = None
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.shown: asyncio.Future[None] = loop.create_future()
        self.total: int | None = None
        self.seq: int | None = None
        self.kept: list[bytes] | None = None
        self.muted = False

    def send(self, frame: bytes) -> None:
        """Send one frame."""
        assert self._transport is not None
        self._transport.write(frame)

    def mute(self, *, muted: bool) -> None:
        """Stop reading, or read again."""
        assert self._transport is not None
        if muted != self.muted:
            self.muted = muted
            (self._transport.pause_reading if muted else self._transport.resume_reading)()

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
                    self._listener.heard(self, text)
            except Closed:
                self.connection_lost(None)
            if self._frames.pongs:
                self.send(self._frames.pongs)
                self._frames.pongs = b""

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._listener.lost(self)
        for waited_for in (self.opened, self.shown):
            if not waited_for.done():
                waited_for.set_exception(exc or ConnectionError("closed"))
                waited_for.exception()  # looked at: whoever waited for it may have given up

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
