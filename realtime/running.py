"""The one hub of this process, made by the lifespan, or by the first socket where a server has none."""

from __future__ import annotations

import asyncio

from realtime import limits
from realtime.broadcast import broadcast
from realtime.hub import Hub
from scores import ranking

_hub: Hub | None = None


async def hub() -> Hub:
    """The hub, started on the running loop if there is none yet (daphne speaks no lifespan)."""
    global _hub  # noqa: PLW0603 - one per process, by design
    if _hub is None:
        _hub = Hub(read=ranking.top, versions=ranking.versions, limits=limits.current())
        _hub.start()
        broadcast.use_loop(asyncio.get_running_loop())
    return _hub


async def drain() -> None:
    """Tell every socket to come back later, and close it."""
    if _hub is not None:
        await _hub.drain()


async def stop() -> None:
    """End the hub; changes that are still made are published from a thread of their own."""
    global _hub
    if _hub is not None:
        broadcast.use_loop(None)
        stopped, _hub = _hub, None
        await stopped.stop()
