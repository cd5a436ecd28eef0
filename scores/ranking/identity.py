"""Which PostgreSQL this is: ranks that were read from another one, or from another past, are worth nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import connection

# The timeline is read from the name of the current WAL file, which needs no superuser.
_ORIGIN: Final = """
SELECT concat_ws(':',
           (SELECT system_identifier FROM pg_control_system()),
           left(pg_walfile_name(pg_current_wal_lsn()), 8),
           'leaderboard'::regclass::oid,
           (SELECT identity FROM installation)),
       extract(epoch FROM pg_postmaster_start_time())::text
"""
_PAST: Final = _ORIGIN + ", ARRAY(SELECT token::text FROM rank_marks WHERE token = ANY(%s::uuid[]))"  # noqa: S608  constants


@dataclass(frozen=True, slots=True)
class Origin:
    """Where ranks were read from.

    Attributes:
        identity: system identifier, timeline, table of the ledger and installation. A restored, failed-over
            or exchanged PostgreSQL has another one, but not one whose files were put back as they once were.
        started: when it was started. Whatever is done to its files is done while it is down.
    """

    identity: str
    started: str


@dataclass(frozen=True, slots=True)
class Past:
    """What PostgreSQL tells of itself."""

    origin: Origin
    marks: frozenset[str]  # of those that it was asked for, the ones that it knows


def identity() -> str:
    """See `Origin`."""
    return origin().identity


def origin() -> Origin:
    """Where what is read now comes from."""
    with connection.cursor() as cursor:
        cursor.execute(_ORIGIN)
        return Origin(*cursor.fetchone())


def past(marks: Sequence[str]) -> Past:
    """Where what is read now comes from, and which of the marks were made there, in one question."""
    with connection.cursor() as cursor:
        cursor.execute(_PAST, [list(marks)])
        whose, started, known = cursor.fetchone()
        return Past(Origin(whose, started), frozenset(known))
