"""Pages of a board as clients are told them, whichever door they came by."""

from __future__ import annotations

from typing import Any

from scores.api import contract
from scores.rows import Page, Row


def top(page: Page) -> contract.TopAnswer:
    """The best players."""
    return contract.TopAnswer(top_players=_rows(page.rows), **_state(page))


def around(page: Page) -> contract.AroundAnswer:
    """The rows around a player."""
    return contract.AroundAnswer(rows=_rows(page.rows), **_state(page))


def rank(page: Page) -> contract.RankAnswer:
    """The place of the one player on the page."""
    [row] = page.rows
    return contract.RankAnswer(
        user_id=row.user_id,
        username=row.username,
        rank=row.rank,
        total_score=row.total_score,
        percentile=_percentile(row.rank, page.players),
        **_state(page),
    )


def _rows(rows: tuple[Row, ...]) -> list[contract.Row]:
    return [contract.Row(row.user_id, row.username, row.rank, row.total_score) for row in rows]


def _state(page: Page) -> dict[str, Any]:
    return {
        "board": page.board,
        "window": page.window,
        "epoch": page.epoch,
        "seq": page.seq,
        "as_of": page.as_of,
        "players": page.players,
        "source": page.source,
    }


def _percentile(rank: int, players: int) -> float:
    """Percent of the players that are not ranked above, two decimals.

    >>> _percentile(1, 200), _percentile(200, 200), _percentile(1, 1)
    (100.0, 0.5, 100.0)
    """
    return round(100 * max(0, players - rank + 1) / max(1, players), 2)
