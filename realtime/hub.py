"""The hub of one process: its boards, its sockets, and the threads in which the ranks are read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from django.db import close_old_connections
from msgspec import UNSET, UnsetType

from realtime import messages
from realtime.beats import beat
from realtime.board import Diff
from realtime.board_feed import BoardFeed
from realtime.counters import Counters
from realtime.limits import Limits
from realtime.membership import Membership
from realtime.messages import RequestId, Since
from realtime.ready_frames import FrameSink
from realtime.subscriber import Send, Subscriber
from realtime.watcher import Watcher
from scores.ranking import Page, Version

A = TypeVar("A")
T = TypeVar("T")

#: Reads of boards under way at once in a process; they block only while PostgreSQL has to answer.
_READERS = 4


class Hub:
    """Serves all sockets of a process from memory. Belongs to one event loop.

    Args:
        read: the visible top of a board, from the ranks or from PostgreSQL; sync.
        versions: epoch and seq of boards in the ranks, in one round trip; sync.
        limits: the numbers that hold.
    """

    def __init__(
        self,
        *,
        read: Callable[[str], Page],
        versions: Callable[[Sequence[str]], dict[str, Version | None]],
        limits: Limits,
    ) -> None:
        self.counters = Counters()
        self.feeds: dict[str, BoardFeed] = {}
        self.subscribers: set[Subscriber] = set()
        self.draining = False
        self.limits = limits
        #: Open boards and those still being read: both hear what is told.
        self._hearing: dict[str, BoardFeed] = {}
        self._opening: dict[str, asyncio.Task[BoardFeed]] = {}
        # The versions have a thread of their own: a PostgreSQL that hangs must not blind the watcher.
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="boards")
        self._version_reader = ThreadPoolExecutor(1, thread_name_prefix="versions")
        self._read = partial(_in_thread, self._readers, read)
        self._membership = Membership(on_step=self._take, on_joined=self._joined, limits=limits)
        self._watcher = Watcher(
            self.feeds,
            versions=partial(_in_thread, self._version_reader, versions),
            on_deaf=self._membership.renew,
        )
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to listen, to watch and to beat."""
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(self._membership.run()),
            loop.create_task(self._watcher.run(self.limits.watch_s)),
            loop.create_task(beat(self.subscribers, self.limits)),
            loop.create_task(self._drop_idle_boards()),
        ]

    async def stop(self) -> None:
        """End everything that `start` and the sockets began."""
        for task in (*self._tasks, *self._opening.values()):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._opening.values(), return_exceptions=True)
        await asyncio.gather(*(feed.close() for feed in self.feeds.values()))
        self.feeds.clear()
        self._readers.shutdown(wait=False, cancel_futures=True)
        self._version_reader.shutdown(wait=False, cancel_futures=True)

    def connect(self, send: Send, sink: FrameSink | None = None) -> Subscriber:
        """Take up a socket that was accepted; its frames go into the sink where the server offers one."""
        subscriber = Subscriber(send, limits=self.limits, counters=self.counters, sink=sink)
        self.subscribers.add(subscriber)
        return subscriber

    def disconnect(self, subscriber: Subscriber) -> None:
        """Forget a socket that is closed."""
        self.subscribers.discard(subscriber)
        subscriber.gone()

    async def subscribe(
        self,
        subscriber: Subscriber,
        board: str,
        *,
        window: str = messages.CURRENT,
        request_id: RequestId | UnsetType = UNSET,
        since: Since | None = None,
    ) -> None:
        """Let a socket watch a board, and send it the board.

        The first socket of a board costs one read, however many come at once; all others are
        served from memory, without Valkey and without PostgreSQL.

        Raises:
            UnknownBoard: there is no such board. Whatever else a first read raises passes as well.
            Rejected: the window is not the current one.
        """
        while True:
            feed = await self._feed(board)
            await subscriber.free()
            if self.feeds.get(board) is feed:  # or it was dropped while the socket was busy
                break
        if feed.last_sent is not None and window not in {messages.CURRENT, feed.last_sent.window}:
            raise messages.Rejected("unknown_window", f"Only the current window of {board} is told live.", request_id)
        feed.add(subscriber, request_id, since)

    async def drain(self) -> None:
        """Tell every socket to come back later, and close it; those that do not listen are dropped."""
        self.draining = True
        leaving = [subscriber.bye(messages.DRAIN, within_s=self.limits.drain_s) for subscriber in self.subscribers]
        await asyncio.gather(*leaving)

    async def _feed(self, board: str) -> BoardFeed:
        """The open feed of a board; opened once, however many ask."""
        if (feed := self.feeds.get(board)) is not None:
            return feed
        opening = self._opening.get(board)
        if opening is None:
            opening = asyncio.get_running_loop().create_task(self._open(board))
            self._opening[board] = opening
        return await asyncio.shield(opening)  # one asker that leaves must not take it from the others

    async def _open(self, board: str) -> BoardFeed:
        feed = BoardFeed(board, read=self._read, limits=self.limits, counters=self.counters)
        self._hearing[board] = feed
        try:
            # Join first, read second: a step told in between is folded into what is read, or is older.
            await self._membership.join(board)
            await feed.open()
        except BaseException:
            self._forget(board)
            raise
        finally:
            self._opening.pop(board, None)
        self.feeds[board] = feed
        return feed

    def _forget(self, board: str) -> None:
        self._hearing.pop(board, None)
        self.feeds.pop(board, None)
        self._membership.leave(board)

    def _take(self, step: Diff) -> None:
        if (feed := self._hearing.get(step.board)) is not None:
            feed.take(step)

    def _joined(self, board: str) -> None:
        """What was told before the group was joined is lost, so it is read; a first read is still to come anyway."""
        if (feed := self._hearing.get(board)) is not None:
            feed.live.reread()

    async def _drop_idle_boards(self) -> None:
        """Let go of boards that nobody has watched for a while, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self.limits.linger_s / 4)
            for board, feed in tuple(self.feeds.items()):
                if feed.idle_since is not None and loop.time() - feed.idle_since >= self.limits.linger_s:
                    self._forget(board)
                    await feed.close()


async def _in_thread(threads: ThreadPoolExecutor, function: Callable[[A], T], argument: A) -> T:
    """Call a sync function in one of the threads."""
    return await asyncio.get_running_loop().run_in_executor(threads, _and_let_go, function, argument)


def _and_let_go(function: Callable[[A], T], argument: A) -> T:
    """Call the function, and give the database connection that it may have used back to the pool.

    Django does so at the end of a request, and these threads serve none: each of them would keep a
    connection for ever, also one that died with its server.
    """
    try:
        return function(argument)
    finally:
        close_old_connections()
