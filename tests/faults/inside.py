"""Real faults, each as long as its `with`: a table that does not answer, a closed gate, a Valkey that is away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection

from scores.ledger import gate
from scores.valkey import Valkey


def conninfo() -> str:
    """Where the tests' database is, for connections past Django."""
    settings = connection.settings_dict
    return psycopg.conninfo.make_conninfo(
        dbname=settings["NAME"],
        user=settings["USER"],
        password=settings["PASSWORD"],
        host=settings["HOST"],
        port=settings["PORT"] or None,
    )


@contextmanager
def somebody_else() -> Iterator[psycopg.Connection]:
    """Another connection to the tests' database, its transaction open until the end."""
    with psycopg.connect(conninfo()) as other:
        yield other


@contextmanager
def stuck(table: str) -> Iterator[None]:
    """Statements of this thread that touch the table get no answer, and give up after 50 ms."""
    with connection.cursor() as cursor, somebody_else() as other:
        other.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        cursor.execute("SET statement_timeout = '50ms'")
        try:
            yield
        finally:
            cursor.execute("RESET statement_timeout")


@contextmanager
def closed_gate() -> Iterator[None]:
    """No batch is recorded, as while a moderator decides."""
    with somebody_else() as other:
        other.execute(gate._EXCLUSIVE_SQL)
        yield


@contextmanager
def valkey_away() -> Iterator[None]:
    """Reads find nobody at Valkey's address."""
    nobody = Valkey("redis://127.0.0.1:1/0")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scores.ranking.reads.valkey", lambda: nobody)
        patch.setattr("scores.ranking.gathered.valkey", lambda: nobody)
        yield
