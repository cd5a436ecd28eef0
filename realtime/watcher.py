"""Compares what this process tells with the versions of the ranks, and repairs what a lost message left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from realtime.board_feed import BoardFeed
from realtime.live_board import LiveBoard
from scores.ranking import RanksUnavailable, Version

#: So many changes in a row that only the watcher found: this process hears no messages any more.
DEAF_AFTER = 3

log = logging.getLogger(__name__)

Versions = Callable[[Sequence[str]], Awaitable[dict[str, Version | None]]]


class Watcher:
    """Looks at all boards of a hub in one round trip to Valkey; never at PostgreSQL."""

    def __init__(self, feeds: Mapping[str, BoardFeed], *, versions: Versions, on_deaf: Callable[[], None]) -> None:
        self._feeds = feeds
        self._versions = versions
        self._on_deaf = on_deaf
        self._away = False

    async def run(self, every_s: float) -> None:
        """Look every so many seconds, until cancelled."""
        while True:
            await asyncio.sleep(every_s)
            try:
                await self.look()
            except Exception:  # a process edge: a watcher that dies repairs nothing any more
                log.exception("the watcher's round failed")

    async def look(self) -> None:
        """One round: each board is either where the ranks are, or on its way there, or read anew."""
        boards = {board: feed.live for board, feed in self._feeds.items()}
        if not boards:
            return
        # Before the question: a step that arrives during it may be newer than the answer.
        told = {board: live.version for board, live in boards.items()}
        try:
            versions = await self._versions(tuple(boards))
        except RanksUnavailable as error:
            self._note(away=True, reason=error)
            for live in boards.values():
                live.reread()
            return
        self._note(away=False)
        for board, live in boards.items():
            _compare(live, told[board], versions.get(board))
        if any(live.unheard >= DEAF_AFTER for live in boards.values()):
            for live in boards.values():
                live.unheard = 0
            self._on_deaf()

    def _note(self, *, away: bool, reason: object = None) -> None:
        """Log when the ranks go and when they are back, and nothing in between."""
        if away and not self._away:
            log.warning("the ranks do not answer; boards come from PostgreSQL meanwhile (%s)", reason)
        elif self._away and not away:
            log.info("the ranks answer again")
        self._away = away


def _compare(live: LiveBoard, told: tuple[str, int] | None, version: Version | None) -> None:
    if version is None:
        live.reread()  # the ranks are missing: PostgreSQL answers, once a round
    elif told is not None and told[0] == version.epoch and told[1] > version.seq:
        # The ranks went back within their epoch: what was told since is not in them.
        live.reread(distrusting=True)
    else:
        live.expect(version.epoch, version.seq)
