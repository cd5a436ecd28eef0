"""The one hub and the one door for game servers of this process.

The hub is made by the lifespan, or by the first socket where a server has none.
"""

from __future__ import annotations

import asyncio

from realtime import limits
from realtime.broadcast import broadcast
from realtime.hub import Hub
from realtime.submit_door import SubmitDoor
from scores import ranking

_hub: Hub | None = None
_submit_door: SubmitDoor | None = None


async def hub() -> Hub:
    """The hub, started on the running loop if there is none yet (daphne speaks no lifespan)."""
    global _hub  # noqa: PLW0603 - one per process, by design
    if _hub is None:
        _hub = Hub(read=ranking.top, versions=ranking.versions, limits=limits.current())
        _hub.start()
        broadcast.use_loop(asyncio.get_running_loop())
    return _hub


def submit_door() -> SubmitDoor:
    """The door for game servers, made on the running loop by the first of them."""
    global _submit_door  # noqa: PLW0603 - one per process, by design
    if _submit_door is None:
        _submit_door = SubmitDoor(limits.current())
    return _submit_door


async def drain() -> None:
    """Tell every socket to come back later, and close it."""
    await asyncio.gather(*(each.drain() for each in (_hub, _submit_door) if each is not None))


async def stop() -> None:
    """End the hub; changes that are still made are published from a thread of their own."""
    global _hub, _submit_door  # noqa: PLW0603 - as above
    _submit_door = None
    if _hub is not None:
        broadcast.use_loop(None)
        stopped, _hub = _hub, None
        await stopped.stop()
