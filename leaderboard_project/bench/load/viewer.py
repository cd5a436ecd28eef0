"""One open socket of an audience."""

from __future__ import annotations

import asyncio
from typing import Protocol

from typing_extensions import override

from leaderboard_project.bench.load.open_socket import OpenSocket, give_up


class Listener(Protocol):
    """Who hears what viewers are told."""

    def heard(self, viewer: Viewer, text: bytes) -> None:
        """A frame came."""

    def lost(self, viewer: Viewer) -> None:
        """The socket is closed; may be told twice."""


class Viewer(OpenSocket):
    """A socket that looks at a board.

    Attributes:
        shown: set by the listener when the board is there.
        total, seq: what it knows; set by the listener.
        kept: all of its frames, where the listener wants them.
        muted: whether it has stopped reading.
    """

    def __init__(self, handshake: bytes, listener: Listener) -> None:
        super().__init__(handshake)
        self._listener = listener
        self.shown: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.total: int | None = None
        self.seq: int | None = None
        self.kept: list[bytes] | None = None
        self.muted = False

    def mute(self, *, muted: bool) -> None:
        """Stop reading, or read again."""
        assert self._transport is not None
        if muted != self.muted:
            self.muted = muted
            (self._transport.pause_reading if muted else self._transport.resume_reading)()

    @override
    def heard(self, text: bytes) -> None:
        self._listener.heard(self, text)

    @override
    def lost(self, error: Exception) -> None:
        super().lost(error)
        give_up(self.shown, error)
        self._listener.lost(self)
