"""The one transaction in which a restored system appears: before it nothing is to be seen, after it everything."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db import DataError, IntegrityError, connection
from django.db.backends.utils import CursorWrapper

from scores import data_rights, failpoints
from scores.archive import staging
from scores.archive.container import damaged
from scores.archive.errors import ArchiveRefused
from scores.archive.manifest import Manifest
from scores.archive.tables import TABLES, Table
from scores.ledger import gate
from scores.models import Player
from scores.telling import Teller

#: Revs of restored rows lie so far behind the archive's last one that whatever was drawn since, by the
#: system that was lost, lies before them: names that it left in Valkey are older than the restored ones.
#: 9,000 restores until a rev is no whole number in Lua any more.
REVS_AHEAD: Final = 10**12

_ERASED_AGAIN: Final = "Erased before; the restored archive was older than the erasure."
#: What a system may not have, and what it is called.
_MUST_BE_EMPTY: Final[Mapping[str, str]] = {
    "users": "players or accounts",
    "clients": "clients",
    "game_sessions": "sessions",
    "audit_trail": "an audit trail",
    "suspicion_rules": "rules of suspicion",
    "boards WHERE slug <> 'global'": "boards",
}
# Who writes waits meanwhile, who reads does not.
_LOCK: Final = """
LOCK TABLE users, clients, api_keys, boards, board_windows, suspicion_rules, suspicions, game_sessions,
    idempotency_keys, leaderboard, audit_trail, former_names, auth_group IN SHARE ROW EXCLUSIVE MODE
"""
# What the migrations made is in the archive too, perhaps under other ids.
_MAKE_ROOM: Final = "DELETE FROM auth_group_permissions; DELETE FROM board_windows; DELETE FROM boards"
_GO_ON_BEHIND: Final = """
SELECT setval(pg_get_serial_sequence('{0}', 'id'), greatest(%s, (SELECT max(id) FROM {0})))
"""
#: Clocks may differ by less than that.
_CLOCKS: Final = timedelta(days=1)
_TAKE_RIGHTS: Final = "UPDATE users SET is_staff = false, is_superuser = false WHERE id = ANY(%s) AND state <> 'erased'"


def refuse_unless_empty() -> None:
    """See that the system holds nothing but what the migrations made.

    Raises:
        ArchiveRefused: it does.
    """
    with connection.cursor() as cursor:
        questions = ", ".join(f"EXISTS (SELECT FROM {table})" for table in _MUST_BE_EMPTY)
        cursor.execute(f"SELECT {questions}")
        found = [name for name, there in zip(_MUST_BE_EMPTY.values(), cursor.fetchone(), strict=True) if there]
    if found:
        raise ArchiveRefused(
            f"This system is not empty: it has {', '.join(found)}. An archive is restored into an empty one: take a"
            " fresh data directory (RANKCAST_DATA) or database, and restore before `serve --demo`, `create_api_key`"
            " or `createsuperuser`. Accounts, keys and boards come with the archive."
        )


def switch(manifest: Manifest, erased: Mapping[int, datetime], told: Teller) -> int:
    """Bring everything that was loaded to where it belongs, in one step; give the number of players erased again.

    Raises:
        ArchiveRefused: the system is not empty any more, the rows do not belong together, or the list of erasures
            is another system's.
        django.db.OperationalError: somebody writes and did not end in time; nothing happened.
    """
    try:
        with staging.at_length(), connection.cursor() as cursor:
            gate.close(cursor)
            cursor.execute(_LOCK)
            refuse_unless_empty()
            cursor.execute(_MAKE_ROOM)
            cursor.execute("SELECT setval('rev', greatest(%s, nextval('rev')) + %s)", [manifest.rev, REVS_AHEAD])
            for table, rows in zip(TABLES, manifest.tables, strict=True):
                told.begin(f"bringing in {table.name}", rows.rows)
                _bring_in(cursor, table, rows.rows)
                told.advance(rows.rows)
            told.begin("checking")
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            _set_ids(cursor, manifest, erased)
            again = _erase(cursor, erased)
            cursor.execute("UPDATE installation SET identity = gen_random_uuid()")
            cursor.execute(f"DROP SCHEMA {staging.SCHEMA} CASCADE")
            told.begin("committing")
            failpoints.reach("restore_switch")
    except (IntegrityError, DataError) as error:
        raise ArchiveRefused(
            damaged(f"its rows contradict each other ({str(error).strip().splitlines()[0]})")
        ) from None
    return again


def _bring_in(cursor: CursorWrapper, table: Table, rows: int) -> None:
    cursor.execute(table.write.format(staged=staging.staged(table)))
    if cursor.rowcount != rows:
        raise ArchiveRefused(
            f"This program does not know {rows - cursor.rowcount} of the {rows} {table.name.replace('_', ' ')} that the"
            " archive names. Restore it with the version that it was taken with."
        )


def _set_ids(cursor: CursorWrapper, manifest: Manifest, erased: Collection[int]) -> None:
    """Nobody new gets an id that was given before, neither in the archive nor to somebody who was erased since."""
    for table in TABLES:
        last = manifest.ids.get(table.name, 0)
        if table.name == "users":
            last = max(last, *erased, 0)
        if table.draws_ids and last:
            cursor.execute(_GO_ON_BEHIND.format(table.name), [last])


def _erase(cursor: CursorWrapper, erased: Mapping[int, datetime]) -> int:
    _refuse_a_foreign_list(erased)
    cursor.execute(_TAKE_RIGHTS, [list(erased)])  # staff of then cannot be erased, who were erased since
    again = Player.objects.filter(pk__in=erased).exclude(state=Player.State.ERASED)
    user_ids = list(again.order_by("pk").values_list("pk", flat=True))
    for user_id in user_ids:
        data_rights.erase(user_id=user_id, by=None, reason=_ERASED_AGAIN)
    return len(user_ids)


def _refuse_a_foreign_list(erased: Mapping[int, datetime]) -> None:
    """Nobody is erased whose id was that of somebody else, in a system that was there before."""
    players = Player.objects.filter(pk__in=erased).exclude(state=Player.State.ERASED).order_by("pk")
    for user_id, joined in players.values_list("pk", "join_date"):
        if erased[user_id] < joined - _CLOCKS:
            raise ArchiveRefused(
                f"The list of erasures is of another system: the player with user_id {user_id} was erased at"
                f" {erased[user_id]:%Y-%m-%d %H:%M} there, and joined only at {joined:%Y-%m-%d %H:%M} here. Put the"
                " list of this system beside the archive."
            )
