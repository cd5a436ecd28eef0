"""Reading one state of PostgreSQL, and naming it so that it can be read on from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from scores.unhurried import unhurried


@contextmanager
def one_state() -> Iterator[None]:
    """All statements within see the same state. Inside of another transaction: that one's."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


@contextmanager
def named_state() -> Iterator[str]:
    """As `one_state`, however long it takes; gives the name of the state: a snapshot, as text.

    Raises:
        RuntimeError: within another transaction, whose state has no name of its own.
    """
    if connection.in_atomic_block:
        raise RuntimeError("a state is named in a transaction of its own")
    with one_state(), unhurried(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        yield str(cursor.fetchone()[0])
