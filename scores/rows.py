"""The values that ranks are told in: rows, pages and changes. Pure: no Django, no Valkey, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Source = Literal["ranks", "sql"]


@dataclass(frozen=True, slots=True)
class Row:
    """One player's place on a board. Absolute, so applying it twice is harmless.

    Ties share a rank (1, 2, 2, 4): rank is 1 + the number of players with a better score.
    """

    user_id: int
    username: str
    rank: int
    total_score: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of one board window, in board order (best first; equal scores by ascending user id).

    `epoch` and `seq` name the state that the rows belong to; both are None where PostgreSQL
    answered (`source` "sql"), because only the ranks in Valkey count the changes.
    `players` is the number of visible players of the whole window.
    """

    board: str
    window: str
    epoch: str | None
    seq: int | None
    as_of: datetime
    players: int
    source: Source
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class BoardChange:
    """One step of a board's visible top: from `seq` - 1 to `seq` within `epoch`.

    `before` and `after` are the complete visible top rows on both sides of the step, in board order.
    """

    board: str
    window: str
    epoch: str
    seq: int
    as_of: datetime
    players: int
    before: tuple[Row, ...]
    after: tuple[Row, ...]
