"""A connection that does not wait for ever for a server which says nothing."""

from __future__ import annotations

from typing import ClassVar, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import _WaitTimeout
from typing_extensions import override

from scores.errors import NoAnswer

T = TypeVar("T")


class PatientConnection(psycopg.Connection[tuple[object, ...]]):
    """Patient for as long as any statement may take, and a little longer.

    `statement_timeout` is kept by the server, and a server that is frozen, or behind a dead network,
    keeps none. `patience_s` is in seconds, None is for ever: `scores.unhurried` sets it so for what takes long.
    """

    PATIENCE_S: ClassVar = 6.0

    patience_s: float | None = PATIENCE_S

    @override
    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """As psycopg's own, which all of its questions go through.

        Raises:
            NoAnswer: the server said nothing; the connection is closed, for the answer may still come.
        """
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.patience_s)
        except _WaitTimeout:
            self.pgconn.finish()
            raise NoAnswer(f"PostgreSQL has said nothing for {self.patience_s} s.") from None
