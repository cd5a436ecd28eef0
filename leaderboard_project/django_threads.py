"""Django behind the event loop, in bounded pools of threads: one for each kind of request.

Every view of Django's here is synchronous. Its ASGI handler would start a thread for each request
and hop to it once for every middleware; one hop into a pool was measured three times as fast
(docs/decisions/0002). The pools are apart so that requests which wait for a sick PostgreSQL do not
take the threads of those that need only Valkey.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from a2wsgi import WSGIMiddleware

from leaderboard_project.answers import answer, answer_error
from scores.api.recording import GOING_DOWN, TOO_MANY
from scores.pending import OUTCOME_UNKNOWN

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, HTTPScope

#: How many requests may wait for each thread of a pool: at some hundred answers a second, about a second.
_WAITING_PER_THREAD = 16

_HEALTH = ("/readyz", "/v1/health-check")
#: Where passwords are checked: a flood of logins waits for its own threads, and no submit or moderator behind it.
_LOGINS = ("/api/auth/", "/account/", "/admin/login/")
#: Who submits hears within three seconds, also where PostgreSQL falls silent before the ledger is asked.
_SUBMITS = ("/api/leaderboard/submit",)
_SUBMIT_PATIENCE_S = 2.9
_BOARDS = ("/api/leaderboard/top", "/api/leaderboard/rank/", "/api/leaderboard/around/", "/v1/leaderboard/")


class _Telling:
    """Passes one answer on, until it is cut off."""

    def __init__(self, send: ASGISendCallable) -> None:
        self._send = send
        self.has_begun = False
        self._is_cut_off = False

    async def __call__(self, event: ASGISendEvent) -> None:
        self.has_begun = True
        if event["type"] == "http.response.start" and event["status"] == HTTPStatus.NOT_MODIFIED:
            # Django says 0, which would be the length of what the client has.
            kept = [header for header in event["headers"] if header[0].lower() != b"content-length"]
            event = {**event, "headers": kept}
        if not self._is_cut_off:
            await self._send(event)

    async def cut_off(self, word: str) -> None:
        """Pass nothing on any more; where nothing was said yet, that the outcome is unknown."""
        self._is_cut_off = True
        if not self.has_begun:
            await answer_error(self._send, 503, "outcome_unknown", word, headers=[(b"retry-after", b"1")])


class _Pool:
    """A bounded number of threads, and of requests that wait for one."""

    def __init__(self, application: WSGIApplication, *, threads: int, patience_s: float | None = None) -> None:
        self._application = cast("ASGI3Application", WSGIMiddleware(cast("Any", application), workers=threads))
        self._patience_s = patience_s
        self._most = threads * (1 + _WAITING_PER_THREAD)
        self._under_way = 0

    async def __call__(self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if self._under_way >= self._most:
            await answer_error(send, 503, "unavailable", TOO_MANY, headers=[(b"retry-after", b"1")])
            return
        telling = _Telling(send)
        answering = asyncio.ensure_future(self._application(scope, receive, telling))
        self._under_way += 1
        answering.add_done_callback(self._ended)
        try:
            # Its thread cannot be stopped; it ends by itself, whether somebody waits for it or not.
            await asyncio.wait({answering}, timeout=self._patience_s)
        except asyncio.CancelledError:
            await telling.cut_off(GOING_DOWN)  # its grace is over; better a clear word than uvicorn's bare 500
        else:
            if not answering.done() and not telling.has_begun:
                await telling.cut_off(OUTCOME_UNKNOWN)
            else:
                await answering  # an answer that has begun goes to its end; raises what the application raised

    def _ended(self, answering: asyncio.Future[None]) -> None:
        self._under_way -= 1
        if not answering.cancelled():
            answering.exception()  # looked at here, for nobody else may be left to do so


class DjangoThreads:
    """Django as an ASGI application for HTTP.

    Args:
        application: Django's WSGI application.
        threads: of the pool for everything else; boards and submits have half as many each, logins a quarter.
    """

    def __init__(self, application: WSGIApplication, *, threads: int = 32) -> None:
        self._everything_else = _Pool(application, threads=threads)
        self._pools: Sequence[tuple[tuple[str, ...], _Pool]] = (
            (_BOARDS, _Pool(application, threads=threads // 2)),
            (_SUBMITS, _Pool(application, threads=threads // 2, patience_s=_SUBMIT_PATIENCE_S)),
            (_LOGINS, _Pool(application, threads=max(1, threads // 4))),
            (_HEALTH, _Pool(application, threads=2)),
        )

    async def __call__(self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Answer one request, in a thread of its kind."""
        if scope["path"] == "/healthz" and scope["method"] == "GET":
            # The process lives: said by the event loop, whatever all threads wait for.
            await answer(send, 200, {"status": "alive"}, headers=[(b"cache-control", b"no-store")])
            return
        # WSGI writes `-` and `_` alike: `Idempotency_Key` would pass for `Idempotency-Key` (CVE-2026-3902).
        scope["headers"] = [header for header in scope["headers"] if b"_" not in header[0]]
        pool = next((pool for paths, pool in self._pools if scope["path"].startswith(paths)), self._everything_else)
        await pool(scope, receive, send)
