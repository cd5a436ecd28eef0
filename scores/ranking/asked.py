"""A question on its way to Valkey, and the page that answers it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from scores.errors import RanksUnavailable
from scores.ranking.questions import Question
from scores.rows import Page

#: What came of a question.
Found = Page | Exception


class Asked:
    """What comes of one question. Not a future, whose own lock and condition cost more than the answer."""

    __slots__ = ("_callbacks", "_found", "_lock", "board", "question")

    def __init__(self, board: str, question: Question, lock: threading.Condition) -> None:
        """Begin with a question that waits; `lock` is that of the one who settles it."""
        self.board = board
        self.question = question
        self._lock = lock
        self._found: Found | None = None
        self._callbacks: tuple[Callable[[Asked], object], ...] = ()

    def add_done_callback(self, callback: Callable[[Asked], object]) -> None:
        """Call it once there is an answer, in the thread that found it; at once where it is there already."""
        with self._lock:
            if self._found is None:
                self._callbacks += (callback,)
                return
        callback(self)

    def result(self, timeout_s: float = 0.0) -> Page:
        """The page, waited for where it is not there yet.

        Raises:
            RanksUnavailable: Valkey does not know, or has not answered in time.
            UnknownBoard: no such board.
        """
        if self._found is None:
            known = threading.Event()
            self.add_done_callback(lambda _: known.set())
            known.wait(timeout_s)
        if self._found is None:
            raise RanksUnavailable("The ranks have not answered yet.")
        if isinstance(self._found, Exception):
            raise self._found
        return self._found

    def settle(self, found: Found) -> Sequence[Callable[[Asked], object]]:
        """The answer is known; under the lock. Gives whom to call when it is free."""
        self._found = found
        return self._callbacks
