"""How much may be under way at once; beyond it whoever brings more waits."""

from __future__ import annotations

import asyncio


class Window:
    """A bounded amount of work, entered in the order of asking.

    So what is large is not overtaken for ever by what is small. Belongs to one event loop.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._left = size
        self._turn = asyncio.Lock()
        self._freed = asyncio.Event()

    async def enter(self, size: int = 1) -> None:
        """Wait until there is room, and take it; what is larger than the window has it alone."""
        size = min(size, self._size)
        async with self._turn:
            while size > self._left:
                self._freed.clear()
                await self._freed.wait()
            self._left -= size

    def leave(self, size: int = 1) -> None:
        """Give back what was entered with the same size."""
        self._left += min(size, self._size)
        self._freed.set()
