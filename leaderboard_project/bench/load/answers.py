r"""Cuts a stream of HTTP/1.1 answers into single ones, reading no more of them than it must."""

from __future__ import annotations

import re

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)


class Unreadable(Exception):
    """The answer is not framed by a Content-Length, which is all that this reader knows."""


class Answers:
    r"""The answers on one connection.

    >>> answers = Answers()
    >>> answers.feed(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{")
    >>> answers.feed(b"}")
    201
    >>> answers.body
    b'{}'
    """

    def __init__(self) -> None:
        self._unread = b""
        #: Of the answer that was given last.
        self.body = b""

    def feed(self, received: bytes) -> int | None:
        """The status of the answer that is complete now, None while there is more to come.

        Only one request is ever under way, so nothing can follow a complete answer.

        Raises:
            Unreadable: see there.
        """
        text = self._unread + received if self._unread else received
        end = text.find(b"\r\n\r\n")
        if end < 0:
            self._unread = text
            return None
        length = _LENGTH.search(text, 0, end + 2)
        if length is None:
            raise Unreadable
        whole = end + 4 + int(length[1])
        if len(text) < whole:
            self._unread = text
            return None
        self._unread = b""
        self.body = text[end + 4 : whole]
        return int(text[9:12])
