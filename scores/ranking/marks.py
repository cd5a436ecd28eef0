"""Marks: random tokens in PostgreSQL by which it knows a moment that ranks were brought to. docs/decisions/0018."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.db import connection

# Whoever reads a board for longer than this from a Valkey that was put back has it rebuilt.
_KEPT_FOR: Final = "1 day"
# Valkey must not hear of what a crash would take back, whatever the operator has set for other transactions.
_PIN: Final = """
INSERT INTO rank_marks (token) SELECT gen_random_uuid() FROM set_config('synchronous_commit', 'on', true)
RETURNING token::text
"""
_PRUNE: Final = f"""
DELETE FROM rank_marks
WHERE at < now() - interval '{_KEPT_FOR}' AND at < (SELECT max(at) FROM rank_marks) AND token <> ALL(%s::uuid[])
"""  # noqa: S608  a constant


def pin() -> str:
    """Mark this moment; give its token. Everything that was committed before is part of any past that knows it.

    It also makes sure that no transaction id which a state named before now calls finished is ever given
    out again. A rolled-back transaction leaves nothing on disk: after a crash PostgreSQL would give its id
    to another one, whose changes a watermark that already calls the id finished would never see. An id that
    is on disk, as this one's, is never given out again, and neither is any before it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PIN)
        return str(cursor.fetchone()[0])


def prune(in_use: Sequence[str]) -> int:
    """Delete the marks that are older than a day, but the newest, and those `in_use`; give their number."""
    with connection.cursor() as cursor:
        cursor.execute(_PRUNE, [list(in_use)])
        return int(cursor.rowcount)
