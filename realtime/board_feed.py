"""The sockets of one board in one process, and the ticks that tell them what changed."""

from __future__ import annotations

import asyncio

from msgspec import UNSET, UnsetType

from realtime import messages
from realtime.board import Board, Diff, diff, share_history
from realtime.counters import Counters
from realtime.limits import Limits
from realtime.live_board import LiveBoard, Read
from realtime.messages import RequestId, Since
from realtime.subscriber import Subscriber

#: After so many sockets a tick lets the loop do other things: submits must not wait for thousands of sends.
SOCKETS_AT_ONCE = 256


class BoardFeed:
    """Tells the sockets of one board, ten times a second at most.

    Every watching socket was last sent the state `last_sent`, but for those that are behind. A
    tick encodes one frame, the way from there to the current state, and hands it to all of them.
    """

    def __init__(self, board: str, *, read: Read, limits: Limits, counters: Counters) -> None:
        self.board = board
        self.live = LiveBoard(board, read=read, limits=limits, counters=counters)
        self.last_sent: Board | None = None
        self.subscribers: set[Subscriber] = set()
        #: When the last socket left, by the loop's clock; None while there is one.
        self.idle_since: float | None = None
        #: The sockets that hold `last_sent` and take frames, and where the frames go. A tick touches
        #: nothing else of a socket: with thousands of them the memory that it has to fetch is what costs.
        self._level: dict[Subscriber, asyncio.Transport | None] = {}
        #: During a tick, those that are still to be told: they hold the state before it.
        self._due: dict[Subscriber, asyncio.Transport | None] = {}
        self._limits = limits
        self._counters = counters
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Read the board for the first time; from then on keep it current and tell its sockets.

        Raises:
            UnknownBoard: there is no such board. Whatever else the read raises passes as well.
        """
        await self.live.open()
        self.last_sent = self.live.current
        loop = asyncio.get_running_loop()
        self.idle_since = loop.time()
        self._tasks = [loop.create_task(self.live.keep_current()), loop.create_task(self._tell())]

    async def close(self) -> None:
        """End the tasks of this board."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def take(self, step: Diff) -> None:
        """Fold in a step that some process has published."""
        self.live.take(step)

    def add(
        self, subscriber: Subscriber, request_id: RequestId | UnsetType = UNSET, since: Since | None = None
    ) -> None:
        """Let a socket that takes frames watch: it gets the state last sent, and every tick from now on.

        The state is chosen and sent in one step, so no tick comes in between. A change that still
        waits for its tick reaches the newcomer with it, as it reaches everybody else.
        """
        at = self.last_sent
        assert at is not None
        subscriber.boards[self.board] = self
        subscriber.behind.pop(self, None)
        self._tell_no_more(subscriber)  # not what it is sent here already
        self.subscribers.add(subscriber)
        self.idle_since = None
        frame: messages.ServerFrame
        if since is not None and at.epoch is not None and at.seq is not None and since == Since(at.epoch, at.seq):
            frame = messages.Resumed(board=at.board, window=at.window, epoch=at.epoch, seq=at.seq, id=request_id)
        else:
            frame = messages.snapshot(at, request_id)
            self._counters.snapshots += 1
        subscriber.offer(messages.encode(frame))
        if subscriber.takes:
            self._level[subscriber] = subscriber.transport

    def leave_behind(self, subscriber: Subscriber) -> None:
        """Tell a socket nothing more until it catches up; what it was last sent is remembered."""
        self._counters.left_behind += 1
        subscriber.behind.setdefault(self, None if subscriber in self._due else self.last_sent)
        self._tell_no_more(subscriber)

    def catch_up(self, subscriber: Subscriber, held: Board | None) -> None:
        """Bring a socket that drains again to the state last sent; it holds `held`, or an older one where None."""
        if held is self.last_sent:  # nothing was missed
            del subscriber.behind[self]
            self._level[subscriber] = subscriber.transport
        else:
            self.add(subscriber)

    def discard(self, subscriber: Subscriber) -> None:
        """Let a socket watch no longer."""
        self.subscribers.discard(subscriber)
        if not self.subscribers:
            self.idle_since = asyncio.get_running_loop().time()
        self._tell_no_more(subscriber)
        subscriber.behind.pop(self, None)
        subscriber.boards.pop(self.board, None)

    def is_level(self, subscriber: Subscriber) -> bool:
        """Whether the state last sent is what this socket was last sent."""
        return subscriber in self._level

    async def _tell(self) -> None:
        """Tick at once when the board was quiet, then not again for `tick_s`: the last state is always told."""
        while True:
            await self.live.changed.wait()
            self.live.changed.clear()
            await self._tick()
            await asyncio.sleep(self._limits.tick_s)

    async def _tick(self) -> None:
        before, after = self.last_sent, self.live.current
        assert before is not None
        assert after is not None
        if before is after:
            return
        self._counters.ticks += 1
        follows = share_history(before, after)
        frame = messages.encode(messages.diff_frame(diff(before, after)) if follows else messages.snapshot(after))
        self.last_sent = after
        self._due, self._level = self._level, {}
        told = 0
        while self._due:
            subscriber, transport = self._due.popitem()
            self._level[subscriber] = transport
            if transport is None:
                subscriber.offer(frame)
            elif not transport.is_closing():
                transport.write(frame.on_the_wire)
            told += 1
            if told % SOCKETS_AT_ONCE == 0:
                await asyncio.sleep(0)

    def _tell_no_more(self, subscriber: Subscriber) -> None:
        self._level.pop(subscriber, None)
        self._due.pop(subscriber, None)
