"""Finds players by the beginning of their name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db import connection

MAX_FOUND: Final = 20

# lower() on both sides is PostgreSQL's own, so that both mean the same. `USING ~<~` is the order of
# the index users_username_prefix: twenty rows are read from it, however many begin alike.
_SQL = """
SELECT id, username FROM users
WHERE lower(username) LIKE lower(%(pattern)s) AND (%(all)s OR (state = 'active' AND NOT is_staff))
ORDER BY lower(username) USING ~<~
LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A player whom a search found."""

    user_id: int
    username: str


def by_prefix(prefix: str) -> list[Found]:
    """At most 20 players whose names begin so, whatever the case, in the order of their lower-case names.

    Banned players are left out, and staff, whose names are half of a login. The prefix means itself:
    `%` and `_` stand for nothing else.

    Raises:
        django.db.OperationalError: PostgreSQL does not answer.
    """
    return _find(prefix, limit=MAX_FOUND, everybody=False)


def ids_by_prefix(prefix: str, *, limit: int) -> list[int]:
    """The ids of all such players, banned ones too: for moderators, not for the public.

    Raises:
        django.db.OperationalError: PostgreSQL does not answer.
    """
    return [found.user_id for found in _find(prefix, limit=limit, everybody=True)]


def _find(prefix: str, *, limit: int, everybody: bool) -> list[Found]:
    with connection.cursor() as cursor:
        cursor.execute(_SQL, {"pattern": f"{_escaped(prefix)}%", "all": everybody, "limit": limit})
        return [Found(*row) for row in cursor.fetchall()]


def _escaped(prefix: str) -> str:
    return prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
