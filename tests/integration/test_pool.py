"""Pooled connections, after the server behind them was restarted."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from leaderboard_project.postgresql.connection import PatientConnection
from scores.errors import NoAnswer
from scores.models import Board
from tests.faults.inside import conninfo, somebody_else
from tests.faults.proxy import BLACK_HOLE, before_postgresql

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


def test_a_network_that_dies_is_noticed_whether_we_were_listening_or_speaking() -> None:
    parameters = connection.get_connection_params()

    silent_ms = 1_000 * (
        parameters["keepalives_idle"] + parameters["keepalives_interval"] * parameters["keepalives_count"]
    )
    assert 0 < parameters["tcp_user_timeout"] <= silent_ms


def test_migrations_take_their_time_and_nothing_else_does() -> None:
    said: list[str] = []

    def listen(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        said.append(sql)
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(listen):
        call_command("migrate", verbosity=0, interactive=False)

    timeouts = [sql for sql in said if "statement_timeout" in sql]
    assert (timeouts[0], timeouts[-1]) == ("SET statement_timeout = 0", "RESET statement_timeout")
    assert connection.connection.patience_s == PatientConnection.PATIENCE_S
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("5s",)


def test_a_server_that_says_nothing_is_given_up() -> None:
    with before_postgresql(conninfo()) as way:
        silent = PatientConnection.connect(way.url, autocommit=True)
        silent.patience_s = 0.2
        with way.proxy.meeting(BLACK_HOLE), pytest.raises(NoAnswer, match="said nothing"):
            silent.execute("SELECT 1")

        assert silent.closed


def test_no_caller_is_refused_because_every_pooled_connection_died() -> None:
    with ThreadPoolExecutor(_CONNECTIONS) as executor, somebody_else() as other:
        pids = fill_pool(executor)
        assert len(pids) == _CONNECTIONS
        other.execute("SELECT pg_terminate_backend(pid, 5000) FROM unnest(%s::int[]) AS pid", [sorted(pids)])

        # One alone: of many who ask, each finds only a few of the dead.
        assert executor.submit(boards).result() == Board.objects.count()
        assert pids.isdisjoint(fill_pool(executor))
