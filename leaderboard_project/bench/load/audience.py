"""Many open sockets in one process, which note when each of them learns of a certain player's new total.

Run as `python -m leaderboard_project.bench.load.audience`. Each line on its standard input is a JSON object: the
name of a method of `Audience` under `do`, and its arguments; each is answered by one line. It ends when the
standard input does.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import sys
import time
from collections import Counter, defaultdict
from contextlib import suppress
from os import _exit
from typing import Any

import uvloop

from leaderboard_project.bench.load import frames
from leaderboard_project.bench.load.boards import Meaning, folded, total_of
from leaderboard_project.bench.load.spec import percentile
from leaderboard_project.bench.load.viewer import Viewer

_PATH = "/ws/leaderboard/"
_SUBSCRIBE = frames.request(b'{"op":"subscribe","id":1,"board":"global"}')
#: Handshakes under way at a time: a crowd comes at once, but not all of it in one packet.
_AT_A_TIME = 128
_PATIENCE_S = 60.0
#: So many viewers keep all of their frames, to be folded in the end.
_KEEPERS = 3
#: The kernel's room for a reader that will not read, in bytes.
_NARROW = 4096
#: All viewers get the same few texts: each is read once.
_REMEMBERED = 256


class Audience:
    """All sockets, and what they saw. Times are seconds of the machine's wall clock, which PostgreSQL shares."""

    def __init__(self, host: str, port: int, username: str, *, subscribes: bool) -> None:
        self._host, self._port = host, port
        self._subscribes = subscribes
        self._total: re.Pattern[bytes] = total_of(username)
        self._meanings: dict[bytes, Meaning] = {}
        self._viewers: list[Viewer] = []
        self._lost: set[Viewer] = set()
        #: By total: when each viewer had it, muted ones left out; in order.
        self._arrivals: defaultdict[int, list[float]] = defaultdict(list)
        self._waited_for = (0, 0)
        self._everybody = asyncio.Event()
        self._window = asyncio.Semaphore(_AT_A_TIME)
        self._keeping = 0

    # --- Commands ---------------------------------------------------------------------------------

    async def open(self, sockets: int, *, narrow: bool = False) -> dict[str, float]:
        """Open so many more sockets, then show all of them the board; the rate of the first, and of both."""
        began = time.perf_counter()
        viewers = await asyncio.gather(*(self._open_one(narrow=narrow) for _ in range(sockets)))
        opened = time.perf_counter()
        for viewer in viewers if self._subscribes else ():
            viewer.send(_SUBSCRIBE)
        async with asyncio.timeout(_PATIENCE_S):
            await asyncio.gather(*(viewer.shown for viewer in viewers))
        shown = time.perf_counter()
        self._viewers += viewers
        return {"connects_per_s": sockets / (opened - began), "shown_per_s": sockets / (shown - began)}

    async def mute(self, last: int) -> dict[str, int]:
        """Let so many viewers, those that came last, stop reading, and all others read."""
        quiet = set(self._viewers[-last:]) if last else set[Viewer]()
        for viewer in self._viewers:
            viewer.mute(muted=viewer in quiet)
        return {"muted": len(quiet)}

    async def seen(self, total: int, within_s: float) -> dict[str, float]:
        """Wait until everybody who reads has that total; how many have it, and when the median and the last got it."""
        readers = sum(not viewer.muted for viewer in self._viewers)
        self._waited_for = (total, readers)
        self._everybody.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                if len(self._arrivals[total]) < readers:
                    await self._everybody.wait()
        arrivals = self._arrivals.pop(total)
        return {
            "readers": readers,
            "have_it": len(arrivals),
            "median": percentile(arrivals, 50),
            "p99": percentile(arrivals, 99),
            "last": percentile(arrivals, 100),
        }

    async def state(self) -> dict[str, Any]:
        """How many viewers stand at which seq, and the boards of some, folded from all of their frames."""
        return {
            "lost": len(self._lost),
            "seqs": Counter(str(viewer.seq) for viewer in self._viewers),
            "boards": [folded(viewer.kept) for viewer in self._viewers if viewer.kept is not None],
        }

    # --- What the viewers tell ----------------------------------------------------------------------

    def heard(self, viewer: Viewer, text: bytes) -> None:
        """Note what a viewer knows now."""
        now = time.time()
        meaning = self._meaning(text)
        if viewer.kept is not None:
            viewer.kept.append(text)
        if meaning.seq is not None:
            viewer.seq = meaning.seq
        if meaning.total is None:
            return
        if viewer.total is None:
            viewer.shown.set_result(None)
        elif not viewer.muted:
            self._arrived(range(viewer.total + 1, meaning.total + 1), now)
        viewer.total = meaning.total

    def lost(self, viewer: Viewer) -> None:
        """A socket is closed."""
        self._lost.add(viewer)

    def _arrived(self, totals: range, now: float) -> None:
        for total in totals:
            self._arrivals[total].append(now)
        total, readers = self._waited_for
        if total in totals and len(self._arrivals[total]) >= readers:
            self._everybody.set()

    def _meaning(self, text: bytes) -> Meaning:
        meaning = self._meanings.get(text)
        if meaning is None:
            if len(self._meanings) >= _REMEMBERED:
                self._meanings.clear()
            meaning = self._meanings[text] = Meaning.of(text, self._total)
        return meaning

    async def _open_one(self, *, narrow: bool) -> Viewer:
        loop = asyncio.get_running_loop()
        async with self._window, asyncio.timeout(_PATIENCE_S):
            connection = socket.socket()
            if narrow:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _NARROW)
            # On loopback the kernel answers at once, and one call is a fifth of what it takes to wait for that.
            connection.connect((self._host, self._port))
            connection.setblocking(False)
            viewer = Viewer(frames.handshake(self._host, self._port, _PATH), self)
            if self._keeping < _KEEPERS:
                self._keeping += 1
                viewer.kept = []
            await loop.create_connection(lambda: viewer, sock=connection)
            await viewer.opened
        return viewer


async def _main() -> None:
    loop = asyncio.get_running_loop()
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    audience: Audience | None = None
    async for line in commands:
        command: dict[str, Any] = json.loads(line)
        do = command.pop("do")
        try:
            if audience is None:
                audience, answer = Audience(**command), {}
            else:
                answer = await getattr(audience, do)(**command)
        except (OSError, TimeoutError) as error:
            answer = {"failed": f"{do}: {error!r}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_main())
        _exit(0)  # no farewell to thousands of sockets
