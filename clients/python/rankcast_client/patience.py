"""How often something is tried again, and after which pauses."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Retries:
    """The numbers of a retry policy, in seconds.

    Attributes:
        deadline_s: no try begins later than this after the first; the last one may take its own timeout beyond.
        first_pause_s: the longest pause after the first try; doubled after each.
        longest_pause_s: where the doubling ends.
    """

    deadline_s: float = 30.0
    first_pause_s: float = 0.2
    longest_pause_s: float = 5.0


class Patience:
    """The tries of one request. Pure but for the clock and chance."""

    def __init__(self, retries: Retries, clock: Clock) -> None:
        self._retries = retries
        self._clock = clock
        self._ends = clock() + retries.deadline_s
        self._pauses = 0

    def pause_s(self, retry_after_s: float | None = None) -> float | None:
        """How long to wait before the next try; None: not again.

        Full jitter: any part of the pause is as likely as any other, so that clients which failed together
        come back apart. What the server asks for in `Retry-After` comes on top, for the same reason.
        """
        longest = min(self._retries.first_pause_s * 2**self._pauses, self._retries.longest_pause_s)
        self._pauses = min(self._pauses + 1, 32)
        pause_s = (retry_after_s or 0.0) + random.uniform(0.0, longest)  # noqa: S311  no secret
        return pause_s if self._clock() + pause_s < self._ends else None
