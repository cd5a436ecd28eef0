"""Frames in the shape in which they leave: encoded once, then handed to any number of sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from websockets.frames import Frame, Opcode

#: Under this name in `scope["extensions"]` a server offers a `FrameSink` as `sink`. Where it offers none
#: (daphne, the communicator of a test) frames leave as ASGI events.
EXTENSION = "rankcast.frame"


class ReadyFrame:
    r"""One text frame, as ASGI wants it and as it stands on the wire.

    A server's frames are not masked and ours are not compressed, so the bytes are the same for every
    socket: a thousand sockets cost one encoding.

    >>> ReadyFrame(b'{"type":"pong"}').on_the_wire
    b'\x81\x0f{"type":"pong"}'
    """

    __slots__ = ("on_the_wire", "text")

    def __init__(self, text: bytes) -> None:
        """Take the frame's text in UTF-8."""
        self.text = text.decode()
        self.on_the_wire = bytes(Frame(Opcode.TEXT, text).serialize(mask=False))


class FrameSink(Protocol):
    """The way of ready-made frames past ASGI, which would frame the same text anew for each socket."""

    @property
    def transport(self) -> asyncio.Transport:
        """Takes whole frames by `write`, after the handshake and as long as it is not closing; may be aborted."""

    def when_full(self, tell: Callable[[], None] | None) -> None:
        """Call `tell` at once each time that the peer no longer keeps up; None: nobody any more."""

    async def drained(self) -> None:
        """Wait until the peer keeps up again, or has gone."""


def sink_of(scope: Any) -> FrameSink | None:
    """The sink that the server offers for this socket, if it does."""
    offered: dict[str, Any] = (scope.get("extensions") or {}).get(EXTENSION) or {}
    return offered.get("sink")
