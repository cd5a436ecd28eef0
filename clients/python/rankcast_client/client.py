"""The client that blocks."""

from __future__ import annotations

import time
from collections.abc import Iterable
from types import TracebackType
from typing import TypeVar

import httpx

from rankcast_client import http
from rankcast_client.calls import Call, Calls
from rankcast_client.exchange import Answer, Lost, Pause, Request
from rankcast_client.patience import Retries
from rankcast_client.pending import Outcome
from rankcast_client.results import Board, Place, Player, Receipt
from rankcast_client.sessions import Session

T = TypeVar("T")


class RankcastClient:
    """Speaks to one server; threads may share it.

    Args:
        url: of the server.
        api_key: of your game; reading needs none.
        retries: how long a call is tried, through restarts and timeouts.
        timeout_s: of each step of a try; a server that is busy answers within ten seconds.
    """

    def __init__(
        self, url: str, api_key: str | None = None, *, retries: Retries | None = None, timeout_s: float = 12.0
    ) -> None:
        self._http = httpx.Client(**http.settings(url, timeout_s))
        self._calls = Calls(api_key, retries or Retries(), time.monotonic)

    def submit(self, session: Session) -> Receipt:
        """Submit a session; its receipt, once it is recorded and counted.

        Raises:
            Refused: this session cannot be recorded.
            Unavailable: not before the deadline. Keep the session and submit it again.
        """
        return self._run(self._calls.submit(session))

    def submit_many(self, sessions: Iterable[Session]) -> list[Outcome]:
        """Submit sessions in batches; for each, in order, its receipt or the error that `submit` would raise."""
        return self._run(self._calls.submit_many(sessions))

    def top(self, *, limit: int = 10, offset: int = 0) -> Board:
        """The best players.

        Raises:
            RankcastError: as every call that reads.
        """
        return self._run(self._calls.top(limit=limit, offset=offset))

    def rank(self, user_id: int) -> Place:
        """One player's place; `unknown_player` where the board does not show them."""
        return self._run(self._calls.rank(user_id))

    def around(self, user_id: int, *, limit: int = 5) -> Board:
        """The rows around a player."""
        return self._run(self._calls.around(user_id, limit=limit))

    def players(self, search: str) -> tuple[Player, ...]:
        """At most 20 players whose names begin like this."""
        return self._run(self._calls.players(search))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> RankcastClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, call: Call[T]) -> T:
        heard: Answer | Lost | None = None
        while True:
            try:
                step = call.send(heard)
            except StopIteration as done:
                result: T = done.value
                return result
            if isinstance(step, Pause):
                heard = None
                time.sleep(step.seconds)
            else:
                heard = self._ask(step)

    def _ask(self, request: Request) -> Answer | Lost:
        try:
            return http.answer(self._http.request(**http.arguments(request)))
        except httpx.RequestError as error:
            return http.lost(error)
