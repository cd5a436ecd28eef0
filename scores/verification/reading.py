"""PostgreSQL's side of the comparison with Valkey: rows as they are now, some buckets of players at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db import connection

from scores.ranking import keys
from scores.verification.judging import PlayerRow, StandingRow

# Ids are taken in their order and grouped: so many at most, that many buckets are full of neighbours.
_STANDING_BUCKETS: Final = f"""
SELECT DISTINCT user_id / {keys.BUCKET} FROM (
    SELECT user_id FROM leaderboard WHERE window_id = %s AND user_id >= %s ORDER BY user_id LIMIT %s
) AS neighbour ORDER BY 1
"""  # noqa: S608  a constant
_PLAYER_BUCKETS: Final = f"""
SELECT DISTINCT id / {keys.BUCKET} FROM (
    SELECT id FROM users WHERE id >= %s ORDER BY id LIMIT %s
) AS neighbour ORDER BY 1
"""  # noqa: S608
# A bucket holds so many at most. The planner does not know, and would get ready for a million rows.
_STANDINGS: Final = f"""
SELECT bucket.number, standing.* FROM unnest(%s::bigint[]) AS bucket (number) CROSS JOIN LATERAL (
    SELECT user_id, rev::text, CASE WHEN NOT hidden THEN sort_key END FROM leaderboard
    WHERE user_id >= bucket.number * {keys.BUCKET} AND user_id < (bucket.number + 1) * {keys.BUCKET} AND window_id = %s
    ORDER BY user_id LIMIT {keys.BUCKET}
) AS standing
"""  # noqa: S608
_PLAYERS: Final = f"""
SELECT bucket.number, player.* FROM unnest(%s::bigint[]) AS bucket (number) CROSS JOIN LATERAL (
    SELECT id, rev::text, username FROM users
    WHERE id >= bucket.number * {keys.BUCKET} AND id < (bucket.number + 1) * {keys.BUCKET}
    ORDER BY id LIMIT {keys.BUCKET}
) AS player
"""  # noqa: S608
_SHOWN: Final = "(SELECT bool_and(pg_visible_in_snapshot(changed_xid, state)) FROM unnest(%s::pg_snapshot[]) AS state)"
_SHOWN_STANDINGS: Final = f"SELECT user_id FROM leaderboard WHERE window_id = %s AND user_id = ANY(%s) AND {_SHOWN}"  # noqa: S608
_SHOWN_PLAYERS: Final = f"SELECT id FROM users WHERE id = ANY(%s) AND {_SHOWN}"  # noqa: S608


def standing_buckets(window_id: int, *, after: int, limit: int) -> list[int]:
    """The next buckets behind `after` (-1: from the first) in which somebody has a standing, at most `limit`."""
    first = (after + 1) * keys.BUCKET
    return [number for (number,) in _rows(_STANDING_BUCKETS, window_id, first, limit * keys.BUCKET)][:limit]


def player_buckets(*, after: int, limit: int) -> list[int]:
    """The next buckets behind `after` (-1: from the first) in which there is a player, at most `limit`."""
    first = (after + 1) * keys.BUCKET
    return [number for (number,) in _rows(_PLAYER_BUCKETS, first, limit * keys.BUCKET)][:limit]


def standings_of(window_id: int, numbers: Sequence[int]) -> dict[int, list[StandingRow]]:
    """The standings of each of the buckets."""
    return _by_bucket(numbers, _rows(_STANDINGS, list(numbers), window_id))


def players_of(numbers: Sequence[int]) -> dict[int, list[PlayerRow]]:
    """The players of each of the buckets."""
    return _by_bucket(numbers, _rows(_PLAYERS, list(numbers)))


def standings_shown_in(states: list[str], window_id: int, user_ids: list[int]) -> set[int]:
    """Those whose standing, as it is now, is shown by every one of these snapshots."""
    return {user_id for (user_id,) in _rows(_SHOWN_STANDINGS, window_id, user_ids, states)}


def players_shown_in(states: list[str], user_ids: list[int]) -> set[int]:
    """Those who, as they are now, are shown by every one of these snapshots."""
    return {user_id for (user_id,) in _rows(_SHOWN_PLAYERS, user_ids, states)}


def _by_bucket(numbers: Sequence[int], rows: Sequence[tuple[Any, ...]]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {number: [] for number in numbers}
    for number, *row in rows:
        found[number].append(row)
    return found


def _rows(sql: str, *parameters: int | list[int] | list[str]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
