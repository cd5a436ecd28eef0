"""What another thread will find out, and whom to tell of it."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Self

import structlog

log = structlog.get_logger(__name__)


class Awaited(ABC):
    """Something that one thread finds out for others. Not a future, whose own lock and condition cost too much here.

    Who finds it out changes what `done` tells under the lock that it gave, and calls `tell` when that is free.
    """

    __slots__ = ("_callbacks", "_lock")

    def __init__(self, lock: threading.Condition) -> None:
        """Begin with nothing known; `lock` is that of the one who finds it out."""
        self._lock = lock
        self._callbacks: tuple[Callable[[Any], object], ...] = ()

    @abstractmethod
    def done(self) -> bool:
        """Whether it is known."""

    def add_done_callback(self, callback: Callable[[Self], object]) -> None:
        """Call it once it is known, in the thread that finds so; at once where it is known already."""
        with self._lock:
            if not self.done():
                self._callbacks += (callback,)
                return
        callback(self)

    def done_within(self, timeout_s: float) -> bool:
        """Wait until it is known; False where that takes longer."""
        known = threading.Event()
        self.add_done_callback(lambda _: known.set())
        return known.wait(timeout_s)

    def tell(self) -> None:
        """Tell whoever waits that it is known."""
        for callback in self._callbacks:
            try:
                callback(self)
            except Exception:  # the caller's fault, such as an event loop that has ended; the others still wait
                log.exception("somebody who waited could not be told")
