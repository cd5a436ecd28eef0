"""Downloads that take their time without taking the server's: a few at once, in pieces of a sensible size."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import Final

from scores.accounts.errors import TooMany

#: Each holds a thread and a connection to PostgreSQL for as long as its reader likes.
_AT_ONCE: Final = 2
_PIECE: Final = 64 * 1024  # bytes; every piece is handed from a thread to the event loop, which costs as much as 1 KiB

_places: Final = threading.BoundedSemaphore(_AT_ONCE)


class TooManyDownloads(TooMany):
    """As many downloads are on their way in this process as may be."""

    def __init__(self) -> None:
        super().__init__("Others are downloading at the moment. Try again a little later.", retry_after_s=10)


class Download:
    """A document on its way. Holds one of the places until it is closed, which Django does at the response's end.

    Raises:
        TooManyDownloads: no place is free.
    """

    def __init__(self, document: Iterable[bytes]) -> None:
        if not _places.acquire(blocking=False):
            raise TooManyDownloads
        self._open = True
        self._pieces = in_pieces(document)

    def __iter__(self) -> Iterator[bytes]:
        """The document, piece by piece."""
        return self._pieces

    def close(self) -> None:
        """Give the place back; once is enough, more do no harm."""
        if self._open:
            self._open = False
            _places.release()


def in_pieces(document: Iterable[bytes], size: int = _PIECE) -> Iterator[bytes]:
    """The same bytes in pieces of at least `size`, but for the last.

    >>> list(in_pieces([b"ab", b"c", b"def", b"g"], size=3))
    [b'abc', b'def', b'g']
    """
    piece = bytearray()
    for part in document:
        piece += part
        if len(piece) >= size:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)
