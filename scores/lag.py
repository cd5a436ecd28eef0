"""How far the ranks lag behind PostgreSQL, and who keeps a transaction open: to be read by whoever watches."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from django.db import connection

# Only those who have written something: they alone hold up what the reconciler may call finished.
_OLDEST: Final = """
SELECT pid, application_name, extract(epoch FROM clock_timestamp() - xact_start)::float8
FROM pg_stat_activity
WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()
ORDER BY xact_start
LIMIT 1
"""

_complete_at = time.monotonic()  # before the first turn: since this process began


@dataclass(frozen=True, slots=True)
class Writer:
    """A transaction that has written something and is still open."""

    pid: int
    application: str
    age_s: float


def lag_s() -> float:
    """How long ago everything was read that the ranks have for certain, as this process's reconciler knows it.

    A second where all is well, for it reads once a second. It grows while no rebuild succeeds, and while the
    servers are away.
    """
    return time.monotonic() - _complete_at


def caught_up(read_at: float) -> None:
    """What was committed before `read_at`, monotonic, is in the ranks of all windows."""
    global _complete_at  # noqa: PLW0603  there is one reconciler in a process
    _complete_at = read_at


def oldest_writer() -> Writer | None:
    """Who has kept a transaction open for longest; None where nobody writes.

    A role without `pg_read_all_stats` sees its own connections only.

    Raises:
        django.db.Error: PostgreSQL does not answer.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST)
        row = cursor.fetchone()
        return Writer(*row) if row else None
