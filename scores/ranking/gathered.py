"""Reads that share a round trip: what is asked while one is on its way goes together with the next.

As group commit does for writes: nobody waits for a timer, a lone read goes at once, a crowd shares
one script call per window. Only Valkey is asked. What it cannot answer alone (no ranks, a name that
it lacks) is left to `reads`, which knows PostgreSQL, in a thread of the caller's own: the one thread
here must never wait for it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from functools import cache
from typing import Final

import structlog
from django.db import Error, connection

from scores import boards
from scores.boards import WindowRef
from scores.errors import RanksUnavailable, UnknownBoard
from scores.ranking import keys, names, questions
from scores.ranking.asked import Asked, Found
from scores.ranking.questions import Nameless, Question
from scores.valkey import valkey

_AT_ONCE: Final = 128  # questions of one call: a millisecond of Valkey's time, in which nothing else runs there
_CAPACITY: Final = 5_000  # questions that wait; about a second of work

log = structlog.get_logger(__name__)


class Gatherer:
    """The questions that wait, and the thread that asks them."""

    def __init__(self) -> None:
        self._queue: deque[Asked] = deque()
        self._changed = threading.Condition(threading.Lock())
        threading.Thread(target=self._run, name="reader", daemon=True).start()

    def ask(self, board: str, question: Question) -> Asked:
        """The page that answers the question about the board's current window; it may have no rows.

        What was asked raises `UnknownBoard`, or `RanksUnavailable` where `reads` should be asked.

        Raises:
            RanksUnavailable: too many questions wait already.
        """
        asked = Asked(board, question, self._changed)
        with self._changed:
            if len(self._queue) >= _CAPACITY:
                raise RanksUnavailable("More is asked than can be answered.")
            self._queue.append(asked)
            self._changed.notify()
        return asked

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._queue:
                    self._changed.wait()
                batch = [self._queue.popleft() for _ in range(min(_AT_ONCE, len(self._queue)))]
            try:
                answers = _answers(batch)
            except (RanksUnavailable, Error) as error:
                answers = _refused(batch, RanksUnavailable(str(error)))
            except Exception:  # the edge of a thread: a defect must not leave callers waiting for ever
                log.exception("reads failed for an unforeseen reason", reads=len(batch))
                answers = _refused(batch, RanksUnavailable("The ranks could not be read."))
            finally:
                connection.close()  # held only where the catalogue of boards had to be read
            self._settle(answers)

    def _settle(self, answers: Sequence[tuple[Asked, Found]]) -> None:
        with self._changed:  # once for all of them
            for asked, found in answers:
                asked.settle(found)
        for asked, _ in answers:
            asked.tell()


def top(board: str, *, limit: int = keys.VISIBLE_TOP, offset: int = 0) -> Asked:
    """As `reads.top`, from the ranks alone; see `Gatherer.ask` for what the answer and the call raise."""
    return _gatherer().ask(board, questions.page(offset=offset, limit=limit))


def rank(board: str, user_id: int) -> Asked:
    """As `reads.rank`, from the ranks alone. The page has no row where the board does not show the player."""
    return around(board, user_id, limit=1)


def around(board: str, user_id: int, *, limit: int = 5) -> Asked:
    """As `reads.around`, from the ranks alone. The page has no row where the board does not show the player."""
    return _gatherer().ask(board, questions.around(user_id, limit=limit))


@cache
def _gatherer() -> Gatherer:
    return Gatherer()


#: Who asks what of a window: many ask the same, such as for the top, and it is asked once.
_Asking = dict[Question, list[Asked]]


def _answers(batch: Sequence[Asked]) -> list[tuple[Asked, Found]]:
    by_window, answers = _by_window(batch)
    asking = list(by_window.items())
    found: list[tuple[list[Asked], Nameless]] = []
    calls = [questions.call(window, list(asked)) for window, asked in asking]
    for (window, asked), answer in zip(asking, valkey().run(calls), strict=True):
        try:
            found += zip(asked.values(), questions.understood(window, answer), strict=True)
        except RanksUnavailable as error:
            for who in asked.values():
                answers += _refused(who, error)
    usernames = names.known(list({user_id for _, nameless in found for user_id in nameless.user_ids}))
    for who, nameless in found:
        if all(user_id in usernames for user_id in nameless.user_ids):
            page = nameless.named(usernames)
            answers += [(asked, page) for asked in who]
        else:
            answers += _refused(who, RanksUnavailable("Valkey lacks the name of a player."))
    return answers


def _by_window(batch: Sequence[Asked]) -> tuple[dict[WindowRef, _Asking], list[tuple[Asked, Found]]]:
    """The questions by window, and the answers to those about boards that do not exist."""
    by_board: dict[str, list[Asked]] = {}
    for asked in batch:
        by_board.setdefault(asked.board, []).append(asked)
    by_window: dict[WindowRef, _Asking] = {}
    answers: list[tuple[Asked, Found]] = []
    for board, of_board in by_board.items():
        try:
            asking = by_window.setdefault(boards.current(board), {})
        except UnknownBoard as error:
            answers += _refused(of_board, error)
        else:
            for asked in of_board:
                asking.setdefault(asked.question, []).append(asked)
    return by_window, answers


def _refused(batch: Sequence[Asked], error: Exception) -> list[tuple[Asked, Found]]:
    return [(asked, error) for asked in batch]
