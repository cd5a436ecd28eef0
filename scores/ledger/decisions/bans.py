"""Hides players from every board, and shows them again."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.db.models.functions import Now
from django.utils import timezone

from scores import audit
from scores.errors import Refused
from scores.ledger.decisions.deciding import Decision, deciding, player_to_decide_about
from scores.models import Player

_NOT_BANNED: Final = {"state": Player.State.ACTIVE, "banned_until": None, "ban_reason": ""}


def ban(*, user_id: int, by: int | None, reason: str, until: datetime | None = None) -> bool:
    """Hide the player from every board; their sessions go on being recorded.

    Args:
        user_id: who; may be banned already, and then gets the new reason and end.
        by: see `audit.write`.
        reason: see `audit.write`; the player is told it.
        until: when the ban ends by itself; None: when somebody ends it.

    Returns:
        False where the player was banned just so already.

    Raises:
        Refused: `unknown_player`, `staff`, `until_past`, `reason_missing`.
        django.db.OperationalError: see `deciding`.
    """
    if until is not None and until <= timezone.now():
        raise Refused("until_past", "A ban must end in the future.")
    with deciding(by=by, reason=reason) as decision:
        player = player_to_decide_about(user_id)
        wanted = {"state": Player.State.BANNED, "banned_until": until, "ban_reason": reason.strip()}
        return _change(decision, player, audit.Action.BAN, wanted)


def unban(*, user_id: int, by: int | None, reason: str) -> bool:
    """Show the player again with everything that was recorded meanwhile. False: was not banned.

    Raises:
        Refused: `unknown_player`, `staff`, `reason_missing`.
        django.db.OperationalError: see `deciding`.
    """
    with deciding(by=by, reason=reason) as decision:
        player = player_to_decide_about(user_id)
        return _change(decision, player, audit.Action.UNBAN, _NOT_BANNED)


def end_bans() -> int:
    """Unban those whose ban has ended by PostgreSQL's clock; give how many. Any number of callers may do so at once.

    Raises:
        django.db.OperationalError: see `deciding`; those who were unbanned before stay so.
    """
    ended = Player.objects.filter(banned_until__lte=Now()).values_list("id", flat=True)
    return sum(_end_ban(user_id) for user_id in list(ended[:100]))


def _end_ban(user_id: int) -> bool:
    with deciding(by=None, reason="The ban has ended.") as decision:
        # Once more behind the gate: somebody may just have prolonged it.
        player = Player.objects.filter(pk=user_id, banned_until__lte=Now()).first()
        if player is None:
            return False
        return _change(decision, player, audit.Action.UNBAN, _NOT_BANNED)


def _change(decision: Decision, player: Player, action: audit.Action, wanted: dict[str, Any]) -> bool:
    known = {name: getattr(player, name) for name in wanted}
    if known == wanted:
        return False
    Player.objects.filter(pk=player.pk).update(**wanted)
    decision.change_standings("set_hidden", user_id=player.pk, hidden=wanted["state"] != Player.State.ACTIVE)
    decision.write_down(
        audit.Decided(
            action=action,
            subject=audit.Subject.PLAYER,
            subject_id=player.pk,
            player_id=player.pk,
            before=_told(known),
            after=_told(wanted),
        )
    )
    return True


def _told(ban: dict[str, Any]) -> dict[str, Any]:
    until: datetime | None = ban["banned_until"]
    # The reason stands in the entry itself.
    return {"state": ban["state"], "banned_until": until and until.isoformat()}
