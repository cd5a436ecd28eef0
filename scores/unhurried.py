"""Statements that may take as long as they need: for what looks at whole tables, never for a request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import QuerySet

#: How long PostgreSQL may say nothing in the middle of such work, in seconds: a server that is frozen, or lost behind
#: something that keeps its connections open, must not hold the worker for ever.
_PATIENCE_S: Final = 600.0


@contextmanager
def unhurried(*, patience_s: float | None = _PATIENCE_S) -> Iterator[None]:
    """Within, and within the open transaction, no statement is too slow for PostgreSQL, and for us only one of minutes.

    Args:
        patience_s: how long PostgreSQL may say nothing, in seconds; None is for ever.

    Raises:
        RuntimeError: outside of a transaction, whose end takes PostgreSQL's part of it back.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("only a transaction is unhurried")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
    waiting = connection.connection
    before, waiting.patience_s = waiting.patience_s, patience_s
    try:
        yield
    finally:
        waiting.patience_s = before


def count(rows: QuerySet[Any]) -> int:
    """How many rows there are, however long that takes."""
    with transaction.atomic(), unhurried():
        return rows.count()
