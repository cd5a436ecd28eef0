"""The set statements of `sql/`, run in one transaction of Django's, in one pipeline.

Statements are sent together with the question that needs the first of their answers. So a
transaction costs as many round trips as it has points where Python must know: two for most batches,
of which the second carries the commit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
from django.db import Error, connection, transaction

from scores import failpoints
from scores.ledger import gate
from scores.ledger.arrays import Element, literal
from scores.ledger.pipeline import Pipeline, Reply, Statement

_SQL = Path(__file__).parent / "sql"
_BEGIN = Statement.of("BEGIN")
_GATE = Statement.of(gate.SHARED_SQL)
_COMMIT = Statement.of("COMMIT")


@cache
def sql_text(name: str) -> str:
    """The text of `sql/<name>.sql`."""
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")


@cache
def _statement(name: str) -> Statement:
    return Statement.of(sql_text(name))


class CommitOutcomeUnknown(Exception):
    """The connection was lost while the transaction was being committed: it may have happened or not."""


class RowLocked(Exception):
    """Somebody holds the row of one of the players, and did not let go of it in time. Nothing was stored."""


class Statements:
    """The statements of one open transaction, in the order in which they are run."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._gate: Reply | None = None
        self.committing = False
        pipeline.send(_BEGIN)

    def pass_gate(self) -> None:
        """Send the gate's statement, before any other."""
        self._gate = self._pipeline.send(_GATE)

    @property
    def passed_gate(self) -> bool:
        """Whether an answer that came told so."""
        return self._gate is not None and self._gate.has_come

    def run(self, name: str, **parameters: int | Sequence[Element]) -> Reply:
        """Send `sql/<name>.sql`; its rows are asked of the reply that comes back.

        Lists travel as arrays: one statement whatever their length. An error of the statement is
        raised by the next question for rows, or by `commit`.
        """
        statement = _statement(name)
        return self._pipeline.send(statement, [_dumped(parameters[each]) for each in statement.parameters])

    def commit(self) -> None:
        """Send the commit behind all other statements, and wait for all their answers: one round trip.

        Nothing may be sent afterwards. Replies whose rows were not asked for still have them.
        """
        failpoints.reach("before_commit")
        self.committing = True
        self._pipeline.send(_COMMIT)
        self._pipeline.exchange()


def _dumped(value: int | Sequence[Element]) -> bytes:
    return b"%d" % value if isinstance(value, int) else literal(value)


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
            with connection.wrap_database_errors:
                pipeline = Pipeline(connection.connection)
                try:
                    statements = Statements(pipeline)
                    yield statements
                    if not statements.committing:
                        statements.commit()
                finally:
                    pipeline.leave()
            # Django commits now: psycopg sees that the transaction is over, and asks nobody.
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
