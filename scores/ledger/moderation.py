"""What moderators decide: each decision passes the gate alone and is announced like any other commit."""

from __future__ import annotations

from django.db import connection, transaction

from scores.changes import Committed, StandingChange
from scores.ledger import gate
from scores.ledger.announce import Announcement
from scores.ledger.statements import sql_text
from scores.models import Player


def ban(*, user_id: int) -> bool:
    """Hide the player from every board; their sessions go on being recorded. False: was banned already.

    When this returns, no batch that still saw the player as active can commit any more.

    Raises:
        Player.DoesNotExist: no such player.
        django.db.OperationalError: the gate was not to be had within two seconds; nothing happened.
    """
    return _set_state(user_id, Player.State.BANNED)


def unban(*, user_id: int) -> bool:
    """Show the player again with everything that was recorded meanwhile. False: was not banned.

    Raises:
        Player.DoesNotExist: no such player.
        django.db.OperationalError: the gate was not to be had within two seconds; nothing happened.
    """
    return _set_state(user_id, Player.State.ACTIVE)


def void_session(*, session_id: int) -> bool:
    """Let a session count no longer, on any board, final ones included. False: was void already or unknown.

    Raises:
        django.db.OperationalError: the gate was not to be had within two seconds; nothing happened.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        gate.close(cursor)
        cursor.execute(
            "UPDATE game_sessions SET voided_at = now() WHERE id = %s AND voided_at IS NULL"
            " RETURNING user_id, timestamp",
            [session_id],
        )
        voided = cursor.fetchone()
        if voided is None:
            return False
        user_id, moment = voided
        cursor.execute(sql_text("refold_standings"), {"user_id": user_id, "moment": moment})
        changes = tuple(StandingChange(*row) for row in cursor.fetchall())
        Announcement().after_commit(Committed(changes))
    return True


def _set_state(user_id: int, state: Player.State) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        gate.close(cursor)
        player = Player.objects.only("state").get(pk=user_id)
        if player.state == state:
            return False
        Player.objects.filter(pk=user_id).update(state=state)
        cursor.execute(sql_text("set_hidden"), {"user_id": user_id, "hidden": state == Player.State.BANNED})
        changes = tuple(StandingChange(*row) for row in cursor.fetchall())
        Announcement().after_commit(Committed(changes))
    return True
