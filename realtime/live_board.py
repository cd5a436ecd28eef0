"""One board kept current in one process: steps are folded in, and a read repairs what no step explains."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from realtime.board import Board, Diff, from_page
from realtime.counters import Counters
from realtime.fold import Fold
from realtime.limits import Limits
from scores.rows import Page

log = logging.getLogger(__name__)

Read = Callable[[str], Awaitable[Page]]


class LiveBoard:
    """The newest state of a board that this process can know. Belongs to one event loop.

    However many steps are missing and however many callers ask, one read is under way at a time.
    `changed` is set whenever the current state moved.
    """

    def __init__(self, board: str, *, read: Read, limits: Limits, counters: Counters) -> None:
        self.board = board
        self.changed = asyncio.Event()
        self._read = read
        self._limits = limits
        self._counters = counters
        self._fold = Fold()
        self._wanted = asyncio.Event()
        self._must_read = False
        self._distrusted = False
        self._expected: tuple[str, int] | None = None
        self._last_read_at = 0.0
        #: Changes in a row that were found by reading and told by no message.
        self.unheard = 0

    @property
    def current(self) -> Board | None:
        """The newest state; None until the first read is done."""
        return self._fold.current

    @property
    def version(self) -> tuple[str, int] | None:
        """Epoch and seq of the newest state; None before the first read and while PostgreSQL answers."""
        at = self.current
        return None if at is None or at.epoch is None or at.seq is None else (at.epoch, at.seq)

    async def open(self) -> None:
        """Read the board for the first time.

        Raises:
            UnknownBoard: there is no such board. Whatever else the read raises passes as well.
        """
        await self._read_now()

    def take(self, step: Diff) -> None:
        """Fold in a step that some process has published."""
        self._counters.steps += 1
        self.unheard = 0
        if self._fold.take(step):
            self.changed.set()
        elif self._fold.has_gap:
            self._wanted.set()

    def expect(self, epoch: str, seq: int) -> None:
        """The ranks are known to be at `seq` of `epoch`: if no step leads there soon, read them."""
        if not self._is_at(epoch, seq):
            self._expected = (epoch, seq)
            self._wanted.set()

    def reread(self, *, distrusting: bool = False) -> None:
        """Read the board whatever the steps say.

        Args:
            distrusting: the ranks went back behind what was told: what is read wins, even if older.
        """
        self._must_read = True
        self._distrusted = self._distrusted or distrusting
        self._wanted.set()

    async def keep_current(self) -> None:
        """Read whenever a gap, an expectation or `reread` asks for it, until cancelled."""
        failing = False
        while True:
            await self._wanted.wait()
            await asyncio.sleep(self._limits.watch_s if failing else self._patience_s())
            self._wanted.clear()
            if not (self._must_read or self._lacks_something()):
                continue
            self._counters.repairs += 1
            expected = self._expected is not None
            try:
                moved = await self._read_now()
            except Exception:  # a process edge: whatever is broken, the sockets keep what they have
                if not failing:
                    log.warning("cannot read the board %s; trying again every second", self.board, exc_info=True)
                failing = self._must_read = True
                self._wanted.set()
                continue
            failing = False
            if moved:
                self.unheard += expected
                self.changed.set()

    async def _read_now(self) -> bool:
        """Read and adopt; whether the current state moved."""
        self._fold.begin_read()
        self._expected, self._must_read = None, False
        self._counters.reads += 1
        self._last_read_at = asyncio.get_running_loop().time()
        page = await self._read(self.board)
        trusting, self._distrusted = not self._distrusted, False
        moved = self._fold.adopt(from_page(page), trusting=trusting)
        if self._fold.has_gap:
            self._wanted.set()
        return moved

    def _patience_s(self) -> float:
        """How long to wait before a read: what is missing may only have been overtaken.

        While PostgreSQL answers in place of the ranks it is spared: one read a second.
        """
        if self.current is None or self.current.source == "ranks":
            return self._limits.overtaking_s
        since_last = asyncio.get_running_loop().time() - self._last_read_at
        return max(self._limits.overtaking_s, self._limits.watch_s - since_last)

    def _lacks_something(self) -> bool:
        return self._fold.has_gap or (self._expected is not None and not self._is_at(*self._expected))

    def _is_at(self, epoch: str, seq: int) -> bool:
        at = self.version
        return at is not None and at[0] == epoch and at[1] >= seq
