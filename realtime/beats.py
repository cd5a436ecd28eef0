"""The beat: every so often, each socket hears what it was last sent, so that it can notice what it missed."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from realtime import messages
from realtime.limits import Limits
from realtime.ready_frames import ReadyFrame
from realtime.subscriber import Subscriber

#: The sockets' beats are spread over so many moments of the interval, so that thousands do not fall together.
SLICES = 10


async def beat(subscribers: Collection[Subscriber], limits: Limits) -> None:
    """Send every socket its beat, until cancelled."""
    turn = 0
    while True:
        await asyncio.sleep(limits.beat_s / SLICES)
        turn = (turn + 1) % SLICES
        beat_once([subscriber for subscriber in subscribers if subscriber.number % SLICES == turn])


def beat_once(subscribers: Collection[Subscriber]) -> None:
    """Send these sockets their beat, encoded once for all that watch the same boards.

    Boards on which a socket is behind are left out: a beat never runs ahead of what was sent.
    """
    frames: dict[tuple[str, ...], ReadyFrame] = {}
    for subscriber in subscribers:
        feeds = [feed for feed in subscriber.boards.values() if feed.is_level(subscriber)]
        if not feeds or not subscriber.takes:
            continue
        names = tuple(feed.board for feed in feeds)
        frame = frames.get(names)
        if frame is None:
            states = [feed.last_sent for feed in feeds if feed.last_sent is not None]
            frame = frames[names] = messages.encode(messages.beat(states))
        subscriber.offer(frame)
