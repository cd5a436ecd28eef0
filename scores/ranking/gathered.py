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
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cache
from typing import Final

import structlog
from django.db import Error, connection

from scores import boards
from scores.boards import WindowRef
from scores.errors import RanksUnavailable, UnknownBoard
from scores.ranking import keys, names, questions
from scores.ranking.questions import Nameless, Question
from scores.rows import Page
from scores.valkey import valkey

_AT_ONCE: Final = 128  # questions of one call: a millisecond of Valkey's time, in which nothing else runs there
_CAPACITY: Final = 5_000  # questions that wait; about a second of work

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Waiting:
    board: str
    question: Question
    page: Future[Page] = field(default_factory=Future)


class Gatherer:
    """The questions that wait, and the thread that asks them."""

    def __init__(self) -> None:
        self._queue: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        threading.Thread(target=self._run, name="reader", daemon=True).start()

    def ask(self, board: str, question: Question) -> Future[Page]:
        """The page that answers the question about the board's current window; it may have no rows.

        The future raises `UnknownBoard`, or `RanksUnavailable` where `reads` should be asked.

        Raises:
            RanksUnavailable: too many questions wait already.
        """
        waiting = _Waiting(board, question)
        with self._changed:
            if len(self._queue) >= _CAPACITY:
                raise RanksUnavailable("More is asked than can be answered.")
            self._queue.append(waiting)
            self._changed.notify()
        return waiting.page

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue)
                batch = [self._queue.popleft() for _ in range(min(_AT_ONCE, len(self._queue)))]
            batch = [waiting for waiting in batch if waiting.page.set_running_or_notify_cancel()]
            try:
                _answer(batch)
            except (RanksUnavailable, Error) as error:
                _refuse(batch, RanksUnavailable(str(error)))
            except Exception:  # the edge of a thread: a defect must not leave callers waiting for ever
                log.exception("reads failed for an unforeseen reason", reads=len(batch))
                _refuse(batch, RanksUnavailable("The ranks could not be read."))
            finally:
                connection.close()  # held only where the catalogue of boards had to be read


def top(board: str, *, limit: int = keys.VISIBLE_TOP, offset: int = 0) -> Future[Page]:
    """As `reads.top`, from the ranks alone; see `Gatherer.ask` for what the future and the call raise."""
    return _gatherer().ask(board, questions.page(offset=offset, limit=limit))


def rank(board: str, user_id: int) -> Future[Page]:
    """As `reads.rank`, from the ranks alone. The page has no row where the board does not show the player."""
    return around(board, user_id, limit=1)


def around(board: str, user_id: int, *, limit: int = 5) -> Future[Page]:
    """As `reads.around`, from the ranks alone. The page has no row where the board does not show the player."""
    return _gatherer().ask(board, questions.around(user_id, limit=limit))


@cache
def _gatherer() -> Gatherer:
    return Gatherer()


#: Who asks what of a window: many ask the same, such as for the top, and it is asked once.
_Asking = dict[Question, list[_Waiting]]


def _answer(batch: Sequence[_Waiting]) -> None:
    asking = list(_by_window(batch).items())
    answers = valkey().run([questions.call(window, list(asked)) for window, asked in asking])
    found: list[tuple[list[_Waiting], Nameless]] = []
    for (window, asked), answer in zip(asking, answers, strict=True):
        try:
            found += zip(asked.values(), questions.understood(window, answer), strict=True)
        except RanksUnavailable as error:
            for waiting in asked.values():
                _refuse(waiting, error)
    usernames = names.known(list({user_id for _, nameless in found for user_id in nameless.user_ids}))
    for waiting, nameless in found:
        if all(user_id in usernames for user_id in nameless.user_ids):
            _give(waiting, nameless.named(usernames))
        else:
            _refuse(waiting, RanksUnavailable("Valkey lacks the name of a player."))


def _by_window(batch: Sequence[_Waiting]) -> dict[WindowRef, _Asking]:
    by_window: dict[WindowRef, _Asking] = {}
    for one in batch:
        try:
            window = boards.current(one.board)
        except UnknownBoard as error:
            one.page.set_exception(error)
        else:
            by_window.setdefault(window, {}).setdefault(one.question, []).append(one)
    return by_window


def _give(waiting: Sequence[_Waiting], page: Page) -> None:
    for one in waiting:
        one.page.set_result(page)


def _refuse(waiting: Sequence[_Waiting], error: Exception) -> None:
    for one in waiting:
        if not one.page.done():
            one.page.set_exception(error)
