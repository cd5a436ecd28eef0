"""The ASGI application: static files, Django, sockets and the process's own start and stop."""

from __future__ import annotations

import asyncio
import logging
import os
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leaderboard_project.settings")
_django = get_wsgi_application()

# Only now: what follows reads models and settings.
from leaderboard_project import garbage  # noqa: E402
from leaderboard_project.body_limit import bounded  # noqa: E402
from leaderboard_project.django_threads import DjangoThreads  # noqa: E402
from leaderboard_project.forwarded import Forwarded  # noqa: E402
from leaderboard_project.response_headers import WithSecurityHeaders  # noqa: E402
from leaderboard_project.shortcut import Shortcut  # noqa: E402
from leaderboard_project.static_files import with_static_files  # noqa: E402
from realtime import lifespan, routing  # noqa: E402
from scores import group_commit  # noqa: E402
from scores.fast_door import FastDoor  # noqa: E402

if TYPE_CHECKING:
    from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, LifespanScope, Scope

logger = logging.getLogger(__name__)

#: How long submits that were taken may still need to be committed at a shutdown, in seconds.
_DRAIN_S = 5.0


class Application:
    """The ASGI application, and a shortcut past its layers for a server that can take it.

    Attributes:
        http: what answers HTTP behind the proxies, as an ASGI application.
        shortcut: the way of the hot requests; None without the fast door.
    """

    def __init__(self, *, fast_door: bool) -> None:
        """Stack the layers up, with or without the door that answers the hot requests past Django."""
        site = with_static_files(cast("ASGI3Application", DjangoThreads(_django)))
        door = FastDoor(site)
        doors = cast("ASGI3Application", door) if fast_door else site
        secured = WithSecurityHeaders(cast("ASGI3Application", partial(bounded, doors)))
        self._forwarded = Forwarded(self._of_client, trusted=settings.TRUSTED_PROXIES, proxies=settings.PROXY_COUNT)
        self.http = cast("ASGI3Application", secured)
        self.shortcut = Shortcut(door, self._forwarded, secured) if fast_door else None

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve one HTTP request, one socket, or the life of this process."""
        if scope["type"] == "lifespan":
            await _live(scope, receive, send)
        else:
            await self._forwarded(scope, receive, send)

    async def _of_client(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] == "http":
            await self.http(scope, receive, send)
        elif scope["type"] == "websocket" and settings.HTTPS and scope["scheme"] != "wss":
            # Nothing can be redirected here: a program that shows its key in the clear is to notice.
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": None})
        else:
            await cast("Any", routing.websocket)(scope, receive, send)


application = Application(fast_door=settings.FAST_DOOR)


async def _live(scope: LifespanScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    await receive()
    await lifespan.startup()
    garbage.settle()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    # First what was taken is committed, then the last changes go out to the other processes' pages.
    if not await asyncio.to_thread(group_commit.drain, _DRAIN_S):
        logger.warning("Some submits were not committed within %.0f s; their clients got no receipt.", _DRAIN_S)
    await lifespan.shutdown()
    await send({"type": "lifespan.shutdown.complete"})
