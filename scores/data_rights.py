"""What the law gives a player: a copy of all that is kept about them, and to be forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.models import F

from scores import audit, ledger
from scores.errors import Refused
from scores.models import AuditEntry, FormerName, GameSession, Player, RefreshFamily, Standing, Suspicion

_CHUNK: Final = 2_000  # rows that are held in memory at a time


def export(user_id: int) -> Iterator[bytes]:
    """All that is kept about the player, as one JSON document in pieces; memory stays bounded.

    Left out is what tells of others: who decided about the player, and the keys of idempotency, which
    are the clients'. The password is kept as a hash only, and is not part of it.

    Raises:
        Refused: `unknown_player`.
    """
    player = Player.objects.filter(pk=user_id).exclude(state=Player.State.ERASED).first()
    if player is None:
        raise Refused("unknown_player", f"There is no player with user_id {user_id}.")
    return _document(player)


def erase(*, user_id: int, by: int | None, reason: str) -> None:
    """Forget who the player was, everywhere, for good; see `ledger.erase`. All of it or nothing.

    Raises:
        Refused: `unknown_player`, `staff`, `reason_missing`.
        django.db.OperationalError: the gate was not to be had within two seconds; nothing happened.
    """
    with transaction.atomic():
        ledger.erase(user_id=user_id, by=by, reason=reason)
        player = Player.objects.get(pk=user_id)
        player.groups.clear()
        player.user_permissions.clear()
        RefreshFamily.objects.filter(user=player).delete()
        # What Django's admin wrote down of accounts, with their names, before there was an audit trail.
        of_players = ContentType.objects.get_for_model(Player)
        LogEntry.objects.filter(content_type=of_players, object_id=str(user_id)).delete()


def write_down_export(*, user_id: int, by: int, reason: str) -> None:
    """Add to the audit trail that somebody took a copy of the player's data."""
    subject = audit.Decided(
        action=audit.Action.EXPORT, subject=audit.Subject.PLAYER, subject_id=user_id, player_id=user_id
    )
    audit.write([subject], by=by, reason=reason)


def _document(player: Player) -> Iterator[bytes]:
    yield b'{"player":' + msgspec.json.encode(
        {
            "user_id": player.pk,
            "username": player.username,
            "join_date": player.join_date,
            "last_login": player.last_login,
            "state": player.state,
            "ban_reason": player.ban_reason,
            "banned_until": player.banned_until,
        }
    )
    for name, rows in _lists(player).items():
        yield f',"{name}":['.encode()
        separator = b""
        for row in rows:
            yield separator + msgspec.json.encode(row)
            separator = b","
        yield b"]"
    yield b"}\n"
    connection.close()  # a stream ends after its request, at whose end Django would have done it


def _lists(player: Player) -> dict[str, Iterable[Mapping[str, object]]]:
    names = FormerName.objects.filter(player=player).order_by("entry")
    standings = Standing.objects.filter(user=player).order_by("window_id")
    decisions = AuditEntry.objects.filter(player=player).order_by("id")
    suspicions = Suspicion.objects.filter(player=player).order_by("id")
    logins = RefreshFamily.objects.filter(user=player).order_by("created_at")
    return {
        "former_names": names.values("before", "after", at=F("entry__at")),
        "standings": standings.values(
            "total_score", "games", "wins", "reached_at", board=F("window__board__slug"), run=F("window__slug")
        ),
        "decisions": decisions.values("at", "action", "subject_type", "subject_id", "reason", "before", "after"),
        "suspicions": suspicions.values("session_id", "kind", "threshold", "observed", "held", "created_at", "verdict"),
        "logins": logins.values("created_at", "expires_at"),
        "sessions": _sessions(player),
    }


def _sessions(player: Player) -> Iterator[Mapping[str, object]]:
    """The player's sessions, oldest first; page by page, for a stream may outlive any transaction."""
    sessions = GameSession.objects.filter(user=player).order_by("timestamp", "id")
    columns = ("score", "game_mode", "outcome", "timestamp", "recorded_at", "kind", "held_at", "voided_at")
    rest = sessions
    while page := list(rest.values(*columns, session_id=F("id"))[:_CHUNK]):
        yield from page
        moment, last = page[-1]["timestamp"], page[-1]["session_id"]
        rest = sessions.filter(timestamp__gte=moment).exclude(timestamp=moment, id__lte=last)
