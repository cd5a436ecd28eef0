"""What the stores hold right now, read past the product and past its proxies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
import redis
from psycopg.rows import dict_row

from tests.faults.checker import Stored

_META = "{global:all}:meta"
_TOP = 10

_SESSIONS = """
    SELECT id AS session_id, user_id, score, game_mode, "timestamp" FROM game_sessions WHERE game_mode LIKE %s
"""
_KEYS = "SELECT key, session_id FROM idempotency_keys WHERE key LIKE %s"
_FOLD = "SELECT user_id, sum(score)::bigint FROM game_sessions WHERE voided_at IS NULL GROUP BY user_id"
_STANDINGS = "SELECT user_id, total_score FROM leaderboard WHERE NOT hidden"

#: Places of a visible top: player and total score.
Top = tuple[tuple[int, int], ...]


class Stores:
    """PostgreSQL and Valkey, asked directly."""

    def __init__(self, database_url: str, redis_url: str) -> None:
        self._database_url = database_url
        self._redis = redis.Redis.from_url(redis_url, socket_timeout=2, decode_responses=True)

    @contextmanager
    def sql(self, *, autocommit: bool = True) -> Iterator[psycopg.Connection[Any]]:
        """A connection to PostgreSQL."""
        with psycopg.connect(self._database_url, connect_timeout=2, autocommit=autocommit) as connection:
            yield connection

    @property
    def valkey(self) -> redis.Redis:
        return self._redis

    def close(self) -> None:
        self._redis.close()

    def stored(self, prefix: str) -> Stored:
        """What is there of the sessions whose keys begin so, and all the sums."""
        with self.sql(autocommit=False) as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            sessions: dict[str, list[dict[str, Any]]] = defaultdict(list)
            for row in connection.cursor(row_factory=dict_row).execute(_SESSIONS, [f"{prefix}%"]):
                sessions[row["game_mode"]].append(row)
            return Stored(
                sessions=sessions,
                keys=dict(connection.execute(_KEYS, [f"{prefix}%"]).fetchall()),
                folded=dict(connection.execute(_FOLD).fetchall()),
                standings=dict(connection.execute(_STANDINGS).fetchall()),
                ranks=self.ranks() or {},
            )

    def now(self) -> datetime:
        """The time by PostgreSQL's clock."""
        with self.sql() as connection:
            row = connection.execute("SELECT now()").fetchone()
            assert row is not None
            moment: datetime = row[0]
            return moment

    def standings(self) -> dict[int, int]:
        """Totals by player, as PostgreSQL has them."""
        with self.sql() as connection:
            return dict(connection.execute(_STANDINGS).fetchall())

    def ranks(self) -> dict[int, int] | None:
        """Totals by player, as Valkey has them; None where it has no ranks."""
        generation: Any = self._redis.hget(_META, "generation")
        if generation is None:
            return None
        flat: Any = self._redis.zrange(f"{{global:all}}:{generation}:ranks", 0, -1, withscores=True)
        return {int(member): -int(score) for member, score in flat}


def top_of(totals: dict[int, int]) -> Top:
    """The visible top that follows from the totals."""
    return tuple(sorted(totals.items(), key=lambda each: (-each[1], each[0]))[:_TOP])
