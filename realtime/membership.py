"""This process's membership in the groups of the boards it watches: one channel, kept alive for ever."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from channels.layers import get_channel_layer

from realtime.board import Diff
from realtime.broadcast import from_message, group_of
from realtime.limits import Limits

log = logging.getLogger(__name__)

#: Seconds between attempts while Valkey is away: short at first, because it is usually back at once.
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 5.0


class Membership:
    """Joins the groups of all wanted boards and hands on every step that is told in them.

    With Valkey away nothing is raised and nobody waits for long: the boards are joined when it is
    back. `on_joined` is called after each join, also a repeated one: what was told before is lost.
    """

    def __init__(self, *, on_step: Callable[[Diff], None], on_joined: Callable[[str], None], limits: Limits) -> None:
        self._on_step = on_step
        self._on_joined = on_joined
        self._limits = limits
        self._wanted: dict[str, asyncio.Event] = {}
        self._joined: set[str] = set()
        self._todo = asyncio.Event()
        self._deaf = asyncio.Event()
        self._failing = False

    async def join(self, board: str) -> None:
        """Want a board; wait until its group is joined, or until that has taken too long."""
        joined = self._wanted.setdefault(board, asyncio.Event())
        self._todo.set()
        try:
            await asyncio.wait_for(joined.wait(), self._limits.layer_s)
        except TimeoutError:
            return  # `on_joined` tells when it comes true

    def leave(self, board: str) -> None:
        """Want a board no longer."""
        self._wanted.pop(board, None)
        self._todo.set()

    def renew(self) -> None:
        """Give up the present channel, which seems to be deaf, and join everything anew.

        channels_redis ends its receive task for good on a timeout, and a subscription may be lost
        in other ways without a sign; nothing but the missing messages tells.
        """
        log.warning("changes took place of which no message was heard; joining the groups anew")
        self._deaf.set()

    async def run(self) -> None:
        """Keep a channel in all wanted groups until cancelled."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                await self._live_once()
            except Exception as error:  # noqa: BLE001 - a process edge: the layer raises whatever its client raises
                if not self._failing:
                    log.warning("the channel layer does not answer; trying again (%r)", error)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S) if self._failing else _FIRST_PAUSE_S
                self._failing = True
            await asyncio.sleep(pause_s)

    async def _live_once(self) -> None:
        """Take a channel, and join and receive until one of the two fails, or until `renew`."""
        layer: Any = get_channel_layer()
        assert layer is not None  # the system check realtime.E001 saw to it
        try:
            async with asyncio.timeout(self._limits.layer_s):
                channel = await layer.new_channel("hub.")
            async with asyncio.TaskGroup() as tasks:
                living = [
                    tasks.create_task(self._receive(layer, channel)),
                    tasks.create_task(self._keep_joined(layer, channel)),
                ]
                self._deaf.clear()
                await self._deaf.wait()
                for task in living:
                    task.cancel()
        finally:
            # A pub/sub layer that failed keeps queues and half a connection; flushed, it is like new.
            # Not before the receiver has ended: it would wait for ever on a queue that nobody fills.
            self._joined.clear()
            for joined in self._wanted.values():
                joined.clear()
            await self._flush(layer)

    async def _receive(self, layer: Any, channel: str) -> None:
        while True:
            # Never cancelled but to end the channel: the layer takes a cancelled receive as the
            # consumer's end and unsubscribes without a sign.
            message = await layer.receive(channel)
            try:
                step = from_message(message)
            except ValueError:
                log.warning("a group message that cannot be read was dropped", exc_info=True)
            else:
                self._on_step(step)

    async def _keep_joined(self, layer: Any, channel: str) -> None:
        self._todo.set()
        while True:
            await self._todo.wait()
            self._todo.clear()
            for board in tuple(self._joined - self._wanted.keys()):
                async with asyncio.timeout(self._limits.layer_s):
                    await layer.group_discard(group_of(board), channel)
                self._joined.discard(board)
            for board in tuple(self._wanted.keys() - self._joined):
                async with asyncio.timeout(self._limits.layer_s):
                    await layer.group_add(group_of(board), channel)
                self._joined.add(board)
                self._announce(board)
            if self._failing:
                self._failing = False
                log.info("the channel layer answers again")

    def _announce(self, board: str) -> None:
        if (joined := self._wanted.get(board)) is not None:
            joined.set()
            self._on_joined(board)

    async def _flush(self, layer: Any) -> None:
        try:
            async with asyncio.timeout(self._limits.layer_s):
                await layer.flush()
        except Exception as error:  # noqa: BLE001 - it is broken already; the next attempt tells
            log.debug("the channel layer could not be flushed (%r)", error)
