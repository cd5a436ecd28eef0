"""The catalogue of boards and windows, kept in each process so that hot paths need not ask PostgreSQL."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import structlog
from django.db import Error, connection

from scores.errors import UnknownBoard
from scores.models import Window

GLOBAL = "global"  # the board that every session counts on
_KEEP_S = 5.0  # how long a process may not know of a new board

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WindowRef:
    """A window by all its names: the id in PostgreSQL, and the slugs that keys and frames carry."""

    id: int
    board: str
    window: str


@dataclass(frozen=True, slots=True)
class _Catalogue:
    by_board: dict[str, WindowRef] = field(default_factory=dict)  # the window that takes sessions now
    by_id: dict[int, WindowRef] = field(default_factory=dict)
    read_at: float = float("-inf")


_catalogue = _Catalogue()
_reading = threading.Lock()


def current(board: str) -> WindowRef:
    """The window of the board that takes sessions now.

    Raises:
        UnknownBoard: no board of that name (a new one is known within seconds).
        django.db.Error: nothing was ever read and PostgreSQL does not answer.
    """
    try:
        return _known().by_board[board]
    except KeyError:
        raise UnknownBoard(board) from None


def by_id(window_id: int) -> WindowRef:
    """The window with that id, which must exist.

    Raises:
        KeyError: no such window.
        django.db.Error: it is not known yet and PostgreSQL does not answer.
    """
    known = _known().by_id.get(window_id)
    return known or _read().by_id[window_id]


def live() -> list[WindowRef]:
    """Every window that has ranks in Valkey, in id order."""
    return sorted(_known().by_id.values(), key=lambda ref: ref.id)


def forget() -> None:
    """Let the next question read PostgreSQL again."""
    global _catalogue  # noqa: PLW0603  one catalogue per process
    _catalogue = _Catalogue()


def _known() -> _Catalogue:
    catalogue = _catalogue
    if not catalogue.by_id:
        return _read()
    # What we know is answered at once, and renewed aside: a PostgreSQL that hangs must not hold up
    # those who need only Valkey.
    if time.monotonic() - catalogue.read_at >= _KEEP_S and _reading.acquire(blocking=False):
        threading.Thread(target=_renew, name="boards", daemon=True).start()
    return catalogue


def _renew() -> None:
    try:
        _read()
    except Error as error:
        log.debug("the catalogue of boards stays as it is", error=str(error).strip())
    finally:
        connection.close()
        _reading.release()


def _read() -> _Catalogue:
    global _catalogue  # noqa: PLW0603
    windows = Window.objects.order_by("id").values_list("id", "board__slug", "slug", "state")
    refs = [(WindowRef(id_, board, slug), state) for id_, board, slug, state in windows]
    _catalogue = _Catalogue(
        by_board={ref.board: ref for ref, state in refs if state == Window.State.OPEN},
        by_id={ref.id: ref for ref, _ in refs},
        read_at=time.monotonic(),
    )
    return _catalogue
