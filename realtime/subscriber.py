"""The sending side of one socket: never queued for, left behind while it does not drain, dropped when it is stuck."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import partial
from typing import TYPE_CHECKING, Any

from realtime import messages
from realtime.counters import Counters
from realtime.limits import Limits

if TYPE_CHECKING:
    from realtime.board_feed import BoardFeed

log = logging.getLogger(__name__)

_numbers = itertools.count()

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Subscriber:
    """One socket, as the hub sees it. Belongs to one event loop.

    A send is begun at once, without a task. Only when it has to wait, because the peer does not
    read and the transport's buffer is full, a task finishes it; until then nothing else is
    offered to the socket, and the boards that it misses are remembered in `behind`. So a slow
    reader costs the transport's buffer and one frame, however much happens meanwhile.
    """

    def __init__(self, send: Send, *, limits: Limits, counters: Counters) -> None:
        self.number = next(_numbers)
        self._send = send
        self._limits = limits
        self._counters = counters
        self._draining: asyncio.Task[None] | None = None
        self._leaving = False
        self.boards: dict[str, BoardFeed] = {}
        self.behind: set[BoardFeed] = set()

    @property
    def takes(self) -> bool:
        """Whether a frame that is offered now would be sent."""
        return self._draining is None and not self._leaving

    def offer(self, text: str) -> bool:
        """Send a frame if the socket takes one; never waits, never raises."""
        if not self.takes:
            return False
        sending = _begin(self._send({"type": "websocket.send", "text": text}))
        if sending is not None:
            self._draining = asyncio.get_running_loop().create_task(self._drain(sending))
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
                await self._send({"type": "websocket.send", "text": messages.encode(frame)})
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

    async def _drain(self, sending: Coroutine[Any, Any, None]) -> None:
        """Finish a send that had to wait, then catch up with what was missed."""
        stuck = asyncio.get_running_loop().call_later(self._limits.stuck_s, self._stuck)
        try:
            await sending
        except OSError:
            self._leaving = True  # closed while waiting; the consumer hears of it as well
        finally:
            stuck.cancel()
            self._draining = None
        for feed in tuple(self.behind):
            if not self.takes:  # the first snapshot filled the buffer again
                break
            feed.add(self)

    def _stuck(self) -> None:
        self._counters.stuck += 1
        _keep(asyncio.get_running_loop().create_task(self.bye(messages.STUCK_READER, within_s=self._limits.farewell_s)))

    def _drop(self) -> None:
        """Close the connection without a word.

        ASGI knows no way to do so: `websocket.close` waits for the very buffer that is full, and
        a transport that is closed politely keeps buffer and file descriptor until a peer that
        never reads has read. uvicorn hands us a bound `send`; its protocol holds the transport.
        """
        transport: Any = getattr(getattr(self._send, "__self__", None), "transport", None)
        if transport is None:
            log.warning("this server offers no way to drop a stuck reader")
        else:
            transport.abort()


_tasks: set[asyncio.Task[None]] = set()


def _keep(task: asyncio.Task[None]) -> None:
    """Hold on to a task until it is done: the loop itself keeps only a weak reference."""
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


def _begin(sending: Awaitable[None]) -> Coroutine[Any, Any, None] | None:
    """Take the first step of a send; what is left of it, or None when it is done.

    A task for each socket and frame would cost more than the frame. Python 3.12 has eager tasks
    for this; until then the first step is taken by hand, and only a send that has to wait goes on
    as a task.
    """
    steps = sending.__await__()
    try:
        waits_for = next(steps)
    except StopIteration:
        return None
    except OSError:
        return None  # the peer has gone; the consumer hears of it as `websocket.disconnect`
    return _finish(steps, waits_for)


async def _finish(steps: Generator[Any, Any, None], waits_for: Any) -> None:
    """Go on with a send whose first step waits for `waits_for`."""
    await _Rest(steps, waits_for)


class _Rest:
    """The awaitable rest of a coroutine that has been started by hand."""

    def __init__(self, steps: Generator[Any, Any, None], waits_for: Any) -> None:
        self._steps = steps
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, None]:
        waits_for = self._waits_for
        while True:
            step: Callable[[], Any]
            try:
                step = partial(self._steps.send, (yield waits_for))
            except BaseException as error:  # noqa: BLE001 - a cancellation, too, belongs to the coroutine inside
                step = partial(self._steps.throw, error)
            try:
                waits_for = step()
            except StopIteration:
                return
