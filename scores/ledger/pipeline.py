"""Many statements, one write and one read: libpq's pipeline mode on a psycopg connection, for one thread at a time.

psycopg has a pipeline of its own, which hands each statement to the kernel by itself. Each wakes
PostgreSQL up, and for a batch of one session that was most of the time: docs/decisions/0015.
"""

from __future__ import annotations

import hashlib
import re
import select
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self
from weakref import WeakKeyDictionary

import psycopg
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, PipelineStatus
from psycopg.pq.abc import PGresult

from scores.errors import NoAnswer

#: How long PostgreSQL may say nothing, in seconds: longer than a lock is waited for, shorter than a receipt.
_PATIENCE_S: Final = 2.5
#: The server does not know the statement any more, or tables were changed below it.
_FORGOTTEN: Final = frozenset({"26000", "0A000"})
_PLACEHOLDER: Final = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement as PostgreSQL prepares it, and which parameters it takes in which order."""

    name: bytes
    text: bytes
    parameters: tuple[str, ...]

    @classmethod
    def of(cls, sql: str) -> Self:
        """The statement behind a text with `%(name)s` in place of each parameter.

        >>> Statement.of("SELECT %(b)s::int + %(a)s::int + %(b)s::int").text
        b'SELECT $1::int + $2::int + $1::int'
        """
        parameters = tuple(dict.fromkeys(_PLACEHOLDER.findall(sql)))
        text = _PLACEHOLDER.sub(lambda found: f"${parameters.index(found[1]) + 1}", sql).encode()
        digest = hashlib.sha1(text, usedforsecurity=False).hexdigest()
        return cls(f"rankcast_{digest}".encode(), text, parameters)


class Reply:
    """What a statement that was sent gives, once it has come."""

    __slots__ = ("_pipeline", "_result", "preparing")

    def __init__(self, pipeline: Pipeline, preparing: bytes | None = None) -> None:
        self._pipeline = pipeline
        self._result: PGresult | None = None
        self.preparing = preparing

    @property
    def has_come(self) -> bool:
        """Whether PostgreSQL has done the statement, as far as it was heard."""
        return self._result is not None

    def come(self, result: PGresult) -> None:
        """The result is there."""
        self._result = result

    def rows(self) -> list[tuple[Any, ...]]:
        """Its rows; waits for all that was sent so far.

        Raises:
            psycopg.Error: this statement failed, or one before it.
        """
        if self._result is None:
            self._pipeline.exchange()
            assert self._result is not None
        return self._pipeline.loaded(self._result)


#: Which statements each connection has prepared. They stay for as long as it does, whatever its transactions come to.
_prepared: WeakKeyDictionary[psycopg.Connection[Any], set[bytes]] = WeakKeyDictionary()


class Pipeline:
    """A connection in pipeline mode, from its making to `leave`."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        """Begin. Nothing else may use the connection meanwhile."""
        self._connection = connection
        self._pgconn = connection.pgconn
        self._prepared = _prepared.setdefault(connection, set())
        self._expected: deque[Reply] = deque()
        self._transformer = Transformer(connection)
        self._pgconn.enter_pipeline_mode()

    def send(self, statement: Statement, parameters: Sequence[bytes] = ()) -> Reply:
        """Add a statement to those that go with the next exchange."""
        # Its types are what the statement makes of them, each parameter being a text.
        if statement.name not in self._prepared:
            self._pgconn.send_prepare(statement.name, statement.text)
            self._expected.append(Reply(self, preparing=statement.name))
            self._prepared.add(statement.name)
        self._pgconn.send_query_prepared(statement.name, parameters or None)
        reply = Reply(self)
        self._expected.append(reply)
        return reply

    def exchange(self) -> None:
        """Send what was added, and wait for all answers. After an error nothing that follows it was done.

        Raises:
            NoAnswer: PostgreSQL says nothing; the connection is closed.
            psycopg.OperationalError: the connection is lost.
            psycopg.Error: the first statement that failed.
        """
        self._pgconn.pipeline_sync()
        self._write()
        failed: psycopg.Error | None = None
        while (result := self._next_result()).status != ExecStatus.PIPELINE_SYNC:
            reply = self._expected.popleft()
            if result.status in {ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK}:
                reply.come(result)
                continue
            if reply.preparing is not None:
                self._prepared.discard(reply.preparing)
            if result.status != ExecStatus.PIPELINE_ABORTED:
                failed = failed or error_from_result(result)
                if self._pgconn.status == ConnStatus.BAD:
                    break  # what it said was its farewell
        if failed is not None:
            self._raise(failed)

    def loaded(self, result: PGresult) -> list[tuple[Any, ...]]:
        """The rows of a result, as Python's values."""
        self._transformer.set_pgresult(result)
        return self._transformer.load_rows(0, result.ntuples, tuple)

    def leave(self) -> None:
        """End the pipeline; a connection with answers outstanding is of no use any more, and is closed."""
        if self._pgconn.status == ConnStatus.BAD or self._pgconn.pipeline_status == PipelineStatus.OFF:
            return
        try:
            self._pgconn.exit_pipeline_mode()
        except psycopg.Error:
            self._connection.close()

    def _raise(self, failed: psycopg.Error) -> None:
        if failed.sqlstate not in _FORGOTTEN:
            raise failed
        self._connection.close()
        raise psycopg.OperationalError("PostgreSQL has forgotten a prepared statement.") from failed

    def _write(self) -> None:
        # libpq has written most already. PostgreSQL may stop reading until its answers are read.
        while self._pgconn.flush():
            if self._wait(select.POLLIN | select.POLLOUT) & select.POLLIN:
                self._pgconn.consume_input()

    def _next_result(self) -> PGresult:
        while True:
            while self._pgconn.is_busy():
                self._wait(select.POLLIN)
                self._pgconn.consume_input()
            result = self._pgconn.get_result()
            if result is not None:
                return result
            # Nothing stands behind the last result of each statement.
            if self._pgconn.status == ConnStatus.BAD:
                raise psycopg.OperationalError("The connection to PostgreSQL is lost.")

    def _wait(self, events: int) -> int:
        """What has happened of these events, or an error or a hang-up."""
        poll = select.poll()
        poll.register(self._pgconn.socket, events)
        happened = poll.poll(_PATIENCE_S * 1000)
        if not happened:
            self._connection.close()
            raise NoAnswer(f"PostgreSQL has said nothing for {_PATIENCE_S} s.")
        return happened[0][1]
