"""Monthly partitions of `game_sessions`, made ahead of time; what lies outside them goes to the default one."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

MONTHS_AHEAD = 3  # a worker that is down for weeks still leaves no session without its partition


def ensure(connection: BaseDatabaseWrapper, *, months_ahead: int = MONTHS_AHEAD) -> list[str]:
    """Make the partitions from the current month (by PostgreSQL's clock, UTC) on; give the names of the new ones.

    Several processes may call it at once. PostgreSQL looks through the default partition for rows
    that belong to the new one, and refuses where it finds any: sessions cannot lie that far in the
    future, because `played_at` is bounded when it is submitted.
    """
    made = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        month = _first_of_month(cursor.fetchone()[0])
        for _ in range(months_ahead + 1):
            if name := make(connection, month):
                made.append(name)
            month = _next_month(month)
    return made


def make(connection: BaseDatabaseWrapper, month: datetime) -> str | None:
    """Make the partition of the month that begins then, and give its name; None where it is there already."""
    name, following = f"game_sessions_{month:%Y_%m}", _next_month(month)
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NULL", [name])
        if not cursor.fetchone()[0]:
            return None
        # A table that somebody reads is not waited for long: everybody who comes later would wait behind us.
        cursor.execute("SET LOCAL lock_timeout = '200ms'")
        cursor.execute(
            f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF game_sessions"
            f" FOR VALUES FROM ('{month.isoformat()}') TO ('{following.isoformat()}')"
        )
    return name


def _first_of_month(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _next_month(month: datetime) -> datetime:
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
