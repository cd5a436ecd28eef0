"""Game servers on `/ws/submit/`: they send frames of sessions ahead of the answers, and think as little as can be.

Run as `python -m leaderboard_project.bench.load.game_servers`; see `program`.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable

from typing_extensions import override

from leaderboard_project.bench.load import frames, program
from leaderboard_project.bench.load.frame_tally import FrameTally
from leaderboard_project.bench.load.open_socket import OpenSocket, give_up
from leaderboard_project.bench.load.requests import sessions_of
from leaderboard_project.bench.load.spec import Load, Loaded

_PATH = "/ws/submit/"
_HELLO = b'{"type":"hello"'
_ANSWER = b'{"id":'
_RECORDED = b'"status":201'
#: How long the handshake, and answers after the last frame, may take, in seconds.
_PATIENCE_S = 10.0


class _GameServer(OpenSocket):
    """One socket and its window."""

    def __init__(self, load: Load, next_sessions: Callable[[], tuple[bytes, int]]) -> None:
        super().__init__(frames.handshake(*load.address, _PATH, api_key=load.api_key))
        self._next_sessions = next_sessions
        self._in_flight = load.in_flight
        self._tally: FrameTally | None = None
        self._sent = 0
        #: When each frame was sent that has no answer yet.
        self.unanswered: dict[int, float] = {}
        loop = asyncio.get_running_loop()
        self.greeted: asyncio.Future[None] = loop.create_future()
        self.finished: asyncio.Future[None] = loop.create_future()

    def begin(self, tally: FrameTally) -> None:
        """Send as many frames as may be under way; from then on one for each answer, until the time is over."""
        self._tally = tally
        for _ in range(self._in_flight):
            self._send_one()

    @override
    def heard(self, text: bytes) -> None:
        if text.startswith(_HELLO):
            self._in_flight = min(self._in_flight, json.loads(text)["window"]["frames"])
            self.greeted.set_result(None)
        elif text.startswith(_ANSWER) and self._tally is not None:
            sent_at = self.unanswered.pop(int(text[len(_ANSWER) : text.index(b",")]))
            self._tally.answered(sent_at, text.count(_RECORDED))
            if not self._tally.is_over:
                self._send_one()
            elif not self.unanswered and not self.finished.done():
                self.finished.set_result(None)

    @override
    def lost(self, error: Exception) -> None:
        super().lost(error)
        give_up(self.greeted, error)
        give_up(self.finished, error)

    def _send_one(self) -> None:
        sessions, _ = self._next_sessions()
        self._sent += 1
        self.unanswered[self._sent] = time.perf_counter()
        self.send(frames.request(b'{"id":%d,"sessions":[%s]}' % (self._sent, sessions)))


async def _main(load: Load) -> Loaded:
    loop = asyncio.get_running_loop()
    next_sessions = sessions_of(load, random.Random(load.prefix))  # noqa: S311  load, not secrets
    sockets = []
    for _ in range(load.connections):
        _, game_server = await loop.create_connection(lambda: _GameServer(load, next_sessions), *load.address)
        async with asyncio.timeout(_PATIENCE_S):
            await game_server.greeted
        sockets.append(game_server)
    tally = FrameTally(load)
    for game_server in sockets:
        game_server.begin(tally)
    await asyncio.wait([game_server.finished for game_server in sockets], timeout=load.seconds + _PATIENCE_S)
    if unanswered := sum(len(game_server.unanswered) for game_server in sockets):
        tally.failures["no answer"] = unanswered
    return tally.outcome()


if __name__ == "__main__":
    program.run(_main)
