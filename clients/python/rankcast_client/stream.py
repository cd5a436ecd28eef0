"""Many sessions over one socket: sent ahead of their receipts, and again when the socket is cut."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import random
import time
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from types import TracebackType
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException

from rankcast_client.errors import RankcastError, Refused, Unavailable
from rankcast_client.http import is_this_machine, seconds
from rankcast_client.outbox import Outbox, Parcel, Window
from rankcast_client.patience import Patience, Retries
from rankcast_client.pending import Outcome, refusal
from rankcast_client.results import Receipt
from rankcast_client.sessions import Session

#: Sessions without an outcome that a stream holds; whoever brings more waits.
_MOST = 10_000
_SWEEP_S = 0.25

log = logging.getLogger(__name__)


class SessionStream:
    """A socket that is opened again as often as it must.

    Sessions that are submitted at the same time travel together. What was sent and not answered when a
    socket was cut is sent again with the same idempotency keys, so it counts once. Belongs to one event loop.
    """

    def __init__(self, url: str, api_key: str, *, retries: Retries) -> None:
        parts = urlsplit(url)
        scheme = {"http": "ws", "https": "wss"}[parts.scheme]
        self._url = urlunsplit((scheme, parts.netloc, f"{parts.path.rstrip('/')}/ws/submit/", "", ""))
        self._headers = {"Authorization": f"Api-Key {api_key}"}
        self._proxy: Literal[True] | None = None if is_this_machine(parts.hostname) else True
        self._retries = retries
        self._outbox = Outbox()
        self._failure: RankcastError | None = Unavailable("no_answer", "The stream is not open.")
        self._tasks: list[asyncio.Task[None]] = []
        self._more = asyncio.Event()  # to send
        self._less = asyncio.Event()  # to wait for
        self._pauses = self._patience()
        self._paused_until = 0.0

    async def submit(self, session: Session) -> Receipt:
        """Submit a session; its receipt, once it is recorded and counted.

        Raises:
            Refused: this session cannot be recorded.
            Unavailable: not before the deadline. Keep the session and submit it again.
        """
        await self._room()
        outcome = await self._put(session, self._deadline())
        if isinstance(outcome, RankcastError):
            raise outcome
        return outcome

    async def submit_many(self, sessions: Iterable[Session]) -> list[Outcome]:
        """Submit sessions, as many ahead as the window allows.

        For each, in order, its receipt or the error that `submit` would raise.
        """
        deadline = self._deadline()
        waiting = []
        for session in sessions:
            if len(self._outbox) >= _MOST:
                await self._room()
                deadline = self._deadline()
            waiting.append(self._put(session, deadline))
        return [await each for each in waiting]

    async def __aenter__(self) -> SessionStream:
        self._failure = None
        self._tasks = [asyncio.create_task(self._stay_connected()), asyncio.create_task(self._sweep())]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Wait for every outcome, unless the block was left by an error, and close."""
        try:
            while kind is None and len(self._outbox):
                self._less.clear()
                await self._less.wait()
        finally:
            for task in self._tasks:
                task.cancel()
            ended = await asyncio.gather(*self._tasks, return_exceptions=True)
            self._fail(Unavailable("no_answer", "The stream was closed."))
        for defect in ended:
            if kind is None and isinstance(defect, Exception):
                raise defect

    async def _room(self) -> None:
        """Wait until another session may be put."""
        while self._failure is None and len(self._outbox) >= _MOST:
            self._less.clear()
            await self._less.wait()

    def _deadline(self) -> float:
        return time.monotonic() + self._retries.deadline_s

    def _put(self, session: Session, deadline: float) -> asyncio.Future[Outcome]:
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        if self._failure is not None:
            future.set_result(self._failure)
        else:
            self._outbox.put(Parcel(session, deadline, partial(self._told, future)))
            self._more.set()
        return future

    def _told(self, future: asyncio.Future[Outcome], outcome: Outcome) -> None:
        self._less.set()
        if not future.done():  # whoever waited may have gone
            future.set_result(outcome)

    def _fail(self, error: RankcastError) -> None:
        self._failure = error
        self._outbox.refuse_all(error)
        self._less.set()

    async def _stay_connected(self) -> None:
        while True:
            try:
                pause_s = await self._connected()
            except InvalidStatus as refused:
                status = refused.response.status_code
                if status < HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.TOO_MANY_REQUESTS:
                    self._fail(_refusal_in(refused))
                    return
                pause_s = self._pause_s(seconds(refused.response.headers.get("Retry-After")))
                reason: str = f"handshake answered with {status}"
            except (OSError, WebSocketException) as error:
                pause_s = self._pause_s()
                reason = str(error) or type(error).__name__
            else:
                reason = "closed"
            finally:
                self._outbox.lost()
            if self._failure is not None:
                return
            log.info("the stream to %s was cut (%s); the next try is in %.1f s", self._url, reason, pause_s)
            await asyncio.sleep(pause_s)

    async def _connected(self) -> float:
        """Converse over one connection to its end; how long to wait before the next."""
        async with connect(
            self._url,
            additional_headers=self._headers,
            proxy=self._proxy,
            compression=None,
            max_size=None,
            open_timeout=10,
            ping_interval=5,
            # The server answers pings once it reads on, which may take its ten seconds of patience.
            ping_timeout=20,
            close_timeout=1,
        ) as connection:
            sending = asyncio.create_task(self._send(connection))
            try:
                return await self._hear(connection)
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)

    async def _hear(self, connection: ClientConnection) -> float:
        async for text in connection:
            frame: dict[str, Any] = json.loads(text)
            kind = frame.get("type")
            if kind == "hello":
                window = frame["window"]
                self._outbox.window = Window(window["frames"], window["sessions"])
            elif kind == "bye":
                return self._told_to_go(frame)
            elif "id" in frame:
                self._take(frame)
            self._more.set()
        return self._pause_s()

    def _take(self, answer: dict[str, Any]) -> None:
        if self._outbox.answered(answer):
            self._paused_until = time.monotonic() + self._pause_s(answer.get("retry_ms", 0) / 1000)
        else:
            self._pauses = self._patience()

    def _told_to_go(self, bye: dict[str, Any]) -> float:
        if bye["retry_ms"] is None:
            self._fail(Refused(f"closed_{bye['code']}", f"The server closed the stream: {bye['reason']}."))
            return 0.0
        shortest, longest = bye["retry_ms"]
        return random.uniform(shortest, longest) / 1000  # noqa: S311  no secret

    async def _send(self, connection: ClientConnection) -> None:
        while True:
            await self._more.wait()
            await asyncio.sleep(self._paused_until - time.monotonic())
            if (frame := self._outbox.next_frame()) is None:
                self._more.clear()
            else:
                await connection.send(frame)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_S)
            self._outbox.give_up_overdue(time.monotonic())

    def _pause_s(self, retry_after_s: float | None = None) -> float:
        return self._pauses.pause_s(retry_after_s) or 0.0

    def _patience(self) -> Patience:
        """The pauses of the connection itself, without an end: only sessions have deadlines."""
        return Patience(replace(self._retries, deadline_s=math.inf), time.monotonic)


def _refusal_in(refused: InvalidStatus) -> RankcastError:
    try:
        document = json.loads(refused.response.body or b"{}")
    except ValueError:
        document = {}
    return refusal(refused.response.status_code, document if isinstance(document, dict) else {})
