"""The catalogue of boards and windows, kept in each process so that hot paths need not ask PostgreSQL."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog
from django.db import Error, connection

from scores.errors import UnknownBoard
from scores.models import Window

GLOBAL = "global"  # the board that every session counts on
ALL_TIME = "all"  # its window without end, whose totals and ranks the receipts carry
_KEEP_S = 5.0  # how long a process may not know of a new board

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WindowRef:
    """A window by all its names: the id in PostgreSQL, and the slugs that keys and frames carry."""

    id: int
    board: str
    window: str
    starts: datetime | None = None
    ends: datetime | None = None
    state: str = Window.State.OPEN

    def is_current(self, now: datetime) -> bool:
        """Whether sessions that are played now count in it."""
        begun = self.starts is None or self.starts <= now
        return self.state == Window.State.OPEN and begun and (self.ends is None or now < self.ends)


@dataclass(frozen=True, slots=True)
class _Catalogue:
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
    now = datetime.now(UTC)
    for ref in _known().by_id.values():
        if ref.board == board and ref.is_current(now):
            return ref
    raise UnknownBoard(board)


def window(board: str, slug: str) -> WindowRef:
    """The window of the board with that slug.

    Raises:
        UnknownBoard: no such board or window.
        django.db.Error: nothing was ever read and PostgreSQL does not answer.
    """
    for ref in _known().by_id.values():
        if (ref.board, ref.window) == (board, slug):
            return ref
    raise UnknownBoard(f"{board}:{slug}")


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
    windows = Window.objects.order_by("id").values_list("id", "board__slug", "slug", "starts", "ends", "state")
    refs = [WindowRef(*row) for row in windows]
    _catalogue = _Catalogue({ref.id: ref for ref in refs}, time.monotonic())
    return _catalogue
