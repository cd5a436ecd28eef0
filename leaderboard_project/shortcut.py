"""The layers in front of the fast door, in one step: what a plain hot request needs of them, and nothing else.

`asgi` stacks the layers up for every request. This is the other way through the same parts, for
`shortcut_protocol`, which asks it first; the rules themselves stay where they are. Why:
docs/decisions/0017.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Sequence
from typing import Final

from msgspec import Struct
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from leaderboard_project.body_limit import most_bytes
from leaderboard_project.forwarded import PROTO, Forwarded
from leaderboard_project.response_headers import Header, WithSecurityHeaders
from scores.fast_door import Admitted, Answer, FastDoor, Head, headers_of, once

#: A target that means what it says, byte for byte: uvicorn would find the same path and query in it.
_TARGET: Final = re.compile(rb"(/api/leaderboard/[a-z0-9/]+)(?:\?([!-\"$-~]*))?")
_METHODS: Final = {b"GET": "GET", b"POST": "POST"}
#: Kinds of heads that are kept ready at once; there is one for each entity tag.
_KINDS: Final = 256


class Taken(Struct, frozen=True, gc=False):
    """A request that is answered here, once its body has come."""

    admitted: Admitted
    over_https: bool


class Shortcut:
    """What all connections of a process share."""

    def __init__(self, door: FastDoor, forwarded: Forwarded, security: WithSecurityHeaders) -> None:
        """Join what `asgi` stacks: who asks, what is answered, and what every answer carries."""
        self._door = door
        self._forwarded = forwarded
        self._security = security
        self._of_server: Sequence[Header] = ()
        self._heads: dict[object, bytes] = {}

    def take(
        self, method: bytes, target: bytes, headers: Sequence[Header], *, scheme: str, peer: str | None
    ) -> Taken | None:
        """The request, if it is one of ours and plain; None: ASGI has the answer.

        Args:
            method: as it was sent.
            target: path and query, as they were sent.
            headers: names in lower case, in the order in which they were sent.
            scheme: of the connection.
            peer: the address at its other end; None on a unix socket.
        """
        called, found = _METHODS.get(method), _TARGET.fullmatch(target)
        if called is None or found is None or (by_name := once(headers)) is None:
            return None
        path = found[1].decode()
        if int(by_name.get(b"content-length", 0)) > most_bytes(path):  # the parser has refused what is no number
            return None
        over_https = self._forwarded.scheme(scheme, peer, by_name.get(PROTO)) == "https"
        admitted = self._door.admit(Head(called, path, found[2] or b"", by_name, over_https))
        return None if admitted is None else Taken(admitted, over_https)

    def answer(self, taken: Taken, body: bytes) -> Awaitable[Answer]:
        """The answer, whatever happens."""
        return self._door.answer(taken.admitted, body)

    def head(self, answer: Answer, taken: Taken, of_server: Sequence[Header]) -> bytes:
        """Status line and headers of the answer, but for those that depend on the connection and the body's length.

        Args:
            answer: to the request.
            taken: the request.
            of_server: the headers of uvicorn's own, such as the date: another list each second.
        """
        if of_server is not self._of_server or len(self._heads) >= _KINDS:
            self._of_server = of_server
            self._heads.clear()
        kind = (answer.status, answer.headers, answer.body is None, taken.admitted.method, taken.over_https)
        head = self._heads.get(kind)
        if head is None:
            secure = self._security.headers(over_https=taken.over_https)
            lines = (*of_server, *headers_of(answer, taken.admitted.method), *secure)
            fields = b"".join(b"%s: %s\r\n" % line for line in lines)
            head = self._heads[kind] = STATUS_LINE[answer.status] + fields
        return head
