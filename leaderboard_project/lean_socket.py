"""uvicorn's WebSocket protocol, made for thousands of sockets: it holds little, and takes ready-made frames."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from typing_extensions import override
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from leaderboard_project.socket_inbox import Inbox
from realtime.ready_frames import EXTENSION

#: How much the kernel may hold for a socket beyond what is on its way. Left to itself it takes three to
#: four megabytes of frames for a peer that never reads, and we would hear of that peer only after them.
_UNSENT_BYTES = 16 * 1024
#: Known to Linux and the BSDs, macOS among them.
_NOTSENT_LOWAT: int | None = getattr(socket, "TCP_NOTSENT_LOWAT", None)


class LeanSocketProtocol(WebSocketsSansIOProtocol):
    """Offers itself to the application as the `FrameSink` of its socket (`realtime/ready_frames.py`).

    Such frames go to the transport as they are. Handshake, close, pings and what comes in stay with
    uvicorn, which writes to the same transport: whole frames, so nothing can come between the parts of one.
    """

    _offered: dict[Any, Any] | None = None
    _tell_full: Callable[[], None] | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.queue = Inbox()  # type: ignore[assignment]  # all of a queue that uvicorn uses
        peer = transport.get_extra_info("socket")
        if _NOTSENT_LOWAT is not None and peer.family != socket.AF_UNIX:
            peer.setsockopt(socket.IPPROTO_TCP, _NOTSENT_LOWAT, _UNSENT_BYTES)

    @override
    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            self._offered = {"sink": self}
            self.scope["extensions"][EXTENSION] = self._offered

    @override
    def start_keepalive(self) -> None:
        super().start_keepalive()
        # The handshake is over, but a socket stays for hours: this would be a third of what it holds.
        self.request.headers.clear()  # the parser, which goes on with the frames, holds the request too
        del self.request, self.response
        self.scope["headers"] = []  # the application has a list of its own, from `forwarded`

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        # What is left holds itself together, so that only the garbage collector would find it.
        self.conn.parser.close()
        if self._offered is not None:
            self._offered.clear()

    def when_full(self, tell: Callable[[], None] | None) -> None:
        """See `FrameSink`."""
        self._tell_full = tell
        if tell is not None and not self.writable.is_set():
            tell()

    async def drained(self) -> None:
        """See `FrameSink`."""
        while not self.writable.is_set():  # it may have filled up again before we are woken
            await self.writable.wait()

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        if self._tell_full is not None:
            self._tell_full()
