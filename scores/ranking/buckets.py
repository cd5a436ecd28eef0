"""The standings of a window as a rebuild reads them: whole buckets of players, written down as Valkey keeps them.

Everything here is done a million times in a rebuild of a million players. So numbers stay the texts
that PostgreSQL wrote (it writes doubles so that they are read back exactly), and there is no object per row.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Final

import psycopg
from django.db import connection

from scores.boards import WindowRef
from scores.ranking import keys

_SNAPSHOT: Final = """
COPY (
    SELECT standing.user_id, standing.rev, CASE WHEN NOT standing.hidden THEN standing.sort_key END,
           player.rev, player.username
    FROM leaderboard AS standing JOIN users AS player ON player.id = standing.user_id
    WHERE standing.window_id = {window_id}
    ORDER BY standing.user_id
) TO STDOUT
"""
_TYPES: Final = ("int8", "text", "text", "text", "text")
_FIELDS: Final = [str(field) for field in range(keys.BUCKET)]


@dataclass(slots=True)
class Bucket:
    """Neighbouring players; the lists are flat, ready for Valkey's commands."""

    number: int
    revs: list[str] = field(default_factory=list)  # field, rev, … of everybody
    places: list[str] = field(default_factory=list)  # sort key, member, … of who is shown
    hidden: list[str] = field(default_factory=list)  # member, … of who is not
    names: list[str] = field(default_factory=list)  # field, name, … of everybody; see `keys.name_text`

    @property
    def players(self) -> int:
        """How many there are."""
        return len(self.revs) // 2


def buckets(window: WindowRef) -> Generator[Bucket]:
    """Everybody who has a standing in the window, in ascending user id. To be closed where it is not read to its end.

    Raises:
        django.db.Error: PostgreSQL does not answer.
    """
    cursor = psycopg.Cursor(connection.connection)
    bucket = Bucket(-1)
    # psycopg's own cursor raises psycopg's own errors; callers know Django's.
    with connection.wrap_database_errors, cursor.copy(_SNAPSHOT.format(window_id=int(window.id))) as copy:
        copy.set_types(_TYPES)
        for user_id, rev, sort_key, name_rev, username in copy.rows():
            number, place = divmod(user_id, keys.BUCKET)
            if number != bucket.number:
                if bucket.revs:
                    yield bucket
                bucket = Bucket(number)
            bucket.revs += (_FIELDS[place], rev)
            if sort_key is None:
                bucket.hidden.append(keys.member(user_id))
            else:
                bucket.places += (sort_key, keys.member(user_id))
            bucket.names += (_FIELDS[place], keys.name_text(name_rev, username))
    if bucket.revs:
        yield bucket
