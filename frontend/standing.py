"""What can be said about one player's place, in words. Pure.

`standing.js` says the same; `tests/examples/standing_words.json` holds both to it.
"""

from __future__ import annotations

from collections.abc import Sequence

from scores.ranking import Row


def top_percent(rank: int, players: int) -> str:
    """Within which part of the board a rank lies, rounded up: to whole percents, below one to tenths.

    >>> top_percent(2, 69), top_percent(5, 1_000_000)
    ('Top 3 %', 'Top 0.1 %')
    """
    tenths = -(-1000 * rank // players)
    return f"Top 0.{tenths} %" if tenths < 10 else f"Top {-(-100 * rank // players)} %"


def goal(rows: Sequence[Row], own: Row) -> str:
    """What it takes to pass the next player, or by how much a leader leads.

    Args:
        rows: the neighbours in board order, the player among them.
        own: the player's row.
    """
    better = [row for row in rows if row.rank < own.rank]
    if better:
        return f"{_points(better[-1].total_score - own.total_score + 1)} to pass {better[-1].username}"
    if len(rows) == 1:
        return "Alone on the board"
    if own.rank > 1:
        return "Tied with everybody near"
    worse = [row for row in rows if row.rank > 1]
    if len(rows) - len(worse) > 1:
        return "1 point to lead alone"
    return f"Leads by {_points(own.total_score - worse[0].total_score)}"


def _points(count: int) -> str:
    return "1 point" if count == 1 else f"{count:,} points"
