"""What became visible in PostgreSQL since states that it was read in before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import psycopg
from django.db import connection

from scores.changes import NameChange, StandingChange

_CHUNK_ROWS = 2_000

# What was not visible in at least one of the snapshots: exactly, whatever order transactions commit in.
# A snapshot names the first id that was not given out yet, and those before it that were still at work.
# So the index on changed_xid finds these one by one, and a writer that stays open for hours costs one look:
# the oldest id that was at work ("xmin") would be a bound, too, but with all in between to be looked through.
# Ids that nobody has been given yet come with a dump of a PostgreSQL that had given out more: nothing new.
_SINCE: Final = """
    (changed_xid >= %(first_new)s::xid8 AND changed_xid < pg_snapshot_xmax(pg_current_snapshot())
     OR changed_xid = ANY(%(at_work)s::xid8[]))
    AND EXISTS (
        SELECT FROM unnest(%(since)s::pg_snapshot[]) AS since WHERE NOT pg_visible_in_snapshot(changed_xid, since)
    )
"""
_STANDINGS: Final = (
    "SELECT window_id, user_id, total_score, sort_key, hidden, rev FROM leaderboard WHERE" + _SINCE  # noqa: S608  two constants
)
_NAMES: Final = "SELECT id, username, rev FROM users WHERE" + _SINCE  # noqa: S608


def standings_since(snapshots: Sequence[str]) -> Iterator[list[StandingChange]]:
    """The standings that at least one of the snapshots does not show, as they are in the open transaction's state.

    Raises:
        django.db.Error: PostgreSQL does not answer.
    """
    for rows in _chunks(_STANDINGS, snapshots):
        yield [StandingChange(*row) for row in rows]


def names_since(snapshots: Sequence[str]) -> Iterator[list[NameChange]]:
    """The same of players who are new or have another name or state."""
    for rows in _chunks(_NAMES, snapshots):
        yield [NameChange(*row) for row in rows]


def not_yet_visible(snapshots: Sequence[str]) -> tuple[int, list[int]]:
    """The first transaction id that was not given out in one of the snapshots, and earlier ones that were at work.

    >>> not_yet_visible(["100:104:100,102", "103:110:103,107"])
    (104, [100, 102, 103])
    """
    parts = [snapshot.split(":") for snapshot in snapshots]  # "xmin:xmax:xip,…"
    first_new = min(int(xmax) for _, xmax, _ in parts)
    at_work = {int(xid) for _, _, xips in parts for xid in xips.split(",") if xid}
    return first_new, sorted(xid for xid in at_work if xid < first_new)


def _chunks(sql: str, snapshots: Sequence[str]) -> Iterator[list[tuple[Any, ...]]]:
    first_new, at_work = not_yet_visible(snapshots)
    bounds = {"since": list(snapshots), "first_new": str(first_new), "at_work": [str(xid) for xid in at_work]}
    # A cursor on the server's side: other statements may run between its chunks, and memory stays bounded.
    # It raises psycopg's own errors; callers know Django's.
    with connection.wrap_database_errors, psycopg.ServerCursor(connection.connection, "changed") as cursor:
        cursor.execute(sql, bounds)
        while chunk := cursor.fetchmany(_CHUNK_ROWS):
            yield chunk
