"""The sending side of one socket: never queued for, left behind while it does not drain, dropped when it is stuck."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any

from realtime import messages
from realtime.begun import begin
from realtime.counters import Counters
from realtime.limits import Limits
from realtime.ready_frames import FrameSink, ReadyFrame

if TYPE_CHECKING:
    from realtime.board import Board
    from realtime.board_feed import BoardFeed

log = logging.getLogger(__name__)

_numbers = itertools.count()

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Subscriber:
    """One socket, as the hub sees it. Belongs to one event loop.

    A frame leaves at once, without a task: into the server's sink, or by ASGI where there is none.
    Only when the peer does not read and the transport's buffer is full, a task waits for it; until
    then nothing else is offered to the socket, and the boards that it misses are remembered in
    `behind`. So a slow reader costs the transport's buffer and one frame, however much happens meanwhile.
    """

    __slots__ = (
        "_counters",
        "_draining",
        "_leaving",
        "_limits",
        "_send",
        "_sink",
        "behind",
        "boards",
        "number",
        "transport",
    )

    def __init__(self, send: Send, *, limits: Limits, counters: Counters, sink: FrameSink | None = None) -> None:
        self.number = next(_numbers)
        self._send = send
        self._sink = sink
        #: Where ready-made frames go by the shortest way; None where the server offers none.
        self.transport = None if sink is None else sink.transport
        self._limits = limits
        self._counters = counters
        self._draining: asyncio.Task[None] | None = None
        self._leaving = False
        self.boards: dict[str, BoardFeed] = {}
        #: The boards on which this socket is behind, and what it was last sent of them; None: something older.
        self.behind: dict[BoardFeed, Board | None] = {}
        if sink is not None:
            sink.when_full(self._full)

    @property
    def takes(self) -> bool:
        """Whether a frame that is offered now would be sent."""
        return self._draining is None and not self._leaving

    def offer(self, frame: ReadyFrame) -> bool:
        """Send a frame if the socket takes one; never waits, never raises."""
        if not self.takes:
            return False
        if self.transport is None:
            waiting = begin(self._send({"type": "websocket.send", "text": frame.text}))
            if waiting is not None:
                self._hold_back(waiting)
        elif not self.transport.is_closing():
            self.transport.write(frame.on_the_wire)
        return True

    async def free(self) -> None:
        """Wait until no send is under way."""
        while self._draining is not None:
            await asyncio.wait([self._draining])

    async def reply(self, frame: messages.ServerFrame) -> None:
        """Send an answer, after what is under way: a client that asks and does not read waits for itself."""
        await self.free()
        self.offer(messages.encode(frame))

    async def bye(self, frame: messages.Bye, *, within_s: float) -> None:
        """Say why, and close; a peer that does not take the last frame in time is dropped."""
        if self._leaving:
            return
        self._leaving = True
        self.leave_all()
        try:
            async with asyncio.timeout(within_s):
                await self.free()
                await self._send({"type": "websocket.send", "text": messages.encode(frame).text})
                await self._send({"type": "websocket.close", "code": frame.code, "reason": frame.reason})
        except TimeoutError:
            self._drop()
        except OSError:
            pass  # it has gone by itself

    def leave_all(self) -> None:
        """Stop watching every board."""
        for feed in tuple(self.boards.values()):
            feed.discard(self)

    def gone(self) -> None:
        """The socket is closed: nothing is sent any more."""
        self._leaving = True
        self.leave_all()
        if self._sink is not None:
            self._sink.when_full(None)

    def _full(self) -> None:
        """The server says that the peer does not read, perhaps in the middle of a write of ours."""
        assert self._sink is not None
        if self._draining is None:
            self._hold_back(self._sink.drained())

    def _hold_back(self, until: Coroutine[Any, Any, Any]) -> None:
        """Offer nothing to this socket until it drains."""
        for feed in self.boards.values():
            feed.leave_behind(self)
        self._draining = asyncio.get_running_loop().create_task(self._drain(until))

    async def _drain(self, until: Awaitable[Any]) -> None:
        """Wait until the peer has read, then catch up with what was missed."""
        stuck = asyncio.get_running_loop().call_later(self._limits.stuck_s, self._stuck)
        try:
            await until
        except OSError:
            self._leaving = True  # closed while waiting; the socket's reader hears of it as well
        finally:
            stuck.cancel()
            self._draining = None
        for feed, held in tuple(self.behind.items()):
            if not self.takes:  # the first snapshot filled the buffer again
                break
            feed.catch_up(self, held)

    def _stuck(self) -> None:
        self._counters.stuck += 1
        _keep(asyncio.get_running_loop().create_task(self.bye(messages.STUCK_READER, within_s=self._limits.farewell_s)))

    def _drop(self) -> None:
        """Close the connection without a word.

        ASGI knows no way to do so: `websocket.close` waits for the very buffer that is full, and
        a transport that is closed politely keeps buffer and file descriptor until a peer that
        never reads has read.
        """
        if self.transport is None:
            log.warning("this server offers no way to drop a stuck reader")
        else:
            self.transport.abort()


_tasks: set[asyncio.Task[None]] = set()


def _keep(task: asyncio.Task[None]) -> None:
    """Hold on to a task until it is done: the loop itself keeps only a weak reference."""
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
