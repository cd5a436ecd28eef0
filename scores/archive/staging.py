"""The way in: parts of an archive are loaded one by one into a schema that nobody looks at.

Each is committed together with its name, so a restore that was interrupted goes on behind the last one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from django.db import DataError, OperationalError, connection, transaction

from scores import failpoints
from scores.advisory_locks import AdvisoryLock
from scores.archive.container import damaged
from scores.archive.errors import ArchiveRefused
from scores.archive.manifest import Manifest, encode
from scores.archive.tables import TABLES, Table
from scores.archive.verifying import Archive
from scores.telling import Teller
from scores.unhurried import unhurried

SCHEMA: Final = "restoring"

# PostgreSQL looks whether we are still there while it works: a restore that was killed ends there, too.
_SETTINGS: Final = (
    "SET LOCAL client_connection_check_interval = '1s'; SET LOCAL idle_in_transaction_session_timeout = 0"
)
_MAKE: Final = f"""
DROP SCHEMA IF EXISTS {SCHEMA} CASCADE;
CREATE SCHEMA {SCHEMA};
CREATE TABLE {SCHEMA}._archive (digest text);
CREATE TABLE {SCHEMA}._parts (name text PRIMARY KEY);
"""


@contextmanager
def alone() -> Iterator[None]:
    """Only one restore at a time goes into a system.

    Raises:
        ArchiveRefused: another one is under way.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '4s'")  # one that was just killed may not have ended yet
            cursor.execute("SELECT pg_advisory_lock(%s)", [AdvisoryLock.RESTORE])
    except OperationalError as error:
        if isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
            raise ArchiveRefused("Another restore is under way; wait for its end.") from None
        raise
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [AdvisoryLock.RESTORE])


@contextmanager
def at_length() -> Iterator[None]:
    """A transaction that may take as long as it needs, its COMMIT included, as long as we are there."""
    connection.ensure_connection()
    waiting = connection.connection
    patience_s, waiting.patience_s = waiting.patience_s, None
    try:
        with transaction.atomic(), unhurried(patience_s=None), connection.cursor() as cursor:
            cursor.execute(_SETTINGS)
            yield
    finally:
        waiting.patience_s = patience_s


def staged(table: Table) -> str:
    """Where the table's rows are loaded to."""
    return f"{SCHEMA}.{table.name}"


def load(archive: Archive, told: Teller) -> int:
    """Load all parts that are not there yet; give the number of those that were.

    Raises:
        ArchiveRefused: a part does not hold what its table takes, or has changed since it was verified.
        django.db.Error: PostgreSQL does not answer.
    """
    there = _begun(archive.manifest)
    for table, rows in zip(TABLES, archive.manifest.tables, strict=True):
        told.begin(f"loading {table.name}", rows.rows)
        for part in rows.parts:
            if part.name not in there:
                _load_part(table, part.name, archive.content(part))
            told.advance(part.rows)
    return len(there)


def _begun(manifest: Manifest) -> set[str]:
    """The parts that an earlier run has loaded; without one of this archive, make an empty schema."""
    digest = hashlib.sha256(encode(manifest)).hexdigest()
    with at_length(), connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"{SCHEMA}._archive"])
        if cursor.fetchone()[0]:
            cursor.execute(f"SELECT digest FROM {SCHEMA}._archive")  # noqa: S608  a constant
            if cursor.fetchone() == (digest,):
                cursor.execute(f"SELECT name FROM {SCHEMA}._parts")  # noqa: S608
                return {name for (name,) in cursor.fetchall()}
        cursor.execute(_MAKE)
        cursor.execute(f"INSERT INTO {SCHEMA}._archive VALUES (%s)", [digest])  # noqa: S608
        for table in TABLES:
            # The types alone: what the rows must be is asked when they go where they belong.
            cursor.execute(f"CREATE TABLE {staged(table)} AS {table.read} WITH NO DATA")
    return set()


def _load_part(table: Table, name: str, content: bytes) -> None:
    try:
        with at_length(), connection.wrap_database_errors:
            cursor = psycopg.Cursor(connection.connection)
            with cursor.copy(f"COPY {staged(table)} ({', '.join(table.columns)}) FROM STDIN") as copy:
                copy.write(content)
            cursor.execute(f"INSERT INTO {SCHEMA}._parts VALUES (%s)", [name])  # noqa: S608
            failpoints.reach("restore_part")
    except DataError as error:
        raise ArchiveRefused(
            damaged(f"the part {name} holds what {table.name} does not take ({_line(error)})")
        ) from None


def _line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
