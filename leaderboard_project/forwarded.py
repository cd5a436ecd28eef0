"""Who really asks: the client's address and scheme, where proxies that we were told of stand in front of us."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_FOR: Final = b"x-forwarded-for"
PROTO: Final = b"x-forwarded-proto"
#: Whoever comes by a unix socket is a program of this machine.
_UNIX_PEER: Final = "127.0.0.1"


class Forwarded:
    """An ASGI application whose inner one sees the client in place of the proxies.

    Anybody can write `X-Forwarded-For`, and each proxy adds the address that it was asked from at the
    end. So only as many addresses count, from the right, as there are proxies, and only if the
    nearest of these is one that we were told of. What is further left, the client made up.
    The headers are taken away: nobody behind this can believe them by mistake.
    """

    def __init__(self, app: ASGI3Application, *, trusted: Sequence[Network], proxies: int = 1) -> None:
        """Wrap `app`.

        Args:
            app: the application for HTTP and sockets.
            trusted: where the nearest proxy may ask from; a peer on a unix socket counts as 127.0.0.1.
            proxies: how many stand in front of us, one behind the other.
        """
        self._app = app
        self._trusted = tuple(trusted)
        self._proxies = proxies
        self._trusts = lru_cache(maxsize=1024)(self._is_trusted)

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve one request or socket of the client that is behind the proxies."""
        await self._app(cast("Scope", self._seen_through(cast("dict[str, Any]", scope))), receive, send)

    def scheme(self, scheme: str, peer: str | None, words: bytes | None) -> str:
        """What the client of an HTTP request spoke.

        Args:
            scheme: what the peer speaks with us.
            peer: its address; None on a unix socket.
            words: the one `X-Forwarded-Proto` that it sent.
        """
        if words is None or not self._trusts(peer or _UNIX_PEER):
            return scheme
        return _scheme([words], "http") or scheme

    def _seen_through(self, scope: dict[str, Any]) -> dict[str, Any]:
        peer, port = scope.get("client") or (_UNIX_PEER, 0)
        headers: list[tuple[bytes, bytes]] = list(scope["headers"])
        seen = {
            **scope,
            "client": (_plain(peer), port),
            "headers": [header for header in headers if header[0] not in {_FOR, PROTO}],
        }
        if self._trusts(peer):
            if client := self._client([value for name, value in headers if name == _FOR]):
                seen["client"] = (client, 0)
            if scheme := _scheme([value for name, value in headers if name == PROTO], scope["type"]):
                seen["scheme"] = scheme
        return seen

    def _client(self, values: list[bytes]) -> str | None:
        """The address that the outermost proxy was asked from; None where the header says nothing usable."""
        if not values:
            return None
        chain = b",".join(values).decode("latin-1").split(",")
        address = address_in(chain[-min(self._proxies, len(chain))])
        return None if address is None else str(address)

    def _is_trusted(self, peer: str) -> bool:
        address = address_in(peer)
        return address is not None and any(address in network for network in self._trusted)


def address_in(text: str) -> Address | None:
    """The address that a proxy wrote down, without its port; None for anything else.

    >>> address_in(" 203.0.113.9:4711 ")
    IPv4Address('203.0.113.9')
    >>> address_in("[2001:db8::1]:443")
    IPv6Address('2001:db8::1')
    >>> address_in("::ffff:203.0.113.9")
    IPv4Address('203.0.113.9')
    >>> address_in("unknown")
    """
    bare = text.strip()
    if bare.startswith("[") and "]" in bare:
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    if "%" in bare:  # a zone may hold any text, and means nothing on another machine
        return None
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return None
    # A client must not become another one by the way in which its address is written.
    return getattr(address, "ipv4_mapped", None) or address


@lru_cache(maxsize=1024)
@lru_cache(maxsize=1024)
def _plain(peer: str) -> str:
    """The peer's address in its one spelling; kept, for a peer asks many times."""
    address = address_in(peer)
    return peer if address is None else str(address)


def _scheme(values: list[bytes], kind: str) -> str | None:
    """What the client spoke, by the words of one proxy; two that say something mean that one was made up."""
    if len(values) != 1:
        return None
    secure = {b"https": True, b"wss": True, b"http": False, b"ws": False}.get(values[0].strip().lower())
    if secure is None:
        return None
    return {"http": ("http", "https"), "websocket": ("ws", "wss")}[kind][secure]
