"""The ASGI application of the plain way, as Channels' tutorial builds it."""

from __future__ import annotations

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application
from django.urls import path

from leaderboard_project.parent import end_with_parent

_http = get_asgi_application()

# Only now: what follows reads models and settings.
from leaderboard_project.bench.plain.consumers import TopTen  # noqa: E402

# Django's `path` is typed for views; Channels' routing takes applications as well.
_sockets = URLRouter([path("ws/leaderboard/", TopTen.as_asgi())])  # type: ignore[list-item, arg-type]

end_with_parent()
application = ProtocolTypeRouter(
    {
        "http": _http,
        "websocket": AllowedHostsOriginValidator(_sockets),
    }
)
