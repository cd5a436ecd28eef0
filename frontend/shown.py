"""What the pages show of a board's rows; `rows.js` shows the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from scores.ranking import Row


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row, whether another one in view shares its rank, and whether it is the one that the page is about."""

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
    shares = Counter(row.rank for row in rows)
    return [
        ShownRow(
            row.user_id,
            row.username,
            row.rank,
            row.total_score,
            tied=shares[row.rank] > 1,
            own=row.user_id == own,
        )
        for row in rows
    ]
