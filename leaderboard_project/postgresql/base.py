"""The backend itself; Django asks for a module of this name."""

from __future__ import annotations

from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool
from typing_extensions import override


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes living connections from the pool, whatever happened to the server since they were put there.

    Django's own way (CONN_HEALTH_CHECKS) has the pool look at one connection after the other and wait
    one and then two seconds between the dead ones: after a restart of PostgreSQL, which leaves all of
    them dead, nobody gets one for many times the pool's timeout.
    """

    @override
    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection[Any]:
        connection: psycopg.Connection[Any] = super().get_new_connection(conn_params)
        if self.pool is None or _is_alive(connection):
            return connection
        self.pool.putconn(connection)  # which throws it away, and opens another
        self.pool.check()  # its neighbours died with it
        return super().get_new_connection(conn_params)  # type: ignore[no-any-return]


def _is_alive(connection: psycopg.Connection[Any]) -> bool:
    try:
        ConnectionPool.check_connection(connection)
    except psycopg.Error:
        return False
    return True
