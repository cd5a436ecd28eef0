"""The load of `game_servers` by the project's own Python client, as a game server in Python would send them.

Run as `python -m leaderboard_project.bench.load.python_client`; see `program`.
"""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import AsyncExitStack

from rankcast_client import AsyncRankcastClient, Receipt, Session
from rankcast_client.stream import SessionStream

from leaderboard_project.bench.load import program
from leaderboard_project.bench.load.frame_tally import FrameTally
from leaderboard_project.bench.load.requests import drawn_game
from leaderboard_project.bench.load.spec import Load, Loaded


async def _main(load: Load) -> Loaded:
    url = f"http://{load.address[0]}:{load.address[1]}"
    players = _Players(load)
    async with AsyncRankcastClient(url, load.api_key) as client, AsyncExitStack() as streams:
        opened = [await streams.enter_async_context(client.stream()) for _ in range(load.connections)]
        tally = FrameTally(load)
        await asyncio.gather(*(_play(stream, players, tally) for stream in opened for _ in range(load.in_flight)))
        return tally.outcome()


class _Players:
    """Make sessions, each with an idempotency key that was never used."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._drawn = random.Random(load.prefix)  # noqa: S311  load, not secrets
        self._number = 0

    def sessions(self) -> list[Session]:
        """The next batch."""
        return [self._session() for _ in range(self._load.batch)]

    def _session(self) -> Session:
        self._number += 1
        player, points = drawn_game(self._load, self._drawn)
        return Session(
            user_id=player,
            score=points,
            game_mode="survival",
            idempotency_key=f"{self._load.prefix}-{self._number}",
        )


async def _play(stream: SessionStream, players: _Players, tally: FrameTally) -> None:
    while not tally.is_over:
        sent_at = time.perf_counter()
        outcomes = await stream.submit_many(players.sessions())
        tally.answered(sent_at, sum(isinstance(outcome, Receipt) for outcome in outcomes))


if __name__ == "__main__":
    program.run(_main)
