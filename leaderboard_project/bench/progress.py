"""Says on standard error what is under way: one line that is written over on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time

#: How often a line is written where none can be written over, in seconds.
_SELDOM_S = 5.0


class Progress:
    """What the benchmark is doing right now."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._said_at = float("-inf")

    def begin(self, what: str) -> None:
        """A new step."""
        self._said_at = float("-inf")
        self.tell(what)

    def tell(self, what: str) -> None:
        """How far the step is; told now and then only where lines stay."""
        now = time.monotonic()
        if self._terminal:
            sys.stderr.write(f"\r\x1b[K{what}")
        elif now - self._said_at >= _SELDOM_S:
            self._said_at = now
            sys.stderr.write(f"{what}\n")
        sys.stderr.flush()

    def clear(self) -> None:
        """Make room for a table."""
        if self._terminal:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
