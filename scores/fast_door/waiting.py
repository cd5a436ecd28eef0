"""Waiting on the event loop for what threads find, with one wake-up for all that is ready together."""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from typing import Final

from scores.awaited import Awaited

#: How often those who have waited too long are looked for, in seconds. One timer for all: one for each
#: request costs as much as its JSON.
_LOOK_EVERY_S: Final = 0.1


class Waiting:
    """The requests of one event loop that wait for what other threads finish."""

    def __init__(self) -> None:
        """Begin on the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._ready: deque[asyncio.Future[bool]] = deque()
        self._waking = False
        self._deadlines: dict[asyncio.Future[bool], float] = {}
        self._looking: asyncio.TimerHandle | None = None

    def deadline(self, patience_s: float) -> float:
        """The moment, in the loop's time, when patience ends that begins now."""
        return self._loop.time() + patience_s

    async def until_done(self, awaited: Awaited, deadline: float) -> bool:
        """Wait until it is done; False where that takes until the deadline, give or take 0.1 s.

        Cancelling the wait leaves it alone: what was queued stays queued.
        """
        waiter: asyncio.Future[bool] = self._loop.create_future()
        self._deadlines[waiter] = deadline
        if self._looking is None:
            self._looking = self._loop.call_later(_LOOK_EVERY_S, self._look)
        awaited.add_done_callback(partial(self._done, waiter))
        try:
            return await waiter
        finally:
            del self._deadlines[waiter]

    def _done(self, waiter: asyncio.Future[bool], _: object) -> None:
        """Called in whatever thread finished."""
        self._ready.append(waiter)
        # `_wake` lowers the flag before it looks: whoever finds it raised comes before that look.
        if not self._waking:
            self._waking = True
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._waking = False
        while self._ready:
            _release(self._ready.popleft(), done=True)

    def _look(self) -> None:
        now = self._loop.time()
        for waiter in [waiter for waiter, deadline in self._deadlines.items() if deadline <= now]:
            _release(waiter, done=False)
        self._looking = self._loop.call_later(_LOOK_EVERY_S, self._look) if self._deadlines else None


def _release(waiter: asyncio.Future[bool], *, done: bool) -> None:
    if not waiter.done():
        waiter.set_result(done)
