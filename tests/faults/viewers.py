"""Pages that watch the board meanwhile: they obey the rules for clients, and come back when they are cut off."""

from __future__ import annotations

import asyncio
import itertools
import json
from contextlib import suppress
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from realtime import board as boards
from realtime.board import Board, Diff
from tests.faults.checker import Frame
from tests.faults.state import Top

_numbers = itertools.count(1)
#: The pause before a page connects again, in seconds: real ones spread over more.
_PAUSE_S = 0.1
_OPEN_S = 3.0
#: A page that hears nothing for so long, not even a beat, connects anew.
_SILENCE_S = 15.0


class Viewer:
    """One page."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.board: Board | None = None
        #: What it was shown, by connection.
        self.frames: list[Frame] = []
        self.connection = 0

    @property
    def top(self) -> Top | None:
        """What it shows; None while it is not connected, or not told by the ranks."""
        if self.board is None or self.board.source != "ranks":
            return None
        return tuple((row.user_id, row.total_score) for row in self.board.rows)

    async def watch(self) -> None:
        """Follow the board until cancelled."""
        while True:
            with suppress(OSError, TimeoutError, WebSocketException):
                await self._follow()
            self.board = None
            await asyncio.sleep(_PAUSE_S)

    async def _follow(self) -> None:
        async with connect(
            f"{self._url.replace('http', 'ws', 1)}/ws/leaderboard/",
            origin=self._url,  # type: ignore[arg-type]  # a NewType of str
            subprotocols=["lb.v1"],  # type: ignore[list-item]
            compression=None,
            open_timeout=_OPEN_S,
            close_timeout=0.2,
            proxy=None,
        ) as connection:
            self.connection = next(_numbers)
            await _say(connection, "subscribe")
            while True:
                async with asyncio.timeout(_SILENCE_S):
                    frame: dict[str, Any] = json.loads(await connection.recv())
                await self._take(connection, frame)

    async def _take(self, connection: ClientConnection, frame: dict[str, Any]) -> None:
        if frame["type"] == "snapshot":
            self._show(msgspec.convert(frame, Board))
        elif frame["type"] == "diff" and self.board is not None:
            diff = msgspec.convert({**frame, "from_seq": frame["from"]}, Diff)
            verdict = boards.judge(self.board, diff)
            if verdict == "apply":
                self._show(boards.apply(self.board, diff))
            elif verdict == "resync":
                await _say(connection, "resync")

    def _show(self, board: Board) -> None:
        self.board = board
        self.frames.append(Frame(self.connection, board.epoch, board.seq))


async def _say(connection: ClientConnection, what: str) -> None:
    await connection.send(json.dumps({"op": what, "board": "global"}))
