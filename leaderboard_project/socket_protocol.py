"""uvicorn's WebSocket protocol with bounds that it lacks: on frames, on handshakes, on peers that never read.

What the application counts are messages. Pings, pongs and empty frames never reach it, and a
flood of them would keep a process busy; so they are counted here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from typing_extensions import override
from websockets.http11 import Request

from leaderboard_project.lean_socket import LeanSocketProtocol
from realtime.addresses import GAME_SERVERS

_BAD_HANDSHAKE = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class BoundedSocketProtocol(LeanSocketProtocol):
    """Cuts off peers that send more frames than anybody needs, or that are beyond being told so."""

    #: Frames of any kind that a peer may send at once, and how many more each second.
    burst: int = 500
    frames_per_s: float = 50.0
    #: Both on paths that are there for many frames: a game server may send one for each session.
    busy: ClassVar[Mapping[str, tuple[int, float]]] = {GAME_SERVERS: (20_000, 10_000.0)}
    #: What arrives is looked at in pieces: one read may hold tens of thousands of empty frames.
    piece_bytes: ClassVar[int] = 4096

    _spent = 0.0
    _spent_at = 0.0

    @override
    def data_received(self, data: bytes) -> None:
        for start in range(0, len(data), self.piece_bytes):
            if self.transport.is_closing():
                return
            piece = data[start : start + self.piece_bytes]
            if self.close_sent and not self._may(len(piece) / 64):
                # After its close, uvicorn reads on for the peer's: not for megabytes.
                self.transport.abort()
                return
            super().data_received(piece)
            self._refuse_silent_handshake()

    @override
    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if (allowed := self.busy.get(event.path.partition("?")[0])) is not None:
            self.burst, self.frames_per_s = allowed

    @override
    def handle_events(self) -> None:
        frames = len(self.conn.events)
        super().handle_events()
        if self.handshake_initiated and not self._may(frames):
            self.transport.abort()

    @override
    def handle_ping(self) -> None:
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()  # a peer that does not read gets no pongs to leave unread

    @override
    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        # A polite close waits for a buffer that a dead peer never empties.
        self.transport.abort()

    def _may(self, cost: float) -> bool:
        now = self.loop.time()
        self._spent = max(0.0, self._spent - (now - self._spent_at) * self.frames_per_s) + cost
        self._spent_at = now
        return self._spent <= self.burst

    def _refuse_silent_handshake(self) -> None:
        """Answer a handshake that the parser dislikes: uvicorn would neither answer nor close it, ever."""
        if not self.handshake_initiated and not self.transport.is_closing():
            self.transport.write(_BAD_HANDSHAKE)
            self.transport.close()
