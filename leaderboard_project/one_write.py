"""Answers that leave in one piece: uvicorn writes head and body apart, and uvloop sends each write at once."""

from __future__ import annotations

import asyncio


class HeadWithBody:
    """The writing end of a transport for one answer; its head waits for the beginning of its body.

    Two writes are two system calls here, and two packets, for each of which the client wakes up. A
    head whose body is not there within this turn of the event loop goes alone.
    """

    __slots__ = ("_begun", "_head", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._begun = False
        self._head = b""

    def write(self, text: bytes) -> None:
        """Send the text, or keep it for a moment where it is the first."""
        if self._begun:
            head, self._head = self._head, b""
            self._transport.write(head + text)
        else:
            self._begun = True
            self._head = text
            self._loop.call_soon(self._send_head)

    def is_closing(self) -> bool:
        """As the transport."""
        return self._transport.is_closing()

    def close(self) -> None:
        """Close the transport once all is sent."""
        self._send_head()
        self._transport.close()

    def _send_head(self) -> None:
        head, self._head = self._head, b""
        if head and not self._transport.is_closing():  # else the client left within this turn
            self._transport.write(head)
