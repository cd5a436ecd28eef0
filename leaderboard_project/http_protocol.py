"""uvicorn's HTTP protocol with a bound on the time and the size of a request's head, which it does not have itself.

Without it a client that opens connections and says nothing, or says it a byte at a time, holds
each of them for ever, and one endless header line fills the memory.
"""

from __future__ import annotations

import asyncio
import weakref
from typing import Any, ClassVar, Final, cast

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from leaderboard_project.answers import error_document
from leaderboard_project.one_write import HeadWithBody

#: The ASGI extension that says: the whole body was here before the application was called.
WHOLE_BODY: Final = "rankcast.whole_body"

_BAD_REQUEST = (
    b"HTTP/1.1 400 Bad Request\r\n"
    b"connection: close\r\n"
    b"content-type: application/json\r\n"
    b"content-security-policy: default-src 'none'; frame-ancestors 'none'\r\n"
    b"x-content-type-options: nosniff\r\n"
    b"content-length: %d\r\n\r\n"
)


class BoundedHttpProtocol(HttpToolsProtocol):
    """Closes connections whose request line and headers take too long or grow too large."""

    #: From the opening of the connection, or the first byte of a further request, to the end of its headers.
    head_s: ClassVar[float] = 10.0
    head_bytes: ClassVar[int] = 32 * 1024

    #: While a head is awaited: set at its first byte, and a timer only where it does not come in one piece.
    _in_head = False
    _deadline: asyncio.TimerHandle | None = None
    _received = 0  # of an unfinished head, before the piece that is being read
    _piece = 0

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._overtaken: weakref.WeakSet[RequestResponseCycle] = weakref.WeakSet()
        self._start_timer()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._end_head()
        self._disconnect_all()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        self._piece = len(data)
        super().data_received(data)
        # A header that has no end yet is in the parser's hands, where it can only be counted like this.
        if self._in_head and not self.transport.is_closing():
            self._start_timer()
            self._received += len(data)
            if self._received > self.head_bytes:
                self.send_400_response("The head of the request is too large.")

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._received = 0

    @override
    def on_headers_complete(self) -> None:
        self._end_head()
        # Headers that arrived all at once. An exception here is the parser's way to a 400.
        if self._received + self._piece > self.head_bytes and self._head_size() > self.head_bytes:
            raise ValueError("The head of the request is too large.")
        self._begin()

    @override
    def on_message_complete(self) -> None:
        super().on_message_complete()
        # Before the application runs, if all came in one piece: it need not bound what is here already.
        self.scope["extensions"] = {WHOLE_BODY: {}}

    @override
    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        cycle.transport = cast("asyncio.Transport", HeadWithBody(cycle.transport, self.loop))
        super()._start_asgi_task(cycle, app)

    @override
    def handle_websocket_upgrade(self) -> None:
        super().handle_websocket_upgrade()
        self.parser = None  # type: ignore[assignment]  # it holds us as we hold it; the socket has a parser of its own

    @override
    def send_400_response(self, msg: str) -> None:
        self._disconnect_all()
        # No application sees this: the shape of an error and its headers come from here, not from uvicorn.
        self.transport.write(_BAD_REQUEST % len(body := error_document("bad_request", msg)) + body)
        self.transport.close()

    def _begin(self) -> None:
        """Call the application, or let it wait for those of earlier requests: the head is here."""
        if not getattr(self.cycle, "response_complete", True):  # there is no cycle before the first request
            self._overtaken.add(self.cycle)
        super().on_headers_complete()

    def _disconnect_all(self) -> None:
        # uvicorn tells only the latest of pipelined requests that nobody listens any more; the
        # answers of the others would each end in a traceback.
        for cycle in (self.cycle, *self._overtaken):
            if cycle is not None:
                cycle.disconnected = True
                cycle.message_event.set()

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _start_timer(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.head_s, self.transport.close)

    def _end_head(self) -> None:
        self._in_head = False
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
