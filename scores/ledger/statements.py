"""Runs the set statements of `sql/` as prepared statements on Django's own connection, in one pipeline.

psycopg's pipeline sends statement after statement without waiting; a fetch waits for all that was
sent before it. So a transaction costs as many round trips as it has points where Python must know:
two for most batches, of which the second carries the commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from django.db import Error, connection, transaction

from scores.ledger import gate
from scores.ledger.arrays import Element, literal

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

    def __init__(self, pipeline: psycopg.Connection[Any], leave_pipeline: Callable[[], None]) -> None:
        self._connection = pipeline
        self._leave_pipeline = leave_pipeline
        self._gate: psycopg.Cursor[Any] | None = None
        self.committing = False

    def pass_gate(self) -> None:
        """Send the gate's statement, before any other."""
        self._gate = self.execute(gate.SHARED_SQL)

    @property
    def passed_gate(self) -> bool:
        """Whether an answer that came told so. Answers come in the order of the statements."""
        return self._gate is not None and self._gate.statusmessage is not None

    def run(self, name: str, **parameters: int | Sequence[Element]) -> psycopg.Cursor[Any]:
        """Send `sql/<name>.sql`; the answer is fetched from the cursor that comes back.

        Lists travel as arrays: one statement whatever their length. An error of the statement is
        raised by the next fetch, or by `commit`.
        """
        dumped = {
            parameter: value if isinstance(value, int) else literal(value) for parameter, value in parameters.items()
        }
        return self.execute(sql_text(name), **dumped)

    def execute(self, sql: str, **parameters: int | str) -> psycopg.Cursor[Any]:
        """The same for a statement given as text."""
        # Not Django's cursor: it binds on the client side, where nothing can be prepared.
        return psycopg.Cursor(self._connection).execute(sql, parameters or None, prepare=True)

    def commit(self) -> None:
        """Send the commit behind all other statements, and wait for all their answers: one round trip.

        Nothing may be sent afterwards. Cursors that were not fetched yet still can be.
        """
        self.committing = True
        self.execute("COMMIT")
        self._leave_pipeline()


@contextmanager
def pipelined_transaction() -> Iterator[Statements]:
    """One transaction of Django (`on_commit` works) whose statements, and whose commit, are pipelined.

    Raises:
        CommitOutcomeUnknown: the commit was sent, and the connection was lost before its answer came.
        RowLocked: past the gate, a row was not to be had in time.
        django.db.Error: PostgreSQL's errors as Django knows them, with psycopg's as their cause. Nothing was stored.
        RuntimeError: within another transaction, which would be committed as well.
    """
    if connection.in_atomic_block:
        raise RuntimeError("the ledger records in transactions of its own")
    statements: Statements | None = None
    try:
        with transaction.atomic():
            connection.ensure_connection()
            # What goes wrong comes out when the pipeline is left, at the latest.
            with connection.wrap_database_errors, ExitStack() as pipeline:
                pipeline.enter_context(connection.connection.pipeline())
                statements = Statements(connection.connection, pipeline.close)
                yield statements
                if not statements.committing:
                    statements.commit()
            # Django commits now: psycopg knows that there is nothing left to, and asks nobody.
    except Error as error:
        if statements is not None and statements.committing and _ended_the_connection(error):
            raise CommitOutcomeUnknown from error
        timed_out = isinstance(error.__cause__, psycopg.errors.LockNotAvailable)
        if timed_out and statements is not None and statements.passed_gate:
            raise RowLocked from error
        raise


def _ended_the_connection(error: Error) -> bool:
    """Whether nothing more came from PostgreSQL. Any other error undid the transaction, whatever was sent behind it."""
    cause = error.__cause__
    state = cause.sqlstate if isinstance(cause, psycopg.Error) else None
    return state is None or state.startswith(("08", "57P"))  # connection exceptions; shut down, crashed
