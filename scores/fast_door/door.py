"""The door itself: which requests are served here, how many at a time, and what happens to the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from scores.api.authentication import secret_in
from scores.api.codes import Code
from scores.api.errors import ApiError
from scores.api.recording import GOING_DOWN, TOO_MANY
from scores.errors import LedgerUnavailable
from scores.fast_door.answers import Answer, refusal, tell
from scores.fast_door.heads import Head, head_of, is_plain_get, is_plain_post
from scores.fast_door.reads import Reads
from scores.fast_door.submits import Submits
from scores.fast_door.waiting import Waiting

if TYPE_CHECKING:
    from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, HTTPScope

PREFIX: Final = "/api/leaderboard/"
_SUBMIT: Final = f"{PREFIX}submit"
_BATCH: Final = f"{PREFIX}submit/batch"
_TOP: Final = f"{PREFIX}top"
_RANK: Final = f"{PREFIX}rank"
_AROUND: Final = f"{PREFIX}around"

#: Requests under way, and bytes of their bodies: what waits here costs memory, and nobody waits for long.
_MOST: Final = 4096
_MOST_BYTES: Final = 64 * 1024 * 1024
_LONGEST_QUERY: Final = 256


class Admitted(Struct, frozen=True, gc=False):
    """A request that the door answers. `ask` takes the body of a POST, and of a GET nothing."""

    method: str
    ask: Callable[..., Awaitable[Answer]]


class FastDoor:
    """Answers the hot requests itself, and is an ASGI application for HTTP that leaves the rest to another.

    Bodies must arrive whole and within their limits: see `leaderboard_project.body_limit`.
    """

    def __init__(self, behind: ASGI3Application) -> None:
        """Stand in front of `behind`, which serves the same addresses."""
        self._behind = behind
        self._resources: tuple[Submits, Reads] | None = None
        self._under_way = 0
        self._bytes = 0

    async def __call__(self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Answer one request."""
        if (admitted := self._admit_scope(scope)) is None:
            await self._behind(scope, receive, send)
            return
        event = await receive()
        if event["type"] == "http.request":  # else the client went away
            await tell(send, await self.answer(admitted, event["body"]), admitted.method)

    def admit(self, head: Head) -> Admitted | None:
        """The request as one of ours; None where Django is to answer it."""
        if head.method == "POST":
            return self._post(head)
        if head.method == "GET":
            return self._get(head)
        return None

    async def answer(self, admitted: Admitted, body: bytes) -> Answer:
        """The answer, whatever happens: an error becomes one, and so does being cancelled."""
        if self._under_way >= _MOST or self._bytes + len(body) > _MOST_BYTES:
            return refusal(ApiError(Code.UNAVAILABLE, TOO_MANY, headers={"Retry-After": "1"}))
        self._under_way += 1
        self._bytes += len(body)
        try:
            return await (admitted.ask(body) if admitted.method == "POST" else admitted.ask())
        except asyncio.CancelledError:
            # The server goes down and its grace is over. A clear word is better than uvicorn's bare 500.
            return refusal(LedgerUnavailable(GOING_DOWN, outcome_unknown=True))
        except Exception as error:  # noqa: BLE001  the edge of the process, as Django's own handler
            return refusal(error)
        finally:
            self._under_way -= 1
            self._bytes -= len(body)

    def _admit_scope(self, scope: HTTPScope) -> Admitted | None:
        if not scope["path"].startswith(PREFIX) or (head := head_of(scope)) is None:
            return None
        return self.admit(head)

    def _post(self, head: Head) -> Admitted | None:
        if head.path not in {_SUBMIT, _BATCH} or not is_plain_post(head):
            return None
        secret = secret_in(head.headers[b"authorization"].decode("latin-1"))
        if secret is None:
            return None  # a player's token: their submits are counted in Valkey
        submits, _ = self._made()
        take = submits.one if head.path == _SUBMIT else submits.many
        return Admitted(head.method, partial(take, secret, head.headers))

    def _get(self, head: Head) -> Admitted | None:
        if len(head.query) > _LONGEST_QUERY or not is_plain_get(head):
            return None
        _, reads = self._made()
        if head.path == _TOP:
            return Admitted(head.method, partial(reads.top, head.query, head.headers.get(b"if-none-match")))
        resource, _, user_id = head.path.rpartition("/")
        if user_id.isascii() and user_id.isdigit():
            if resource == _RANK:
                return Admitted(head.method, partial(reads.rank, user_id, head.query))
            if resource == _AROUND:
                return Admitted(head.method, partial(reads.around, user_id, head.query))
        return None

    def _made(self) -> tuple[Submits, Reads]:
        """The resources, made at the first request: they belong to the running event loop."""
        if self._resources is None:
            waiting = Waiting()
            self._resources = Submits(waiting), Reads(waiting)
        return self._resources
