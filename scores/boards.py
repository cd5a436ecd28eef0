"""The catalogue of boards and windows, kept in each process so that hot paths need not ask PostgreSQL."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from django.db import DatabaseError

from scores.errors import UnknownBoard
from scores.models import Window

GLOBAL = "global"  # the board that every session counts on
_KEEP_S = 5.0  # how long a process may not know of a new board


@dataclass(frozen=True, slots=True)
class WindowRef:
    """A window by all its names: the id in PostgreSQL, and the slugs that keys and frames carry."""

    id: int
    board: str
    window: str


@dataclass(slots=True)
class _Catalogue:
    lock: threading.Lock = field(default_factory=threading.Lock)
    read_at: float = float("-inf")
    by_board: dict[str, WindowRef] = field(default_factory=dict)
    by_id: dict[int, WindowRef] = field(default_factory=dict)


_catalogue = _Catalogue()


def current(board: str) -> WindowRef:
    """The window of the board that takes sessions now.

    Raises:
        UnknownBoard: no board of that name (a new one is known within five seconds).
        DatabaseError: nothing was ever read and PostgreSQL does not answer.
    """
    _refresh()
    try:
        return _catalogue.by_board[board]
    except KeyError:
        raise UnknownBoard(board) from None


def by_id(window_id: int) -> WindowRef:
    """The window with that id, which must exist.

    Raises:
        KeyError: no such window.
    """
    if window_id not in _catalogue.by_id:
        forget()
    _refresh()
    return _catalogue.by_id[window_id]


def live() -> list[WindowRef]:
    """Every window that has ranks in Valkey, in id order."""
    _refresh()
    return sorted(_catalogue.by_id.values(), key=lambda ref: ref.id)


def forget() -> None:
    """Let the next question read PostgreSQL again."""
    _catalogue.read_at = float("-inf")


def _refresh() -> None:
    if time.monotonic() - _catalogue.read_at < _KEEP_S:
        return
    with _catalogue.lock:
        if time.monotonic() - _catalogue.read_at < _KEEP_S:
            return
        try:
            windows = Window.objects.order_by("id").values_list("id", "board__slug", "slug", "state")
            refs = [(WindowRef(id_, board, slug), state) for id_, board, slug, state in windows]
        except DatabaseError:
            if not _catalogue.by_id:
                raise
            # PostgreSQL is away: what we knew is still the best answer, ranks go on without it.
            _catalogue.read_at = time.monotonic()
            return
        _catalogue.by_id = {ref.id: ref for ref, _ in refs}
        _catalogue.by_board = {ref.board: ref for ref, state in refs if state == Window.State.OPEN}
        _catalogue.read_at = time.monotonic()
