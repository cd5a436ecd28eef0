"""Draws new revs for standings, so that whoever keeps a copy of them takes them once more."""

from __future__ import annotations

from django.db import connection, transaction

from scores.changes import Committed, StandingChange
from scores.ledger import gate
from scores.ledger.announce import Announcement
from scores.ledger.statements import sql_text


def touch(user_id: int) -> int:
    """Announce all standings of a player as if they had just changed; give how many there are.

    Raises:
        django.db.Error: PostgreSQL does not answer, or a moderator decides for seconds; nothing happened.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(gate.SHARED_SQL)
        cursor.execute(sql_text("touch_standings"), {"user_id": user_id})
        standings = tuple(StandingChange(*row) for row in cursor.fetchall())
        Announcement().after_commit(Committed(standings))
    return len(standings)
