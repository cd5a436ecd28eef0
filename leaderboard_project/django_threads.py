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

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, HTTPScope

#: How many requests may wait for each thread of a pool: at some hundred answers a second, about a second.
_WAITING_PER_THREAD = 16

_HEALTH = ("/readyz", "/v1/health-check")
#: Where passwords are checked: a flood of logins waits for its own threads, and no submit or moderator behind it.
_LOGINS = ("/api/auth/", "/account/", "/admin/login/")
_BOARDS = ("/api/leaderboard/top", "/api/leaderboard/rank/", "/api/leaderboard/around/", "/v1/leaderboard/")


class _Pool:
    """A bounded number of threads, and of requests that wait for one."""

    def __init__(self, application: WSGIApplication, *, threads: int) -> None:
        self._application = cast("ASGI3Application", WSGIMiddleware(cast("Any", application), workers=threads))
        self._most = threads * (1 + _WAITING_PER_THREAD)
        self._under_way = 0

    async def __call__(self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if self._under_way >= self._most:
            await answer_error(send, 503, "unavailable", TOO_MANY, headers=[(b"retry-after", b"1")])
            return
        started = cut_off = False

        async def watched_send(event: ASGISendEvent) -> None:
            nonlocal started
            started = True
            if event["type"] == "http.response.start" and event["status"] == HTTPStatus.NOT_MODIFIED:
                # Django says 0, which would be the length of what the client has.
                kept = [header for header in event["headers"] if header[0].lower() != b"content-length"]
                event = {**event, "headers": kept}
            if not cut_off:
                await send(event)

        answering = asyncio.ensure_future(self._application(scope, receive, watched_send))
        self._under_way += 1
        answering.add_done_callback(self._ended)
        try:
            await asyncio.shield(answering)  # its thread cannot be stopped; it ends by itself
        except asyncio.CancelledError:
            cut_off = True
            # The server goes down and its grace is over. A clear word is better than uvicorn's bare 500.
            if not started:
                await answer_error(send, 503, "outcome_unknown", GOING_DOWN, headers=[(b"retry-after", b"1")])

    def _ended(self, answering: asyncio.Future[None]) -> None:
        self._under_way -= 1
        if not answering.cancelled():
            answering.exception()  # looked at here, for nobody else may be left to do so


class DjangoThreads:
    """Django as an ASGI application for HTTP.

    Args:
        application: Django's WSGI application.
        threads: of the pool for everything else; boards have half as many, logins a quarter.
    """

    def __init__(self, application: WSGIApplication, *, threads: int = 32) -> None:
        self._everything_else = _Pool(application, threads=threads)
        self._pools: Sequence[tuple[tuple[str, ...], _Pool]] = (
            (_BOARDS, _Pool(application, threads=threads // 2)),
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
