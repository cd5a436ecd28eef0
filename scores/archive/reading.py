"""Reads one state of PostgreSQL, table by table, as text in pieces of some megabytes."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import psycopg
from django.db import connection

from scores.archive.manifest import AIM
from scores.archive.tables import TABLES, Table
from scores.ranking.identity import identity
from scores.ranking.snapshots import one_state
from scores.unhurried import unhurried

# Text must not depend on whose session it is. The last two: sorts in memory, and a slow disk between two tables.
_SETTINGS: Final = """
SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'; SET LOCAL bytea_output = 'hex';
SET LOCAL extra_float_digits = 1; SET LOCAL work_mem = '64MB'; SET LOCAL idle_in_transaction_session_timeout = 0
"""
_ABOUT: Final = """
SELECT coalesce(sum(greatest(reltuples, 0)), 0)::bigint FROM pg_class
WHERE oid = to_regclass(%(table)s) OR oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass(%(table)s))
"""
_MONTHS: Final = r"""
SELECT substring(relname FROM '\d{4}_\d{2}$') FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
WHERE inhparent = 'game_sessions'::regclass AND relname ~ '^game_sessions_\d{4}_\d{2}$' ORDER BY relname
"""


@dataclass(frozen=True, slots=True)
class State:
    """What is true of the whole state, beside its tables."""

    taken_at: str
    identity: str
    migration: str
    rev: int
    ids: dict[str, int]
    months: tuple[str, ...]


@contextmanager
def state() -> Iterator[State]:
    """One state for all that is read within, which is all that it may be used for. It locks nothing.

    Raises:
        django.db.Error: PostgreSQL does not answer.
    """
    with one_state(), unhurried(), connection.cursor() as cursor:
        cursor.execute(_SETTINGS)
        cursor.execute('SELECT to_char(now(), \'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\')')
        [taken_at] = cursor.fetchone()
        cursor.execute("SELECT max(name) FROM django_migrations WHERE app = 'scores'")
        [migration] = cursor.fetchone()
        cursor.execute(_MONTHS)
        months = tuple(month for (month,) in cursor.fetchall())
        # Sequences are of no state: what they say now lies behind all that the state holds.
        cursor.execute("SELECT coalesce(pg_sequence_last_value('rev'), 0)")
        [rev] = cursor.fetchone()
        ids = {}
        for table in TABLES:
            if table.draws_ids:
                cursor.execute("SELECT pg_sequence_last_value(pg_get_serial_sequence(%s, 'id'))", [table.name])
                ids[table.name] = cursor.fetchone()[0] or 0
        yield State(taken_at, identity(), migration, rev, ids, months)


def about(table: Table) -> int:
    """How many rows the table has, as PostgreSQL last estimated it; 0 where it never did."""
    with connection.cursor() as cursor:
        cursor.execute(_ABOUT, {"table": table.name})
        [rows] = cursor.fetchone()
    return int(rows)


def contents(table: Table) -> Generator[bytes]:
    """The table's rows as text, in pieces that end with a row. To be closed where it is not read to its end.

    Raises:
        django.db.Error: PostgreSQL does not answer.
    """
    cursor = psycopg.Cursor(connection.connection)
    # psycopg's own cursor raises psycopg's own errors; callers know Django's.
    with connection.wrap_database_errors, cursor.copy(f"COPY ({table.read}) TO STDOUT") as copy:
        rows: list[bytes] = []
        size = 0
        for row in copy:  # PostgreSQL sends each in a message of its own
            rows.append(bytes(row))
            size += len(row)
            if size >= AIM:
                yield b"".join(rows)
                rows.clear()
                size = 0
        if rows:
            yield b"".join(rows)
