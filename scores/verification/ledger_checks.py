"""The ledger held against itself, in one state of PostgreSQL: each check is a statement that finds what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psycopg
from django.db import connection

from scores.ranking.snapshots import named_state
from scores.verification.report import Progress, Tally

_SQL: Final = Path(__file__).parent / "sql"
#: What is checked, by the statement's file, and the table whose rows are counted.
_CHECKS: Final = {
    "sessions": ("sessions", "game_sessions"),
    "idempotency_keys": ("idempotency keys", "idempotency_keys"),
    "suspicions": ("suspicions", "suspicions"),
    "standings": ("standings from sessions", "leaderboard"),
    "places": ("standings by themselves", "leaderboard"),
}
# Sorting and hashing millions of rows in memory, and by one process: the others serve meanwhile.
_WORKING: Final = "SET LOCAL work_mem = '64MB'; SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL jit = off"
_CHUNK: Final = 1_000


def check_ledger(progress: Progress) -> Iterator[Tally]:
    """What differs within the ledger, one tally per check; all see the same state. Sessions come in meanwhile.

    Raises:
        django.db.Error: PostgreSQL does not answer.
    """
    with named_state(), connection.cursor() as cursor:
        cursor.execute(_WORKING)
        for name, (what, table) in _CHECKS.items():
            progress(what, 0, None)
            cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608  of the table above
            tally = Tally(what, compared=int(cursor.fetchone()[0]))
            for sentence in _found(name):
                tally.add(sentence)
            yield tally


def _found(name: str) -> Iterator[str]:
    sql = (_SQL / f"{name}.sql").read_text(encoding="utf-8")
    # A cursor on the server's side: memory stays bounded however much is wrong.
    with connection.wrap_database_errors, psycopg.ServerCursor(connection.connection, "checked") as cursor:
        cursor.execute(sql)
        while chunk := cursor.fetchmany(_CHUNK):
            yield from (sentence for (sentence,) in chunk)
