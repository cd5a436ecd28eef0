"""PostgreSQL's advisory locks: arbitrary numbers, the same in every process, no two alike; and a way to hold one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum, unique

from django.db import Error, connection


@unique
class AdvisoryLock(IntEnum):
    """What each of them is for."""

    GATE = 7_265_841  # batches pass it together, decisions alone
    RESTORE = 7_265_842  # one at a time goes into a system
    SNAPSHOT = 7_265_843  # one worker takes the scheduled archive
    SWEEP = 7_265_844  # one worker compares what Valkey has with PostgreSQL


@contextmanager
def held_alone(lock: AdvisoryLock) -> Iterator[bool]:
    """Whether nobody else holds the lock; nobody begins to, within. It is the connection's and goes with it.

    Raises:
        django.db.Error: PostgreSQL does not answer.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [lock])
        is_alone = bool(cursor.fetchone()[0])
    try:
        yield is_alone
    finally:
        if is_alone:
            # The connection goes back to a pool, where it would keep the lock.
            with suppress(Error), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [lock])
