"""One Channels group message per board change, sent from whatever thread made the change, without waiting.

The channel layer is only an accelerator: a message that is lost is repaired by every process's
watcher within two seconds. So a failure here is logged, once per incident, and never raised.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import threading
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

import msgspec
from channels.layers import get_channel_layer

from realtime import limits
from realtime.board import Diff
from scores import failpoints

log = logging.getLogger(__name__)

#: The `type` of every group message.
STEP = "board.step"
#: More messages than this are not kept waiting for a slow Valkey: the watchers repair what is dropped.
MOST_UNDER_WAY = 1000

#: How long a process that ends still tries to tell what it changed, in seconds.
_FAREWELL_S = 1.0

_decoder = msgspec.msgpack.Decoder(Diff)


def group_of(board: str) -> str:
    """The name of the group in which a board's changes are told, whatever its window."""
    return f"board.{board}"


def to_message(step: Diff) -> dict[str, Any]:
    """The group message that tells one step."""
    return {"type": STEP, "step": msgspec.msgpack.encode(step)}


def from_message(message: dict[str, Any]) -> Diff:
    """The step that a group message tells.

    Raises:
        ValueError: it is none of ours, or from a version of this program that speaks otherwise.
    """
    step = message.get("step")
    if message.get("type") != STEP or not isinstance(step, bytes):
        raise ValueError("not a message of a board's step")
    return _decoder.decode(step)  # msgspec's errors are ValueErrors


class Broadcast:
    """Publishes from any thread through one event loop: the web process's own, or a background thread's.

    `async_to_sync` would make a loop and a Valkey connection for each message; one loop for the
    whole process keeps one connection.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._under_way = 0
        self._failing = False

    def use_loop(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """Publish through this loop from now on; None: through a background thread's, made when needed."""
        with self._lock:
            self._loop = loop

    def publish(self, step: Diff) -> None:
        """Tell every process of a step. Returns at once and never raises."""
        if failpoints.reach("publish"):
            return
        with self._lock:
            if self._under_way >= MOST_UNDER_WAY:
                self._failed("too many messages are waiting for Valkey")
                return
            if self._loop is None or self._loop.is_closed():
                self._loop = _background_loop()
            self._under_way += 1
            try:
                sending = asyncio.run_coroutine_threadsafe(self._send(step), self._loop)
            except RuntimeError as error:  # the loop closed this very moment
                self._under_way -= 1
                self._failed(error)
                return
        sending.add_done_callback(self._done)

    async def _send(self, step: Diff) -> None:
        layer = get_channel_layer()
        assert layer is not None  # the system check realtime.E001 saw to it
        async with asyncio.timeout(limits.current().layer_s):
            await layer.group_send(group_of(step.board), to_message(step))

    def _done(self, sending: Future[None]) -> None:
        error = None if sending.cancelled() else sending.exception()
        with self._lock:
            self._under_way -= 1
            if error is not None:
                self._failed(error)
            elif self._failing:
                self._failing = False
                log.info("board changes are published again")

    def _failed(self, reason: object) -> None:
        """Log the first failure of an incident."""
        if not self._failing:
            self._failing = True
            log.warning("board changes cannot be published; the watchers repair what is lost (%r)", reason)


def _background_loop() -> asyncio.AbstractEventLoop:
    """A new loop, running in a daemon thread: for processes that serve nothing, such as commands and the worker."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="broadcast", daemon=True)
    thread.start()
    atexit.register(_end, loop, thread)
    return loop


def _end(loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
    """Tell what is still under way, then end the thread, before the interpreter goes.

    A command that changes a board and is done would otherwise take its message along; and a thread
    that is cut off in the middle of C code can take the whole process down with SIGABRT.
    """
    with suppress(TimeoutError):
        asyncio.run_coroutine_threadsafe(_finish(), loop).result(2 * _FAREWELL_S)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(_FAREWELL_S)


async def _finish() -> None:
    if others := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(others, timeout=_FAREWELL_S)


#: The one of this process.
broadcast = Broadcast()
