"""The HTTP protocol of the web processes: plain hot requests are answered past ASGI, by one task and one write.

A request is held back until its body is here, which is mostly in the very piece of bytes that its
head came in. Whatever is not plain, is not whole at once, or comes while the connection has
anything else to do, goes on to uvicorn as if nothing had happened.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from leaderboard_project.http_protocol import BoundedHttpProtocol

if TYPE_CHECKING:
    from leaderboard_project.shortcut import Shortcut, Taken


class _Nobody:
    """Stands where uvicorn wakes up an application that waits for a message."""

    def set(self) -> None:
        """Nobody waits."""


class _Exchange:
    """A request that is answered past ASGI, as uvicorn's protocol sees it: in place of a RequestResponseCycle.

    So whoever pipelines behind it waits for it, a shutdown lets it finish and then closes the
    connection, and a client that has left is known.
    """

    __slots__ = ("__weakref__", "disconnected", "keep_alive", "response_complete", "task")

    message_event: Final = _Nobody()
    task: asyncio.Task[None]

    def __init__(self, *, keep_alive: bool) -> None:
        self.keep_alive = keep_alive
        self.response_complete = False
        self.disconnected = False


class ShortcutHttpProtocol(BoundedHttpProtocol):
    """Asks the application's `shortcut`, where it has one, before it calls the application."""

    _shortcut: Shortcut | None = None
    _held: Taken | None = None
    _body = b""

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._shortcut = getattr(self.app, "shortcut", None)

    @override
    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._held is not None:
            self._go_on()

    @override
    def on_body(self, body: bytes) -> None:
        if self._held is None:
            super().on_body(body)
        else:
            self._body += body

    @override
    def on_message_complete(self) -> None:
        if self._held is None:
            super().on_message_complete()
            return
        taken, self._held = self._held, None
        body, self._body = self._body, b""
        exchange = _Exchange(keep_alive=self.parser.should_keep_alive())
        self.cycle = exchange  # type: ignore[assignment]
        # Among uvicorn's tasks: it waits for them when it stops, and cancels them when its grace is over.
        exchange.task = self.loop.create_task(self._answer(exchange, taken, body))
        self.tasks.add(exchange.task)

    @override
    def _begin(self) -> None:
        self._held = self._taken()
        if self._held is None:
            super()._begin()

    def _taken(self) -> Taken | None:
        if self._shortcut is None or self.flow.write_paused or not getattr(self.cycle, "response_complete", True):
            return None
        if self.parser.get_http_version() != "1.1":
            return None
        return self._shortcut.take(
            self.parser.get_method(),
            self.url,
            self.headers,
            scheme=self.scheme or "http",
            peer=self.client[0] if self.client else None,
        )

    def _go_on(self) -> None:
        """Let uvicorn have the request that was held back: the rest of its body is still to come."""
        self._held = None
        body, self._body = self._body, b""
        super()._begin()
        if body:
            super().on_body(body)

    async def _answer(self, exchange: _Exchange, taken: Taken, body: bytes) -> None:
        assert self._shortcut is not None
        try:
            answer = await self._shortcut.answer(taken, body)
            if not (exchange.disconnected or self.transport.is_closing()):
                head = self._shortcut.head(answer, taken, self.server_state.default_headers)
                self._write(head, answer.body, keep_alive=exchange.keep_alive)
            exchange.response_complete = True
        finally:
            self.tasks.discard(exchange.task)  # not by a callback of the task, which is a turn of the loop more
            if not exchange.response_complete:
                self.transport.close()  # a defect of ours, told by the loop: the client must not wait for ever
        self.on_response_complete()

    def _write(self, head: bytes, body: bytes | None, *, keep_alive: bool) -> None:
        closing = b"" if keep_alive else b"connection: close\r\n"
        if body is None:
            self.transport.write(b"%s%s\r\n" % (head, closing))
        else:
            self.transport.write(b"%s%scontent-length: %d\r\n\r\n%s" % (head, closing, len(body), body))
        if not keep_alive:
            self.transport.close()
