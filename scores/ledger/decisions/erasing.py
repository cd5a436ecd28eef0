"""Forgets who a player was: the sessions stay, nobody's any more."""

from __future__ import annotations

from typing import Any

from scores import audit, names
from scores.ledger.decisions.deciding import deciding, player_to_decide_about
from scores.ledger.decisions.renaming import set_name
from scores.models import FormerName, Player


def erase(*, user_id: int, by: int | None, reason: str) -> None:
    """Take the name and everything that identifies the player from the ledger, and their rows from every board.

    Cannot be undone. What lies outside of the ledger (logins, the admin's own log) is `data_rights.erase`'s.

    Raises:
        Refused: `unknown_player`, `staff`, `reason_missing`.
        django.db.OperationalError: see `deciding`.
    """
    with deciding(by=by, reason=reason) as decision:
        player = player_to_decide_about(user_id)
        FormerName.objects.filter(player=player).delete()
        forgotten: dict[str, Any] = {
            "state": Player.State.ERASED,
            "banned_until": None,
            "ban_reason": "",
            "is_active": False,
            "password": "!",  # one that no login matches
            "last_login": None,
        }
        Player.objects.filter(pk=user_id).update(**forgotten)
        set_name(decision, player, names.of_erased(user_id))
        decision.change_standings("set_hidden", user_id=user_id, hidden=True)
        decision.write_down(
            audit.Decided(
                action=audit.Action.ERASE,
                subject=audit.Subject.PLAYER,
                subject_id=user_id,
                player_id=user_id,
                before={"state": player.state},
                after={"state": Player.State.ERASED},
            )
        )
