"""Migrations take their time: an index on millions of rows is not made within a request's five seconds."""

from __future__ import annotations

from typing import Any

from django.db import connections

from leaderboard_project.postgresql.connection import PatientConnection


def take_time(using: str, **_: Any) -> None:
    """Let the statements of migrations take as long as they need. For a lock they wait no longer than others do."""
    _set(using, "SET statement_timeout = 0", patience_s=None)


def hurry_again(using: str, **_: Any) -> None:
    """Let what the same process does afterwards be as impatient as everything else."""
    _set(using, "RESET statement_timeout", patience_s=PatientConnection.PATIENCE_S)


def _set(using: str, sql: str, *, patience_s: float | None) -> None:
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute(sql)
    connection.connection.patience_s = patience_s
