"""The gate: recording passes it together, moderation passes it alone.

So no batch that read "not banned" commits after the ban, and moderation never deadlocks with a
batch. PostgreSQL queues the waiters first come, first served: a moderator is not starved by a
storm of submits (row locks instead were measured up to fifteen times slower).
"""

from __future__ import annotations

from django.db.backends.utils import CursorWrapper

from scores.advisory_locks import AdvisoryLock

#: Its own statement, before all others: the snapshots of those that follow must be younger than the lock.
SHARED_SQL = f"SELECT pg_advisory_xact_lock_shared({AdvisoryLock.GATE})"
_EXCLUSIVE_SQL = f"SELECT pg_advisory_xact_lock({AdvisoryLock.GATE})"
_PATIENCE = "SET LOCAL lock_timeout = '2s'"


def close(cursor: CursorWrapper) -> None:
    """Keep every batch out until the open transaction ends, which should be milliseconds.

    Raises:
        OperationalError: the batches in front did not finish within two seconds.
    """
    cursor.execute(_PATIENCE)
    cursor.execute(_EXCLUSIVE_SQL)
