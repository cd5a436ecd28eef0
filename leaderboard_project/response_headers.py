"""Headers that every answer carries, whoever made it: Django, the static files, or the layers in front of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings

if TYPE_CHECKING:
    from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, HTTPScope

Header = tuple[bytes, bytes]

#: No page of ours asks for any of these, so no script that slipped in may either.
_PERMISSIONS = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"


class WithSecurityHeaders:
    """An ASGI application for HTTP whose answers all carry the headers; those that it set itself stay as they are."""

    def __init__(self, app: ASGI3Application) -> None:
        """Wrap `app`; the values come from the settings by which Django's own middleware sets them."""
        self._app = app
        self._always: list[Header] = [
            (HEADER.lower().encode(), build_policy().encode()),
            (b"cross-origin-opener-policy", settings.SECURE_CROSS_ORIGIN_OPENER_POLICY.encode()),
            (b"permissions-policy", _PERMISSIONS.encode()),
            (b"referrer-policy", settings.SECURE_REFERRER_POLICY.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"x-frame-options", settings.X_FRAME_OPTIONS.encode()),
        ]

        self._over_https = [*self._always, *_strict_transport()]

    def headers(self, *, over_https: bool) -> list[Header]:
        """The headers of an answer that sets none of them itself."""
        return self._over_https if over_https else self._always

    async def __call__(self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Answer one request."""
        ours = self.headers(over_https=scope["scheme"] == "https")

        async def send_with_headers(event: ASGISendEvent) -> None:
            if event["type"] == "http.response.start":
                present = {name for name, _ in event["headers"]}  # in lower case, as ASGI has it
                missing = [header for header in ours if header[0] not in present]
                event = {**event, "headers": [*event["headers"], *missing]}
            await send(event)

        await self._app(scope, receive, send_with_headers)


def _strict_transport() -> list[Header]:
    """The promise to be there by HTTPS, as Django writes it; none where none is made."""
    if not settings.SECURE_HSTS_SECONDS:
        return []
    words = [f"max-age={settings.SECURE_HSTS_SECONDS}"]
    if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS:
        words.append("includeSubDomains")
    if settings.SECURE_HSTS_PRELOAD:
        words.append("preload")
    return [(b"strict-transport-security", "; ".join(words).encode())]
