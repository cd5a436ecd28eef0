"""The addresses of the sockets."""

from __future__ import annotations

from typing import Any

from realtime import running
from realtime.addresses import GAME_SERVERS, VIEWERS
from realtime.viewers import live_boards


async def websocket(scope: Any, receive: Any, send: Any) -> None:
    """The ASGI application for sockets.

    An unknown path is refused before the handshake is accepted, with 403. Channels' `URLRouter`
    raises there instead, which would be a 500 and a traceback for each passing scanner.
    """
    if scope["path"] == VIEWERS:
        await live_boards(scope, receive, send)
    elif scope["path"] == GAME_SERVERS:
        await running.submit_door().enter(scope, receive, send)
    else:
        await receive()
        await send({"type": "websocket.close"})
