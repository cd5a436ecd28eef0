"""The values that ranks are told in: rows, pages and changes. Pure: no Django, no Valkey, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from msgspec import Struct

Source = Literal["ranks", "sql"]


class Row(Struct, frozen=True, gc=False):
    """One player's place on a board. Absolute, so applying it twice is harmless.

    Ties share a rank (1, 2, 2, 4): rank is 1 + the number of players with a better score.
    """

    user_id: int
    username: str
    rank: int
    total_score: int


def shared_ranks(totals: Sequence[int], *, offset: int, first_rank: int) -> list[int]:
    """The ranks of neighbouring rows in board order, of which equal totals share one.

    Args:
        totals: the total score of each row, best first.
        offset: how many rows stand in front of the first one.
        first_rank: the rank of the first one, smaller than offset + 1 where a tie begins in front of it.

    >>> shared_ranks([30, 30, 10], offset=4, first_rank=3)
    [3, 3, 7]
    """
    ranks: list[int] = []
    for place, total in enumerate(totals):
        if not ranks:
            ranks.append(first_rank)
        else:
            ranks.append(ranks[-1] if total == totals[place - 1] else offset + place + 1)
    return ranks


class Page(Struct, frozen=True, gc=False):
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
    The name of who was renamed in between is empty in `before`.
    """

    board: str
    window: str
    epoch: str
    seq: int
    as_of: datetime
    players: int
    before: tuple[Row, ...]
    after: tuple[Row, ...]
