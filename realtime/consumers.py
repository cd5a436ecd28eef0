"""One open socket: admits it, reads its requests, and hands it to the hub, which does all the sending."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, cast

from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer
from typing_extensions import override

from realtime import admission, limits, messages, running
from realtime.allowance import Allowance
from realtime.hub import Hub
from realtime.messages import Ping, Rejected, Resync, Subscribe, Unsubscribe
from realtime.subscriber import Subscriber
from scores.ranking import UnknownBoard

log = logging.getLogger(__name__)


class LiveBoards(AsyncConsumer):
    """A socket that speaks `lb.v1`.

    It takes no part in the channel layer: the hub is the one member of this process, and with
    Valkey away a consumer's own subscription would fail every handshake.
    """

    channel_layer_alias = None  # type: ignore[assignment]  # the stubs know only names

    base_send: Any  # takes the events of a socket as plain dicts
    _hub: Hub
    _subscriber: Subscriber | None = None
    _bad_frames = 0

    @override
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve the socket until it is closed, and leave nothing of it behind, whatever ended it."""
        try:
            await super().__call__(scope, receive, send)
        except OSError:
            pass  # it was closed while we were sending; ASGI tells that so
        finally:
            if self._subscriber is not None:
                self._hub.disconnect(self._subscriber)

    @override
    async def dispatch(self, message: Any) -> None:
        """Route an event of the socket.

        Not by Channels' own `dispatch`: that awaits `aclose_old_connections` before each event, a hop
        through the one thread that all consumers share, so a single slow query would hold up every
        socket. And not by handler names made of what came in.
        """
        kind = message["type"]
        if kind == "websocket.connect":
            await self._connect()
        elif kind == "websocket.receive":
            await self._receive(message.get("text"))
        else:
            raise StopConsumer

    async def _connect(self) -> None:
        try:
            opener = await admission.admit(dict(self.scope))
        except admission.Refused:
            await self.base_send({"type": "websocket.close"})  # before accept: the server answers 403
            raise StopConsumer from None
        cast("dict[str, Any]", self.scope)["user_id"] = opener.user_id  # None: a page or a game server
        self._hub = await running.hub()
        self._limits = limits.current()
        self._allowance = Allowance(
            burst=self._limits.operations,
            per_s=self._limits.operations / self._limits.operations_s,
            now=_now(),
        )
        offered = self.scope.get("subprotocols") or ()
        chosen = messages.SUBPROTOCOL if messages.SUBPROTOCOL in offered else None
        await self.base_send({"type": "websocket.accept", "subprotocol": chosen})
        self._subscriber = self._hub.connect(self.base_send)
        if self._hub.draining:
            await self._bye(messages.DRAIN)

    async def _receive(self, text: str | None) -> None:
        assert self._subscriber is not None
        if not self._allowance.take(_now()):
            await self._bye(messages.RATE_LIMIT)
            return
        try:
            request = messages.parse(text, max_bytes=self._limits.frame_bytes)
            await self._grant(request)
        except Rejected as rejected:
            await self._subscriber.reply(rejected.frame)
            self._bad_frames += rejected.frame.code in messages.UNREADABLE
            if self._bad_frames >= self._limits.bad_frames:
                await self._bye(messages.PROTOCOL_ERROR)

    async def _grant(self, request: messages.Request) -> None:
        assert self._subscriber is not None
        match request:
            case Subscribe():
                await self._subscribe(request)
            case Resync():
                if request.board not in self._subscriber.boards:
                    raise Rejected("not_subscribed", "Subscribe first.", request.id)
                await self._watch(request)
            case Unsubscribe():
                if (feed := self._subscriber.boards.get(request.board)) is not None:
                    feed.discard(self._subscriber)
            case Ping():
                await self._subscriber.reply(messages.Pong(id=request.id))

    async def _subscribe(self, request: Subscribe) -> None:
        assert self._subscriber is not None
        watched = self._subscriber.boards
        if request.board not in watched and len(watched) >= self._limits.boards_per_socket:
            most = self._limits.boards_per_socket
            raise Rejected("too_many_boards", f"A socket may watch {most} boards.", request.id)
        await self._watch(request)

    async def _watch(self, request: Subscribe | Resync) -> None:
        assert self._subscriber is not None
        try:
            await self._hub.subscribe(
                self._subscriber,
                request.board,
                window=request.window,
                request_id=request.id,
                since=request.since if isinstance(request, Subscribe) else None,
            )
        except UnknownBoard:
            raise Rejected("unknown_board", f"There is no board {request.board}.", request.id) from None
        except Rejected:
            raise
        except Exception as error:  # noqa: BLE001 - a process edge: both stores may be away, in many ways
            log.warning("the board %s cannot be read (%r)", request.board, error)
            await self._subscriber.reply(messages.unavailable(request.id))

    async def _bye(self, frame: messages.Bye) -> None:
        assert self._subscriber is not None
        await self._subscriber.bye(frame, within_s=self._limits.farewell_s)


def _now() -> float:
    return asyncio.get_running_loop().time()
