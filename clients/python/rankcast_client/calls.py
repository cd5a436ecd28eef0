"""Every call as a generator: it yields requests and pauses, is sent what became of them, and returns the result.

So each rule stands here once, for the client that blocks and for the one that awaits.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar

from rankcast_client import results
from rankcast_client.errors import RankcastError, Unavailable
from rankcast_client.exchange import Answer, Lost, Pause, Request
from rankcast_client.patience import Clock, Patience, Retries
from rankcast_client.pending import Outcome, Pending, read, refusal, tell
from rankcast_client.results import Board, Place, Player, Receipt
from rankcast_client.sessions import Session

T = TypeVar("T")

Call = Generator[Request | Pause, Answer | Lost | None, T]

#: What the server takes in one batch.
_BATCH_SESSIONS = 1000
_BATCH_BYTES = 1024 * 1024 - 1024  # the rest is for what is around the sessions

_BOARDS = "/api/leaderboard"


class Calls:
    """The calls of one client.

    Args:
        api_key: shown with each submit; reading needs none.
        retries: how long a call is tried.
        clock: seconds that never run backwards.
    """

    def __init__(self, api_key: str | None, retries: Retries, clock: Clock) -> None:
        self._headers = {} if api_key is None else {"Authorization": f"Api-Key {api_key}"}
        self._retries = retries
        self._clock = clock

    def submit(self, session: Session) -> Call[Receipt]:
        """The receipt of one session.

        Raises:
            RankcastError: there is none.
        """
        headers = {**self._headers, "Idempotency-Key": session.idempotency_key}
        request = Request("POST", f"{_BOARDS}/submit", headers=headers, document=session.document())
        [outcome] = yield from self._settled([session], lambda _: request)
        if isinstance(outcome, RankcastError):
            raise outcome
        return outcome

    def submit_many(self, sessions: Iterable[Session]) -> Call[list[Outcome]]:
        """What became of each session, in order; what fails for now is tried again without the others."""
        outcomes: list[Outcome] = []
        for batch in batches(sessions):
            outcomes += yield from self._settled(batch, self._batch)
        return outcomes

    def top(self, *, limit: int, offset: int) -> Call[Board]:
        """The best players."""
        return self._read(f"{_BOARDS}/top", results.top, limit=limit, offset=offset)

    def rank(self, user_id: int) -> Call[Place]:
        """One player's place."""
        return self._read(f"{_BOARDS}/rank/{user_id}", results.place)

    def around(self, user_id: int, *, limit: int) -> Call[Board]:
        """The rows around a player."""
        return self._read(f"{_BOARDS}/around/{user_id}", results.around, limit=limit)

    def players(self, search: str) -> Call[tuple[Player, ...]]:
        """Players whose names begin like this."""
        return self._read("/api/players", results.players, search=search)

    def _batch(self, submitted: list[Pending]) -> Request:
        items = [pending.session.item() for pending in submitted]
        return Request("POST", f"{_BOARDS}/submit/batch", headers=self._headers, document={"sessions": items})

    def _settled(self, sessions: list[Session], ask: Callable[[list[Pending]], Request]) -> Call[list[Outcome]]:
        """Ask until there is a decision about every session, or patience ends."""
        patience = Patience(self._retries, self._clock)
        submitted = [Pending(session) for session in sessions]
        waiting = submitted
        while waiting:
            heard = yield ask(waiting)
            assert heard is not None
            tell(waiting, heard)
            waiting = [pending for pending in waiting if pending.outcome is None]
            if waiting:
                pause_s = patience.pause_s(heard.retry_after_s)
                if pause_s is None:
                    break
                yield Pause(pause_s)
        for pending in waiting:
            pending.give_up()
        return [pending.outcome for pending in submitted if pending.outcome is not None]

    def _read(self, path: str, decode: Callable[[dict[str, Any]], T], **params: str | int) -> Call[T]:
        """Ask until there is an answer, or patience ends.

        Raises:
            RankcastError: there is none, or it refuses.
        """
        patience = Patience(self._retries, self._clock)
        while True:
            heard = yield Request("GET", path, params=params)
            if isinstance(heard, Answer) and heard.status == HTTPStatus.OK:
                found = read(partial(decode, heard.document), heard.status)
                if isinstance(found, RankcastError):
                    raise found
                return found
            assert heard is not None
            error = _error_of(heard)
            pause_s = patience.pause_s(heard.retry_after_s) if isinstance(error, Unavailable) else None
            if pause_s is None:
                raise error
            yield Pause(pause_s)


def batches(sessions: Iterable[Session]) -> Iterator[list[Session]]:
    """The sessions in batches of a size that the server takes."""
    batch: list[Session] = []
    size = 0
    for session in sessions:
        length = len(session.text()) + 1
        if batch and (len(batch) == _BATCH_SESSIONS or size + length > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(session)
        size += length
    if batch:
        yield batch


def _error_of(heard: Answer | Lost) -> RankcastError:
    if isinstance(heard, Lost):
        return Unavailable("no_answer", heard.reason)
    return refusal(heard.status, heard.document)
