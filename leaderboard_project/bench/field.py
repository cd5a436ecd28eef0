"""The players and sessions that a benchmark begins with: the same for the same sizes, loaded by COPY."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

import psycopg
from psycopg.sql import SQL, Identifier

from leaderboard_project.bench.progress import Progress

#: Players 1 to 10 lead by far, so that the visible top changes exactly when one of them plays.
STARS = 10
_LEAD = 1_000_000_000
#: Over how long the sessions are spread.
_DAYS = 365
_CHUNK = 50_000
_SEED = 20261121
_GAME_MODES = ("survival", "duel", "race", "puzzle")
_OUTCOMES = ("win", "loss", "draw", r"\N")

_STANDINGS = """
INSERT INTO leaderboard
    (window_id, user_id, total_score, sort_key, games, wins, reached_at, hidden, rev, changed_xid)
SELECT board_windows.id, session.user_id, sum(session.score), -sum(session.score)::float8, count(*),
       count(*) FILTER (WHERE session.outcome = 'win'), max(session.recorded_at), false, 0, '0'
FROM game_sessions AS session, board_windows
GROUP BY board_windows.id, session.user_id
"""
_FOREIGN_KEYS = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = %s::regclass AND contype = 'f' AND conparentid = 0
"""
_PARTITION = """
CREATE TABLE IF NOT EXISTS game_sessions_{0:%Y_%m} PARTITION OF game_sessions
FOR VALUES FROM ('{0:%Y-%m-01} 00:00+00') TO ('{1:%Y-%m-01} 00:00+00')
"""


def username(player: int) -> str:
    """The name of the player with that id.

    >>> username(11)
    'player-0000011'
    """
    return f"player-{player:07d}"


@dataclass(frozen=True, slots=True)
class Field:
    """How many players there are, with how many sessions in all. Player ids are 1 to `players`."""

    players: int
    sessions: int

    def load(self, database_url: str, progress: Progress) -> None:
        """Fill an empty, migrated database. The ranks are not touched: a rebuild makes them."""
        with psycopg.connect(database_url, autocommit=True) as connection:
            self._load_players(connection, progress)
            self._load_sessions(connection, progress)
            progress.begin("computing the standings")
            with _checked_at_the_end(connection, "leaderboard"):
                connection.execute(_STANDINGS)
            connection.execute("VACUUM (ANALYZE) users")
            connection.execute("VACUUM (ANALYZE) leaderboard")
            connection.execute("ANALYZE game_sessions")

    def _load_players(self, connection: psycopg.Connection, progress: Progress) -> None:
        lines = (f"{player}\t{username(player)}\t!\tf\n" for player in range(1, self.players + 1))
        columns = "users (id, username, password, is_superuser)"
        _copy(connection, columns, lines, total=self.players, what="players", progress=progress)
        connection.execute("SELECT setval(pg_get_serial_sequence('users', 'id'), %s)", [self.players])

    def _load_sessions(self, connection: psycopg.Connection, progress: Progress) -> None:
        now = datetime.now(UTC)
        _make_partitions(connection, now)
        columns = "game_sessions (user_id, score, game_mode, outcome, timestamp, client_id)"
        client = connection.execute("SELECT id FROM clients WHERE name = 'arena'").fetchone()
        assert client is not None
        lines = self._session_lines(now, int(client[0]))
        total = max(self.players, self.sessions)
        with _checked_at_the_end(connection, "game_sessions"):
            _copy(connection, columns, lines, total=total, what="sessions", progress=progress)
            progress.begin("checking the sessions")

    def _session_lines(self, now: datetime, client: int) -> Iterator[str]:
        drawn = random.Random(_SEED)  # noqa: S311  the same field each time
        days = [f"{now - timedelta(days=day, minutes=1):%Y-%m-%d %H:%M:%S+00}" for day in range(_DAYS)]
        tails = [
            f"\t{mode}\t{outcome}\t{day}\t{client}\n" for day in days for mode in _GAME_MODES for outcome in _OUTCOMES
        ]
        for number in range(max(self.players, self.sessions)):
            player = number % self.players + 1  # everybody has one before anybody has two
            lead = _LEAD if number < STARS else 0
            yield f"{player}\t{lead + int(drawn.random() * 1000)}{tails[int(drawn.random() * len(tails))]}"


def _copy(
    connection: psycopg.Connection, target: str, lines: Iterator[str], *, total: int, what: str, progress: Progress
) -> None:
    progress.begin(f"loading {total:,} {what}")
    done = 0
    # One COPY, many writes: Ctrl-C between two of them rolls everything back at once.
    with connection.transaction(), connection.cursor().copy(f"COPY {target} FROM STDIN") as copy:
        while chunk := list(islice(lines, _CHUNK)):
            copy.write("".join(chunk))
            done += len(chunk)
            progress.tell(f"loading {what}: {done:,} of {total:,}")


@contextmanager
def _checked_at_the_end(connection: psycopg.Connection, table: str) -> Iterator[None]:
    """Without the table's foreign keys: one join in the end instead of two questions for each of millions of rows."""
    keys = connection.execute(_FOREIGN_KEYS, [table]).fetchall()
    for name, _ in keys:
        connection.execute(SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(Identifier(table), Identifier(name)))
    yield
    for name, definition in keys:
        again = SQL("ALTER TABLE {} ADD CONSTRAINT {} ").format(Identifier(table), Identifier(name))
        connection.execute(again + SQL(definition))


def _make_partitions(connection: psycopg.Connection, now: datetime) -> None:
    month = now.replace(day=1)
    for _ in range(_DAYS // 28):
        following, month = month, (month - timedelta(days=1)).replace(day=1)
        connection.execute(_PARTITION.format(month, following))
