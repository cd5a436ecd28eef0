"""How many operations a socket may still ask for. Pure: the time comes in by argument."""

from __future__ import annotations


class Allowance:
    """A token bucket: `burst` operations at once, refilled at `per_s` a second.

    >>> allowance = Allowance(burst=2, per_s=1.0, now=0.0)
    >>> [allowance.take(0.0), allowance.take(0.0), allowance.take(0.5), allowance.take(1.0)]
    [True, True, False, True]
    """

    def __init__(self, *, burst: int, per_s: float, now: float) -> None:
        self._burst = burst
        self._per_s = per_s
        self._left = float(burst)
        self._at = now

    def take(self, now: float) -> bool:
        """Use up one operation; False when none is left. `now` in seconds, never running backwards."""
        self._left = min(self._burst, self._left + (now - self._at) * self._per_s)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
