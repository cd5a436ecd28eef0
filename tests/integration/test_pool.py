"""Pooled connections, after the server behind them was restarted."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from scores.models import Board
from tests.faults.inside import somebody_else

pytestmark = pytest.mark.usefixtures("committed")

_CONNECTIONS = 8


def fill_pool(executor: ThreadPoolExecutor) -> set[int]:
    """Use that many connections at a time and put them all back; gives their servers' process ids."""
    all_in_use = threading.Barrier(_CONNECTIONS)

    def use_one() -> int:
        try:
            with connection.cursor() as cursor:
                all_in_use.wait(timeout=30)
                cursor.execute("SELECT pg_backend_pid()")
                return int(cursor.fetchone()[0])
        finally:
            connection.close()

    return {used.result() for used in [executor.submit(use_one) for _ in range(_CONNECTIONS)]}


def boards() -> int:
    try:
        return Board.objects.count()
    finally:
        connection.close()


def test_no_caller_is_refused_because_every_pooled_connection_died() -> None:
    with ThreadPoolExecutor(_CONNECTIONS) as executor, somebody_else() as other:
        pids = fill_pool(executor)
        assert len(pids) == _CONNECTIONS
        other.execute("SELECT pg_terminate_backend(pid, 5000) FROM unnest(%s::int[]) AS pid", [sorted(pids)])

        # One alone: of many who ask, each finds only a few of the dead.
        assert executor.submit(boards).result() == Board.objects.count()
        assert pids.isdisjoint(fill_pool(executor))
