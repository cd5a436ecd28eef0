"""The backend itself; Django asks for a module of this name."""

from __future__ import annotations

import time
from typing import Any, Final

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool
from typing_extensions import override

from leaderboard_project.postgresql.connection import PatientConnection

#: How long a connection that rested may take to show that it lives, in seconds.
_SIGN_OF_LIFE_S: Final = 1.0


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes living connections from the pool, whatever happened to the server since they were put there.

    Django's own way (CONN_HEALTH_CHECKS) has the pool look at one connection after the other and wait
    one and then two seconds between the dead ones: after a restart of PostgreSQL, which leaves all of
    them dead, nobody gets one for many times the pool's timeout.
    """

    #: When the pool of this process was last emptied, monotonic.
    _emptied_at = float("-inf")

    @override
    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection[Any]:
        asked_at = time.monotonic()
        connection: psycopg.Connection[Any] = super().get_new_connection(conn_params)
        if self.pool is None or _is_alive(connection):
            return connection
        self.pool.putconn(connection)  # which throws it away, and opens another
        # Its neighbours died with it, or are as silent. Whoever took a dead one before the pool was emptied
        # must not empty it again: the new ones are in it.
        if DatabaseWrapper._emptied_at < asked_at:
            DatabaseWrapper._emptied_at = time.monotonic()
            self.pool.drain()
        return super().get_new_connection(conn_params)  # type: ignore[no-any-return]


def _is_alive(connection: psycopg.Connection[Any]) -> bool:
    assert isinstance(connection, PatientConnection)
    connection.patience_s = _SIGN_OF_LIFE_S
    try:
        ConnectionPool.check_connection(connection)
    except psycopg.Error:
        return False
    connection.patience_s = PatientConnection.PATIENCE_S
    return True
