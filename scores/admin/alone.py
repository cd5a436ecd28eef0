"""A transaction behind the ledger's gate: what is read in it stays so until it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from scores.ledger import gate


@contextmanager
def alone() -> Iterator[None]:
    """Keep every other decision out, and every batch, until the block ends; it must be short.

    Raises:
        django.db.OperationalError: the gate was not to be had within two seconds.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        gate.close(cursor)
        yield
