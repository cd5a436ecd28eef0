"""The safety net of the ranks: reads from PostgreSQL what became visible since, and brings it into Valkey.

The write after the commit is only the fast path. A process may die between COMMIT and Valkey, and
Valkey may lose its last second: the watermark, a whole snapshot of PostgreSQL, lies in Valkey beside
the ranks, so it goes back together with them and the lost rows are read again. Any number of
reconcilers may run: rows are absolute and carry a rev, and a watermark moves only from where it stood.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import structlog
from django.db import connection

from scores import boards, failpoints
from scores.boards import WindowRef
from scores.changes import Committed, NameChange, StandingChange
from scores.ranking.identity import identity
from scores.ranking.projecting import Advance, project
from scores.ranking.rebuilding import RebuildAborted, rebuild
from scores.ranking.snapshots import named_state, pin
from scores.ranking.watermarks import Watermark, watermarks

_CHUNK_ROWS = 2_000

log = structlog.get_logger(__name__)

# What was not visible in at least one of the snapshots that the windows stand at. The index on
# changed_xid bounds the scan; the snapshots decide exactly, whatever order transactions commit in.
# A writer that stays open holds the bound back: what changes meanwhile is looked at each second
# (not read), until it ends.
_SINCE = """
    changed_xid >= %(oldest)s::xid8
    AND EXISTS (
        SELECT FROM unnest(%(since)s::pg_snapshot[]) AS since WHERE NOT pg_visible_in_snapshot(changed_xid, since)
    )
"""
_STANDINGS = "SELECT window_id, user_id, total_score, sort_key, hidden, rev FROM leaderboard WHERE" + _SINCE  # noqa: S608  two constants
_NAMES = "SELECT id, username, rev FROM users WHERE" + _SINCE  # noqa: S608


def reconcile() -> int:
    """Bring every window's ranks up to PostgreSQL's state of now; give the number of rows that were read.

    Windows whose ranks are missing, or were read from another PostgreSQL, are rebuilt.

    Raises:
        RanksUnavailable: Valkey does not answer.
        django.db.Error: PostgreSQL does not answer.
    """
    whose = identity()
    live: dict[WindowRef, Watermark] = {}
    for window, watermark in watermarks(boards.live()).items():
        if watermark is None or watermark.identity != whose:
            _rebuild(window, "missing" if watermark is None else "read from another PostgreSQL")
        else:
            live[window] = watermark
    return _catch_up(live) if live else 0


def _catch_up(live: dict[WindowRef, Watermark]) -> int:
    since = sorted({watermark.snapshot for watermark in live.values()})
    rows = 0
    last: Sequence[tuple[Any, ...]] = ()
    with named_state() as until:
        for names in _chunks(_NAMES, since):
            if failpoints.reach("reconcile_read"):
                return rows
            project(Committed(names=tuple(NameChange(*row) for row in names)))
            rows += len(names)
        for standings in _chunks(_STANDINGS, since):
            if failpoints.reach("reconcile_read"):
                return rows
            project(_standings(last))
            last = standings
            rows += len(standings)
    if rows and not failpoints.reach("reconcile_advance"):
        pin()
        # The last rows and the new watermark in one step; a reconciler that dies before leaves it where it was.
        # Where nothing changed it may stay: it costs nothing, and moving it costs a write to disk.
        project(_standings(last), {window.id: Advance(mark.snapshot, until) for window, mark in live.items()})
    return rows


def _standings(rows: Sequence[tuple[Any, ...]]) -> Committed:
    return Committed(tuple(StandingChange(*row) for row in rows))


def _chunks(sql: str, since: Sequence[str]) -> Iterator[list[tuple[Any, ...]]]:
    oldest = min(int(snapshot.partition(":")[0]) for snapshot in since)  # "xmin:xmax:xip,…"
    # A cursor on the server's side: other statements may run between its chunks, and memory stays bounded.
    # It raises psycopg's own errors; callers know Django's.
    with connection.wrap_database_errors, psycopg.ServerCursor(connection.connection, "changed") as cursor:
        cursor.execute(sql, {"since": list(since), "oldest": str(oldest)})
        while chunk := cursor.fetchmany(_CHUNK_ROWS):
            yield chunk


def _rebuild(window: WindowRef, why: str) -> None:
    try:
        rebuilt = rebuild(window)
    except RebuildAborted as error:
        log.info("no rebuild now", reason=str(error))
    else:
        tell = log.info if rebuilt.players else log.debug  # a first start is no news
        tell("ranks were rebuilt", board=window.board, window=window.window, why=why, players=rebuilt.players)
