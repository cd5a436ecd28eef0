"""A question on its way to Valkey, and the page that answers it."""

from __future__ import annotations

import threading

from typing_extensions import override

from scores.awaited import Awaited
from scores.errors import RanksUnavailable
from scores.ranking.questions import Question
from scores.rows import Page

#: What came of a question.
Found = Page | Exception


class Asked(Awaited):
    """What comes of one question."""

    __slots__ = ("_found", "board", "question")

    def __init__(self, board: str, question: Question, lock: threading.Condition) -> None:
        """Begin with a question that waits; `lock` is that of the one who settles it."""
        super().__init__(lock)
        self.board = board
        self.question = question
        self._found: Found | None = None

    @override
    def done(self) -> bool:
        return self._found is not None

    def result(self, timeout_s: float = 0.0) -> Page:
        """The page, waited for where it is not there yet.

        Raises:
            RanksUnavailable: Valkey does not know, or has not answered in time.
            UnknownBoard: no such board.
        """
        if self._found is None:
            self.done_within(timeout_s)
        if self._found is None:
            raise RanksUnavailable("The ranks have not answered yet.")
        if isinstance(self._found, Exception):
            raise self._found
        return self._found

    def settle(self, found: Found) -> None:
        """The answer is known; under the lock."""
        self._found = found
