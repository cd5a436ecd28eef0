"""The client that awaits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

import httpx

from rankcast_client import http
from rankcast_client.calls import Call, Calls
from rankcast_client.exchange import Answer, Lost, Pause, Request
from rankcast_client.patience import Retries
from rankcast_client.pending import Outcome
from rankcast_client.results import Board, Place, Player, Receipt
from rankcast_client.sessions import Session

if TYPE_CHECKING:
    from rankcast_client.stream import SessionStream

T = TypeVar("T")


class AsyncRankcastClient:
    """As `RankcastClient`, for one event loop, and with `stream`."""

    def __init__(
        self, url: str, api_key: str | None = None, *, retries: Retries | None = None, timeout_s: float = 12.0
    ) -> None:
        self._http = httpx.AsyncClient(**http.settings(url, timeout_s))
        self._url = url
        self._api_key = api_key
        self._retries = retries or Retries()
        self._calls = Calls(api_key, self._retries, time.monotonic)

    async def submit(self, session: Session) -> Receipt:
        """As `RankcastClient.submit`."""
        return await self._run(self._calls.submit(session))

    async def submit_many(self, sessions: Iterable[Session]) -> list[Outcome]:
        """As `RankcastClient.submit_many`."""
        return await self._run(self._calls.submit_many(sessions))

    async def top(self, *, limit: int = 10, offset: int = 0) -> Board:
        """As `RankcastClient.top`."""
        return await self._run(self._calls.top(limit=limit, offset=offset))

    async def rank(self, user_id: int) -> Place:
        """As `RankcastClient.rank`."""
        return await self._run(self._calls.rank(user_id))

    async def around(self, user_id: int, *, limit: int = 5) -> Board:
        """As `RankcastClient.around`."""
        return await self._run(self._calls.around(user_id, limit=limit))

    async def players(self, search: str) -> tuple[Player, ...]:
        """As `RankcastClient.players`."""
        return await self._run(self._calls.players(search))

    def stream(self) -> SessionStream:
        """A socket for many sessions; `async with` opens it.

        Raises:
            ImportError: websockets is not installed: `pip install 'rankcast-client[stream]'`.
            ValueError: the client has no API key.
        """
        from rankcast_client.stream import SessionStream  # noqa: PLC0415  needs more than the rest of the package

        if self._api_key is None:
            raise ValueError("A stream needs an API key.")
        return SessionStream(self._url, self._api_key, retries=self._retries)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> AsyncRankcastClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _run(self, call: Call[T]) -> T:
        heard: Answer | Lost | None = None
        while True:
            try:
                step = call.send(heard)
            except StopIteration as done:
                result: T = done.value
                return result
            if isinstance(step, Pause):
                heard = None
                await asyncio.sleep(step.seconds)
            else:
                heard = await self._ask(step)

    async def _ask(self, request: Request) -> Answer | Lost:
        try:
            return http.answer(await self._http.request(**http.arguments(request)))
        except httpx.RequestError as error:
            return http.lost(error)
