"""The door itself: which requests are served here, how many at a time, and what happens to the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from scores.api.authentication import secret_in
from scores.api.codes import Code
from scores.api.errors import ApiError
from scores.api.recording import GOING_DOWN, TOO_MANY
from scores.errors import LedgerUnavailable
from scores.fast_door import heads
from scores.fast_door.answers import Answer, refusal, tell
from scores.fast_door.reads import Reads
from scores.fast_door.submits import Submits
from scores.fast_door.waiting import Waiting

if TYPE_CHECKING:
    from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, HTTPScope

_PREFIX: Final = "/api/leaderboard/"
_SUBMIT: Final = f"{_PREFIX}submit"
_BATCH: Final = f"{_PREFIX}submit/batch"
_TOP: Final = f"{_PREFIX}top"
_RANK: Final = f"{_PREFIX}rank/"
_AROUND: Final = f"{_PREFIX}around/"

_POST: Final = b"POST"
_GET: Final = b"GET, HEAD"
#: Requests under way, and bytes of their bodies: what waits here costs memory, and nobody waits for long.
_MOST: Final = 4096
_MOST_BYTES: Final = 64 * 1024 * 1024
_LONGEST_QUERY: Final = 256


_Ask = Callable[[], Awaitable[Answer]]


class FastDoor:
    """An ASGI application for HTTP that answers the hot requests itself and leaves the rest to another.

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
        if scope["path"].startswith(_PREFIX):
            if scope["method"] == "POST" and (take := self._post(scope)) is not None:
                event = await receive()
                if event["type"] == "http.request":  # else the client went away
                    await self._answer(send, partial(take, event["body"]), _POST, len(event["body"]))
                return
            if scope["method"] == "GET" and (ask := self._get(scope)) is not None:
                await self._answer(send, ask, _GET)
                return
        await self._behind(scope, receive, send)

    def _post(self, scope: HTTPScope) -> Callable[[bytes], Awaitable[Answer]] | None:
        """What takes the body of this request; None where Django is to."""
        if scope["path"] not in {_SUBMIT, _BATCH} or (headers := heads.plain_post(scope)) is None:
            return None
        secret = secret_in(headers[b"authorization"].decode("latin-1"))
        if secret is None:
            return None  # a player's token: their submits are counted in Valkey
        submits, _ = self._made()
        return partial(submits.one if scope["path"] == _SUBMIT else submits.many, secret, headers)

    def _get(self, scope: HTTPScope) -> _Ask | None:
        """What answers this request; None where Django is to."""
        path, asked = scope["path"], scope["query_string"]
        if len(asked) > _LONGEST_QUERY or (headers := heads.plain_get(scope)) is None:
            return None
        _, reads = self._made()
        if path == _TOP:
            return partial(reads.top, asked, headers.get(b"if-none-match"))
        for prefix, resource in ((_RANK, reads.rank), (_AROUND, reads.around)):
            user_id = path.removeprefix(prefix)
            if user_id.isascii() and user_id.isdigit():
                return partial(resource, user_id, asked)
        return None

    async def _answer(self, send: ASGISendCallable, ask: _Ask, allow: bytes, size: int = 0) -> None:
        if self._under_way >= _MOST or self._bytes + size > _MOST_BYTES:
            await tell(send, refusal(ApiError(Code.UNAVAILABLE, TOO_MANY, headers={"Retry-After": "1"})), allow)
            return
        self._under_way += 1
        self._bytes += size
        try:
            answer = await ask()
        except asyncio.CancelledError:
            # The server goes down and its grace is over. A clear word is better than uvicorn's bare 500.
            answer = refusal(LedgerUnavailable(GOING_DOWN, outcome_unknown=True))
        except Exception as error:  # noqa: BLE001  the edge of the process, as Django's own handler
            answer = refusal(error)
        finally:
            self._under_way -= 1
            self._bytes -= size
        await tell(send, answer, allow)

    def _made(self) -> tuple[Submits, Reads]:
        """The resources, made at the first request: they belong to the running event loop."""
        if self._resources is None:
            waiting = Waiting()
            self._resources = Submits(waiting), Reads(waiting)
        return self._resources
