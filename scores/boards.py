"""The catalogue of boards and windows, as each process knows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from scores.errors import UnknownBoard
from scores.models import Window
from scores.remembered import Remembered

GLOBAL = "global"  # the board that every session counts on
ALL_TIME = "all"  # its window without end, whose totals and ranks the receipts carry
_KEEP_S = 5.0  # how long a process may not know of a new board


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
        return self.state == Window.State.OPEN and self.holds(now)

    def takes(self, moment: datetime) -> bool:
        """Whether sessions of that moment may still count in it."""
        return self.state != Window.State.FINAL and self.holds(moment)

    def holds(self, moment: datetime) -> bool:
        """Whether the moment lies in [starts, ends)."""
        return (self.starts is None or self.starts <= moment) and (self.ends is None or moment < self.ends)


def _read() -> Mapping[int, WindowRef]:
    windows = Window.objects.order_by("id").values_list("id", "board__slug", "slug", "starts", "ends", "state")
    refs = [WindowRef(*row) for row in windows]
    return {ref.id: ref for ref in refs}


_windows: Final = Remembered("boards", _read, keep_s=_KEEP_S)


def current(board: str) -> WindowRef:
    """The window of the board that takes sessions now.

    Raises:
        UnknownBoard: no board of that name (a new one is known within seconds).
        django.db.Error: nothing was ever read and PostgreSQL does not answer.
    """
    now = datetime.now(UTC)
    for ref in _windows.get().values():
        if ref.board == board and ref.is_current(now):
            return ref
    raise UnknownBoard(board)


def window(board: str, slug: str) -> WindowRef:
    """The window of the board with that slug.

    Raises:
        UnknownBoard: no such board or window.
        django.db.Error: nothing was ever read and PostgreSQL does not answer.
    """
    for ref in _windows.get().values():
        if (ref.board, ref.window) == (board, slug):
            return ref
    raise UnknownBoard(f"{board}:{slug}")


def by_id(window_id: int) -> WindowRef:
    """The window with that id, which must exist.

    Raises:
        KeyError: no such window.
        django.db.Error: it is not known yet and PostgreSQL does not answer.
    """
    known = _windows.get().get(window_id)
    return known or _windows.read()[window_id]


def live() -> list[WindowRef]:
    """Every window that has ranks in Valkey, in id order."""
    return sorted(_windows.get().values(), key=lambda ref: ref.id)


def forget() -> None:
    """Let the next question read PostgreSQL again."""
    _windows.forget()
