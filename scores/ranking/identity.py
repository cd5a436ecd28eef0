"""Which PostgreSQL this is: ranks that were read from another one, or from another past, are worth nothing."""

from __future__ import annotations

from django.db import connection


def identity() -> str:
    """System identifier, timeline and table of the ledger, as one text that changes with any of them.

    A restored, failed-over or exchanged PostgreSQL has another one. The timeline is read from the
    name of the current WAL file, which needs no superuser.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT system_identifier FROM pg_control_system()),"
            " left(pg_walfile_name(pg_current_wal_lsn()), 8), 'leaderboard'::regclass::oid"
        )
        return ":".join(str(part) for part in cursor.fetchone())
