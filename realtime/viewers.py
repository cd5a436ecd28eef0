"""One open socket: admits it, reads its requests, and hands it to the hub, which does all the sending.

An ASGI application of its own, not a consumer of Channels: that would cost each socket a task per
frame that comes in, a thread hop per event (`aclose_old_connections`) through the one thread that all
consumers share, and, with Valkey away, its handshake. The hub is the one member of this process in the groups.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from realtime import admission, messages, running
from realtime.allowance import Allowance
from realtime.hub import Hub
from realtime.messages import Ping, Rejected, Resync, Subscribe, Unsubscribe
from realtime.ready_frames import sink_of
from realtime.subscriber import Subscriber
from scores.ranking import UnknownBoard

log = logging.getLogger(__name__)


async def live_boards(scope: Any, receive: Any, send: Any) -> None:
    """Serve a socket that speaks `lb.v1` until it is closed, and leave nothing of it behind, whatever ended it."""
    await receive()
    try:
        opener = await admission.admit(scope)
    except admission.Refused:
        await send({"type": "websocket.close"})  # before accept: the server answers 403
        return
    scope["user_id"] = opener.user_id  # None: a page or a game server
    scope["headers"] = []  # a socket stays for hours, and they are a tenth of what it costs
    hub = await running.hub()
    offered = scope.get("subprotocols") or ()
    try:
        await send({"type": "websocket.accept", "subprotocol": _chosen(offered)})
        subscriber = hub.connect(send, sink_of(scope))
    except OSError:
        return  # it was closed while we decided; ASGI tells that so
    try:
        await _Viewer(hub, subscriber).follow(receive)
    except OSError:
        pass
    finally:
        hub.disconnect(subscriber)


def _chosen(offered: Any) -> str | None:
    return messages.SUBPROTOCOL if messages.SUBPROTOCOL in offered else None


class _Viewer:
    """The reading side of one socket."""

    __slots__ = ("_allowance", "_bad_frames", "_hub", "_subscriber")

    def __init__(self, hub: Hub, subscriber: Subscriber) -> None:
        limits = hub.limits
        self._hub = hub
        self._subscriber = subscriber
        self._allowance = Allowance(burst=limits.operations, per_s=limits.operations / limits.operations_s, now=_now())
        self._bad_frames = 0

    async def follow(self, receive: Any) -> None:
        """Grant what the client asks for, until it is gone."""
        if self._hub.draining:
            await self._bye(messages.DRAIN)
        while (event := await receive())["type"] == "websocket.receive":
            await self._take(event.get("text"))

    async def _take(self, text: str | None) -> None:
        if not self._allowance.take(_now()):
            await self._bye(messages.RATE_LIMIT)
            return
        try:
            request = messages.parse(text, max_bytes=self._hub.limits.frame_bytes)
            await self._grant(request)
        except Rejected as rejected:
            await self._subscriber.reply(rejected.frame)
            self._bad_frames += rejected.frame.code in messages.UNREADABLE
            if self._bad_frames >= self._hub.limits.bad_frames:
                await self._bye(messages.PROTOCOL_ERROR)

    async def _grant(self, request: messages.Request) -> None:
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
        watched = self._subscriber.boards
        most = self._hub.limits.boards_per_socket
        if request.board not in watched and len(watched) >= most:
            raise Rejected("too_many_boards", f"A socket may watch {most} boards.", request.id)
        await self._watch(request)

    async def _watch(self, request: Subscribe | Resync) -> None:
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
        await self._subscriber.bye(frame, within_s=self._hub.limits.farewell_s)


def _now() -> float:
    return asyncio.get_running_loop().time()
