r"""WebSocket frames without a library: the handshake, our masked requests, and the cutting of what arrives.

>>> frames = Frames()
>>> frames.feed(b"\x81\x02hi\x81"), frames.feed(b"\x01!")
([b'hi'], [b'!'])
"""

from __future__ import annotations

import base64
import os

_TEXT = 0x81
_CLOSE = 0x88
_PING = 0x89
_PONG = 0x8A
_MASKED = 0x80


class Closed(Exception):
    """The server said good-bye."""


def handshake(host: str, port: int, path: str, *, api_key: str | None = None) -> bytes:
    """The request that opens a socket, as a page of the same server sends it, or as a game server with its key."""
    key = base64.b64encode(os.urandom(16)).decode()
    who = f"Origin: http://{host}:{port}" if api_key is None else f"Authorization: Api-Key {api_key}"
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n{who}\r\n"
        f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


def request(text: bytes) -> bytes:
    """A text frame of a client; the mask is all zero, which changes nothing."""
    if len(text) < 126:
        head = bytes([_TEXT, _MASKED | len(text)])
    elif len(text) < 1 << 16:
        head = bytes([_TEXT, _MASKED | 126]) + len(text).to_bytes(2)
    else:
        head = bytes([_TEXT, _MASKED | 127]) + len(text).to_bytes(8)
    return head + bytes(4) + text


class Frames:
    """The texts in a stream of a server's frames."""

    __slots__ = ("_unread", "pongs")

    def __init__(self) -> None:
        self._unread = b""
        #: Answers to pings, which whoever holds us must send: a server closes sockets that owe them.
        self.pongs = b""

    def feed(self, received: bytes) -> list[bytes]:
        """The texts that are complete now.

        Raises:
            Closed: a close frame came.
        """
        unread = self._unread + received if self._unread else received
        texts = []
        at, size = 0, len(unread)
        while size - at >= 2:
            length, start = unread[at + 1], at + 2
            if length == 126:
                length, start = int.from_bytes(unread[at + 2 : at + 4]), at + 4
            elif length == 127:
                length, start = int.from_bytes(unread[at + 2 : at + 10]), at + 10
            if size < start + length:
                break
            kind = unread[at]
            if kind == _TEXT:
                texts.append(unread[start : start + length])
            elif kind == _PING:
                self.pongs += bytes([_PONG, _MASKED | length]) + bytes(4) + unread[start : start + length]
            elif kind == _CLOSE:
                raise Closed
            at = start + length
        self._unread = unread[at:]
        return texts
