"""Runs the set statements of `sql/` as prepared statements on Django's own connection, in one pipeline.

psycopg's pipeline sends statement after statement without waiting; a fetch waits for all that was
sent before it. So a transaction costs as many round trips as it has points where Python must know.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from django.db import Error, connection, transaction

_SQL = Path(__file__).parent / "sql"


@cache
def sql_text(name: str) -> str:
    """The text of `sql/<name>.sql`."""
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")


class CommitOutcomeUnknown(Exception):
    """The connection was lost while the transaction was being committed: it may have happened or not."""


class Statements:
    """The statements of one open transaction, in the order in which they are run."""

    def __init__(self, pipeline: psycopg.Connection[Any]) -> None:
        self._connection = pipeline

    def run(self, name: str, **parameters: object) -> psycopg.Cursor[Any]:
        """Send `sql/<name>.sql`; the answer is fetched from the cursor that comes back.

        Lists travel as arrays: one statement whatever their length. An error of the statement is
        raised by the next fetch, or at the end of the pipeline.
        """
        return self.execute(sql_text(name), **parameters)

    def execute(self, sql: str, **parameters: object) -> psycopg.Cursor[Any]:
        """The same for a statement given as text."""
        # Not Django's cursor: it binds on the client side, where nothing can be prepared.
        return psycopg.Cursor(self._connection).execute(sql, parameters or None, prepare=True)


@contextmanager
def pipelined_transaction() -> Iterator[Statements]:
    """One transaction of Django (`on_commit` works) whose statements are pipelined.

    Raises:
        CommitOutcomeUnknown: the commit was sent, and no answer came.
        django.db.Error: PostgreSQL's errors as Django knows them, with psycopg's as their cause. Nothing was stored.
    """
    committing = False
    try:
        with transaction.atomic():
            connection.ensure_connection()
            with connection.wrap_database_errors, connection.connection.pipeline():
                yield Statements(connection.connection)
            committing = True
    except Error as error:
        if committing:
            raise CommitOutcomeUnknown from error
        raise
