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

from scores.ledger import gate

#: How long a batch waits for the row of one player: its neighbours wait with it.
_ROW_PATIENCE = "SET LOCAL lock_timeout = '300ms'"
_SQL = Path(__file__).parent / "sql"


@cache
def sql_text(name: str) -> str:
    """The text of `sql/<name>.sql`."""
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")


class CommitOutcomeUnknown(Exception):
    """The connection was lost while the transaction was being committed: it may have happened or not."""


class RowLocked(Exception):
    """Somebody holds the row of one of the players, and did not let go of it in time. Nothing was stored."""


class Statements:
    """The statements of one open transaction, in the order in which they are run."""

    def __init__(self, pipeline: psycopg.Connection[Any]) -> None:
        self._connection = pipeline
        self._gate: psycopg.Cursor[Any] | None = None

    def pass_gate(self) -> None:
        """Send the gate's statement, before any other; from then on no row is waited for long."""
        self._gate = self.execute(gate.SHARED_SQL)
        self.execute(_ROW_PATIENCE)

    @property
    def passed_gate(self) -> bool:
        """Whether an answer that came told so. Answers come in the order of the statements."""
        return self._gate is not None and self._gate.statusmessage is not None

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
        RowLocked: past the gate, a row was not to be had in time.
        django.db.Error: PostgreSQL's errors as Django knows them, with psycopg's as their cause. Nothing was stored.
    """
    committing = False
    statements: Statements | None = None
    try:
        with transaction.atomic():
            connection.ensure_connection()
            statements = Statements(connection.connection)
            with connection.wrap_database_errors, connection.connection.pipeline():
                yield statements
            committing = True
    except Error as error:
        if committing:
            raise CommitOutcomeUnknown from error
        timed_out = isinstance(error.__cause__, psycopg.errors.LockNotAvailable)
        if timed_out and statements is not None and statements.passed_gate:
            raise RowLocked from error
        raise
