"""The door for game servers: who may come in, how many, and what they share."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from realtime import origins, submit_frames
from realtime.game_server import GameServer
from realtime.limits import Limits
from realtime.ready_frames import sink_of
from realtime.submit_frames import DRAIN, OVERLOADED, Hello, InFlight, Said
from realtime.subscriber import Send
from realtime.window import Window
from scores.api.authentication import secret_in
from scores.api.codes import Code
from scores.api.contract import ErrorAnswer
from scores.api.errors import ApiError
from scores.fast_door import Submits, Waiting, told

_HTTP_RESPONSE = "websocket.http.response"  # the ASGI extension by which a handshake is refused with a body


class SubmitDoor:
    """All game servers' sockets of this process. Belongs to one event loop."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._submits = Submits(Waiting())
        self._shared = Window(limits.submit_sessions_of_all)
        self._draining = asyncio.Event()
        self._serving: dict[GameServer, asyncio.Task[None]] = {}

    async def enter(self, scope: Any, receive: Any, send: Send) -> None:
        """Serve one socket until it is closed."""
        await receive()
        try:
            secret = await self._admitted(scope)
        except Exception as error:  # noqa: BLE001  an edge of the process: PostgreSQL may be away, in many ways
            await _refuse(scope, send, told(error))
            return
        try:
            await send({"type": "websocket.accept", "subprotocol": None})
            if self._draining.is_set() or len(self._serving) >= self._limits.submit_sockets:
                bye = DRAIN if self._draining.is_set() else OVERLOADED
                await _say(send, bye)
                await send({"type": "websocket.close", "code": bye.code, "reason": bye.reason})
                return
            await _say(send, Hello(InFlight(self._limits.submit_frames, self._limits.submit_sessions)))
        except OSError:
            return  # it was closed while we decided
        game_server = GameServer(
            secret,
            send,
            sink_of(scope),
            submits=self._submits,
            shared=self._shared,
            draining=self._draining,
            limits=self._limits,
        )
        serving = self._serving[game_server] = asyncio.create_task(game_server.serve(receive))
        try:
            await serving
        finally:
            del self._serving[game_server]

    async def drain(self) -> None:
        """Take no more frames, answer those that were taken, say `bye` and close every socket; bounded in time."""
        self._draining.set()
        if self._serving:
            await asyncio.wait(self._serving.values(), timeout=self._limits.drain_s)

    async def _admitted(self, scope: Any) -> str:
        """The secret of a key that may submit.

        Raises:
            ApiError: there is none, or the handshake comes from a page that is not ours.
            django.db.Error: nobody can tell now.
        """
        if origins.is_our_page(scope) is False:
            raise ApiError(Code.FORBIDDEN)
        shown = origins.header(scope, b"authorization")
        secret = secret_in(shown[0]) if len(shown) == 1 else None
        if secret is None:
            raise ApiError(Code.AUTHENTICATION_REQUIRED, "Show an API key: `Authorization: Api-Key …`, once.")
        await self._submits.may_submit(secret)
        return secret


async def _say(send: Send, frame: Said) -> None:
    await send({"type": "websocket.send", "text": submit_frames.encode(frame)})


async def _refuse(scope: Any, send: Send, error: ApiError) -> None:
    """Answer the handshake with 403, or with 503 where it may be tried again; what is wrong stands in the body."""
    if _HTTP_RESPONSE not in (scope.get("extensions") or {}):
        await send({"type": "websocket.close"})  # the server makes a 403 of it
        return
    status = 503 if error.code.status >= 500 else 403
    headers = [(b"content-type", b"application/json")]
    headers += [(b"retry-after", value.encode()) for name, value in error.headers.items() if name == "Retry-After"]
    body = msgspec.json.encode(ErrorAnswer(error.error))
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body, "more_body": False})
