"""What the pages show of a board's rows; `rows.js` shows the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from scores.ranking import Row


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row, whether another player shares its rank, and whether it is the one that the page is about."""

    user_id: int
    username: str
    rank: int
    total_score: int
    tied: bool = False
    own: bool = False


#: The pattern from which the pages' scripts make new rows: the markup of a row stands in one template only.
BLANK: Final = ShownRow(user_id=0, username="", rank=0, total_score=0)


def shown(rows: Sequence[Row], *, own: int | None = None) -> list[ShownRow]:
    """The rows in their order.

    Args:
        rows: neighbours on a board.
        own: the id of the player whom the page is about.
    """
    shared = shared_ranks(rows)
    return [
        ShownRow(
            row.user_id,
            row.username,
            row.rank,
            row.total_score,
            tied=row.rank in shared,
            own=row.user_id == own,
        )
        for row in rows
    ]


def shared_ranks(rows: Sequence[Row]) -> set[int]:
    """The ranks of neighbours on a board that several players share, in view or beyond its upper end.

    After a rank that three players share, the next one is three higher. Only below the last row that cannot be seen.
    """
    return {
        row.rank for row, following in pairwise(rows) if following.rank == row.rank or following.rank > row.rank + 1
    }
