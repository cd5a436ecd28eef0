"""Our own HTTP client: one asyncio process on raw sockets, keep-alive, one request at a time on each connection.

Run as `python -m leaderboard_project.bench.load.client`: reads a `Load` from its standard input, works, writes
a `Loaded` to its standard output. Ends when the standard input does.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from typing import cast

from typing_extensions import override

from leaderboard_project.bench.load import program
from leaderboard_project.bench.load.answers import Answers, Unreadable
from leaderboard_project.bench.load.requests import Prepared, requests_of
from leaderboard_project.bench.load.spec import Load, Loaded, percentile

#: How long answers may still take after the last request, in seconds.
_PATIENCE_S = 10.0
#: How often an open load looks what is due, in seconds.
_TICK_S = 0.002


class _Connection(asyncio.Protocol):
    """One keep-alive connection with at most one request under way."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._answers = Answers()
        self._transport: asyncio.Transport | None = None
        self.under_way: Prepared | None = None
        self.due = 0.0

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none of asyncio's classes

    def ask(self, request: Prepared, due: float) -> None:
        """Send a request that was due at that time of the loop."""
        assert self._transport is not None
        self.under_way = request
        self.due = due
        self._transport.write(request.content)

    @override
    def data_received(self, data: bytes) -> None:
        try:
            status = self._answers.feed(data)
        except Unreadable:
            self._run.broken(self, "unreadable")
            return
        if status is not None and self.under_way is not None:
            request, self.under_way = self.under_way, None
            self._run.answered(self, request, status)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._run.broken(self, "connection lost")

    def close(self) -> None:
        """Close without waiting for anything."""
        if self._transport is not None:
            self._transport.abort()


class _Run:
    """One load, from the first connection to the last answer."""

    def __init__(self, load: Load, loop: asyncio.AbstractEventLoop) -> None:
        self._load = load
        self._loop = loop
        self._next = requests_of(load)
        self._idle: deque[_Connection] = deque()
        self._late: deque[float] = deque()
        self._broken: set[_Connection] = set()
        self._latencies: list[float] = []
        self._points = 0
        self._failures: Counter[str] = Counter()
        self._under_way = 0
        self._end = float("inf")
        self._finished = asyncio.Event()

    async def run(self) -> Loaded:
        """Do all of it."""
        host, port = self._load.address
        connections = []
        for _ in range(self._load.connections):
            _, connection = await self._loop.create_connection(lambda: _Connection(self), host, port)
            connections.append(connection)
        began = self._loop.time()
        self._end = began + self._load.seconds
        self._idle.extend(connections)
        if self._load.per_s is None:
            for connection in connections:
                self._ask(connection, self._loop.time())
        else:
            await self._offer(began, self._load.per_s)
        stopping = self._loop.call_at(self._end, self._look_whether_finished)
        try:
            async with asyncio.timeout_at(self._end + _PATIENCE_S):
                await self._finished.wait()
        except TimeoutError:
            self._failures["no answer"] += self._under_way + len(self._late)
        seconds = self._loop.time() - began
        stopping.cancel()
        self._end = 0.0  # what breaks from here on was broken by us
        for connection in connections:
            connection.close()
        return self._outcome(seconds)

    async def _offer(self, began: float, per_s: float) -> None:
        """Begin requests by the clock; those for which no connection is free wait, and their time counts."""
        offered = 0
        while (now := self._loop.time()) < self._end:
            due = int((now - began) * per_s)
            self._late.extend(began + number / per_s for number in range(offered, due))
            offered = due
            while self._late and self._idle:
                self._ask(self._idle.popleft(), self._late.popleft())
            await asyncio.sleep(_TICK_S)

    def answered(self, connection: _Connection, request: Prepared, status: int) -> None:
        now = self._loop.time()
        self._under_way -= 1
        if 200 <= status < 300:
            self._latencies.append(now - connection.due)
            self._points += request.points
        else:
            self._failures[str(status)] += 1
        if self._load.per_s is None and now < self._end:
            self._ask(connection, now)
        elif self._late:
            self._ask(connection, self._late.popleft())
        else:
            self._idle.append(connection)
            self._look_whether_finished()

    def broken(self, connection: _Connection, how: str) -> None:
        if connection in self._broken or not self._end:
            return
        self._broken.add(connection)
        self._failures[how] += 1
        if connection.under_way is not None:
            connection.under_way = None
            self._under_way -= 1
        connection.close()
        self._look_whether_finished()

    def _ask(self, connection: _Connection, due: float) -> None:
        self._under_way += 1
        connection.ask(self._next(), due)

    def _look_whether_finished(self) -> None:
        over = self._loop.time() >= self._end or len(self._broken) == self._load.connections
        if over and not self._under_way and not self._late:
            self._finished.set()

    def _outcome(self, seconds: float) -> Loaded:
        latencies = sorted(self._latencies)
        return Loaded(
            done=len(latencies),
            seconds=seconds,
            p50_ms=percentile(latencies, 50) * 1000,
            p99_ms=percentile(latencies, 99) * 1000,
            max_ms=percentile(latencies, 100) * 1000,
            failed=self._failures.total(),
            points=self._points,
            failures=dict(self._failures),
        )


async def _main(load: Load) -> Loaded:
    return await _Run(load, asyncio.get_running_loop()).run()


if __name__ == "__main__":
    program.run(_main)
